# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IPsec is about, as values: packets, rules that speak of them, associations that protect them, their traces.

Hosts keep them, firewalls and the data planes judge by them, and the console programs tell of them. The package knows
none of these.
"""
