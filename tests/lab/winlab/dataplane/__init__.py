# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated hosts do with packets: a model that looks at one packet at a time.

`judge.judge` answers for two hosts without history, `wire.Wire` keeps associations on the hosts, and
`management.passes` tells whether a controller still gets through. The package itself imports nothing.

Documented, and taken as it is: the most specific filter wins and no order exists (TechNet cc736792, cc753008); the
default response rule is void from Windows Vista on (KB 942964); exemptions by level (KB 811832, 810207, 254728);
falling back to clear text covers silence, not disagreement (Windows 2000 Resource Kit); soft associations keep hard
ones from being built (KB 313236); accepting unsecured packets is about what comes in, falling back about what comes of
it (netsh ipsec help); a domain policy wins over the local one (TechNet cc783170).

Inference, none of it seen on a Windows machine:

* The rank of a filter: prefix lengths of both sides summed, a host and each own address count in full, "any" counts -1,
  a range as the smallest prefix that holds as many addresses, a mask with holes by its ones; then a given protocol
  before any, then both ports before one before none.
  [ledger: packet-most-specific, packet-exact-ranking]
* Equal rank: block before tunnel before negotiate, without fallback before with it, before permit; then the first rule
  as stored.
  [ledger: packet-equal-rank]
  [ledger: packet-first-rule-as-stored]
* A filter without any address (any, me) is stored in the IPv4 form and matches IPv4 only.
  [ledger: data-words-are-ipv4, packet-words-ipv4-only]
* Server type filters match nothing: the hosts have no DNS, WINS or DHCP server and no gateway.
  [ledger: packet-server-roles-unknown]
* An exempt packet is one that no filter matches, and no default response rule answers for it. Directed broadcasts are
  not recognised, only 255.255.255.255.
  [ledger: packet-exempt-met-by-none]
* Rules whose filter list, filter action or own data do not decode are passed over.
  [ledger: packet-damaged-rules]
* The first thing on the way that stops the conversation is its fate, be it the packet or its answer that stops.
  [ledger: packet-model-holds]
* A tunnel rule in one of the two directions at either end is not judged, unless the sender blocks the packet.
  [ledger: netsh-tunnel-one-direction, packet-tunnels-unjudged]
* A keying module that does not run: negotiating rules hold packets, with and without fallback.
  [ledger: force-no-ikeext-holds]
* The receiver's block is its fate for a packet that the sender negotiates for, whether or not the sender may fall back.
  [ledger: packet-receiver-block]
* The default response rule answers only where no rule matches either direction.
  [ledger: force-default-response-vista, packet-default-response-when-none]
* The responder takes the initiator's first method that it has too, lifetimes aside. Kerberos succeeds unless the clocks
  differ by more than 300 s; then main mode fails, whatever other methods there are.
  [ledger: host-clock-skew, two-first-in-common]
* Counters: a packet counts as plain text where it arrives in clear and gets in, and as dropped where a filter stops it
  on arrival. Nothing in the lab spoils packets or mixes up SPIs, so those counters stay zero.
  [ledger: sa-counters-plain]
* An end whose rule negotiates for the packet needs one that negotiates for the answer: else an agreement ends in
  nothing, not in a one-way association, or in the block if a block is what it has (blocks may go one way). Asked last.
  [ledger: packet-mirror]
* An end that fell back does not answer IKE for the same conversation. Falling back takes clear packets in too.
  [ledger: packet-fallback-on-silence, packet-fallback-takes-clear-in]
* A permit counts as one for the packet itself, not for its answer alone.
  [ledger: packet-accept-unsecured]
  [ledger: packet-permit-of-packet]
* Groups (multicast, 255.255.255.255) answer nothing; a negotiating rule at either end lets nothing through to them.
  [ledger: packet-groups]
* An association covers the two addresses, and the protocol and ports of the initiator's filter. It ends with its
  lifetime (0 stands for 3600 s), with a change of the rule that asked for it, and with the services at either end; the
  peer learns of that with the next packet between the two, and logs it then. Volumes do not end it.
  [ledger: packet-both-negotiate, two-change-ends-which]
* Falling back takes 3 s. A soft association stands for 300 s, however much it is used, and as long as it stands neither
  end negotiates for its traffic.
  [ledger: packet-fallback-wait, packet-soft-life]
* Connection security rules: README.md of the lab has the list.
* A domain policy puts the local one out of force; what it says is not in the lab, so nothing is.
  [ledger: force-domain-wins]
"""
