# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection security rules of *Windows Defender Firewall with Advanced Security*, as the registry holds them.

Pure: the standard library and the rooms below. The form is that of MS-GPFAS; most of it is to be confirmed on Windows.
[ledger: cs-keys-local, cs-rule-grammar]
"""
