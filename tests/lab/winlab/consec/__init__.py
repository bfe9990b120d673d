# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection security rules of a simulated host: rules, main-mode rules, sets and settings, all in its registry.

From documents: keys, rule strings, sets and primary sets (MS-GPFAS 2.2, MS-FASP 2.2), the words of
`netsh advfirewall consec` and `mainmode` (help of netsh, Microsoft Learn). Lab's choices, none seen on a Windows:

* The local store has the form of the group policy store, sets in keys of its names, and primary sets in keys of their
  own identifiers; a group policy store leads from a primary identifier to a set by a value of that name.
  [ledger: cs-keys-local, cs-primary-sets, cs-primary-redirect]
* Fields in the order of the specification's example with schema 2.10, as in strings of 2.28 and later from 2012 on;
  `Desc` is always there, `EmbedCtxt` and `Profile` only with something to say. Subnets as in firewall rules.
  [ledger: cs-stored-text-of-netsh]
* Ends of a static tunnel are written as the specification maps them, the local end to `RTunnel`.
  [ledger: cs-tunnel-ends]
* A set that a rule brings along has a new GUID and goes with the last rule that names it.
  [ledger: cs-set-leaks]
* An authentication without encapsulation keeps its hash in `AhHash`.
  [ledger: cs-noencap-hash]
* A main-mode rule without `auth1` names no set: who it is proven to then is left to the connection security rule.
  [ledger: cs-main-mode-without-auth]
* An enabled rule that netsh writes starts IKEEXT, unless that service is disabled.
  [ledger: cs-starts-ikeext]
"""
