# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of packets between two hosts under given policies: an exact algebra, two ends, outcomes and reasons.

The negotiation and the ranking of filters are read from documents and not confirmed on Windows; each such reading
stands in one function whose docstring says so.

[ledger: packet-model-holds]
"""
