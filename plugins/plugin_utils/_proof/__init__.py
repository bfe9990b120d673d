# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of a deployment: what was read, tried and counted goes in, checks with their likely causes come out.

Pure: nothing here asks a host. A check passes only on evidence; where the evidence is missing it is unproven.
"""
