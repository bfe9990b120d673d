# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From flows between groups to what each host shall have, stage by stage; no pair of hosts is ever weaker or cut off.

What two ends must agree on is changed by overlap. Every stage of every pair is judged before the first change. The
order of the steps and what Windows does in between is read from documents, to be confirmed on Windows.
[ledger: two-overlap, two-first-in-common]
"""
