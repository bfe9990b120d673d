# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Openings for IPsec: those of a Windows host's own firewall, and those of the firewalls between hosts.

Pure: the standard library, and of the policy core only its values, its errors and its way of asking hosts.
"""
