# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's policies enforced by a real kernel and a real IKE daemon: Linux with ESP and AH, and strongSwan.

`policies` and `keying` translate what is in force on a host (read from its registry by the lab's own code), `enforce`
loads it into the host's namespace and compares, `carrier` brings the namespaces up: of the running kernel where that
has ESP and AH, else in an emulated guest. `pair` measures what becomes of a request between two hosts, `plane` carries
all conversations of a lab: `servers` are nginx and Dovecot, `realm` is a domain controller, `borders` has the rules of
the firewalls between them, `account` what hosts tell of it all.

What differs from the policy is refused or listed (`Enforcement.refused`, `Enforcement.notes`):

* refused: tunnels, IPv6, masks with holes, ports with other protocols than TCP and UDP, rules that offer nothing but
  AH and ESP together, authorities without certificates, unknown algorithms;
* listed: a key of the realm stands in for Kerberos, and clocks are not compared; a rule asks with its first
  authentication only; of offers of AH and of ESP in one rule those of the first kind are made, AH and ESP together
  never.

Connection security rules (`connection_policies`, `connection_keying`) likewise, with both versions of IKE:

* refused: a host with a policy of the policy store beside them, a second authentication that is not optional, NTLM,
  anonymous, certificates other than RSA, more than 64 ports;
* listed: version 1 of IKE stands in for AuthIP; AH with GMAC is not offered;
* not listed: version 2 asks only peers that a rule names one by one. A request leaves in clear until an association
  stands, and a connection that began in clear stays so, where Windows upgrades it: before a peer that requires
  protection it comes to nothing, and the next one is protected. Forward secrecy of the first quick mode of
  version 2 does not show.

Always, and so not listed each time:

* A host of Server 2003 with a key in a rule and the default response rule active asks its peer with the wrong key.
* A change of a host's policy, firewall or services ends all its associations, not only those of the rule that changed.
* A host whose traffic to a peer fell back to clear text answers none of that peer's IKE as long as that lasts, also for
  other traffic.
* The kernel drops the packet that asks for an association; TCP repeats it after 1 s, 3 s, 7 s, 15 s. So a first
  request takes at least a second, and where an end holds and then lets go, about seven; where both do, about fifteen.
* Kerberos, RSVP and IKE are exempt as the level says; nothing in these networks sends to groups.
* A negotiation that fails leaves an event only if the peer was silent.
* A host needs tickets only where it asks. One that answers by Kerberos is not asked for them, and tickets that it has
  stand until its policy changes, whatever becomes of the domain controller.
* A host that asks by Kerberos and has no tickets sends no IKE at all. Windows would begin, and fail when it comes to
  authentication: the peer has spoken then, so nothing falls back here either.

[ledger: two-real-linux]
"""
