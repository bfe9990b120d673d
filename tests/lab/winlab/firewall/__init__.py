# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall of a simulated host: its state in the registry, and what it lets pass.

From documents: rule strings, their keys and where they lie (MS-GPFAS 2.2.2); tags and words of `netsh advfirewall`
and `netsh firewall` (help of netsh); the firewall of Server 2003 knows TCP and UDP, no
directions and no other protocol.

Lab's choices, none of it seen on a Windows machine:

* ESP and AH that come in need an opening from Windows Vista on, like IKE, although whether that is so is not
  documented. The firewall of Server 2003 cannot open them, so it lets them and everything else but TCP and UDP pass.
  [ledger: fw-esp-needs-opening, fw-esp-2003]
* Answers to what was let out or in pass without a rule. ESP and AH have no answers: each packet needs its opening.
  [ledger: fw-answers-pass]
* Without the firewall's service nothing is filtered. Stopping it does not stop the engine below it.
  [ledger: fw-service-filters]
* The local subnet is the /24 (IPv6: /64) around each own address. There is no DNS, DHCP or WINS server and no gateway.
  [ledger: fw-local-subnet]
* IKE belongs to the service IKEEXT, management (5985, 5986) to the system, everything else to a program that no rule
  names. Rules for secured traffic only match what IPsec protects, with a cipher where encryption is asked for. Those
  for authentication without encapsulation and those with the action ByPass match nothing.
  [ledger: fw-secure-rules]
* Rules of a group policy count beside the local ones. A string that does not decode is passed over.
  [ledger: fw-group-rules-add]
* Subnets are written with a mask by Server 2008 R2 and with a prefix length later; both forms were seen.
  [ledger: fw-addresses-spelling]
"""

from __future__ import annotations

from .evaluation import passes
from .model import Direction, Profile

__all__ = ["Direction", "Profile", "passes"]
