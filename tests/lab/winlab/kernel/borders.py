# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network firewalls of the data plane let through and count, and what hosts count, as nftables writes it."""

from __future__ import annotations

from collections.abc import Iterable

from ..ipsec.packet import Network
from .realm import ADDRESS

CLIENT = "198.51.100.10"
FIREWALLS = ("outer", "inner")
COUNTERS = """
table inet count {
  counter inbound {}
  counter protected {}
  counter keying {}
  chain in {
    type filter hook input priority -300
    meta secpath exists return
    iifname lo return
    counter name inbound
    ip protocol { 50, 51 } counter name protected
    udp dport { 500, 4500 } counter name keying
  }
}
"""
_BETWEEN = """
table inet between
delete table inet between
table inet between {{ chain through {{ type filter hook forward priority 0; {drops} }} }}
"""
_GUARD = """
table inet filter {{
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ip saddr {{ {controllers} }} accept
    ip daddr {centre} meta l4proto {{ tcp, udp }} th dport 88 accept
    ip saddr {client} tcp dport {{ 80, 443, 110, 143, 993, 995 }} accept
    ip saddr . ip daddr {{ {pairs} }} tcp dport {{ {ports} }} accept
  }}
}}
table inet wire {{
  counter wire_esp {{}}
  counter wire_ah {{}}
  counter wire_ike {{}}
  counter wire_tcp80 {{}}
  chain passing {{
    type filter hook forward priority -10;
    ip saddr . ip daddr {{ {pairs}, {back} }} jump kinds
  }}
  chain kinds {{
    ip protocol 50 counter name wire_esp
    ip protocol 51 counter name wire_ah
    udp dport {{ 500, 4500 }} counter name wire_ike
    tcp dport 80 counter name wire_tcp80
    tcp sport 80 counter name wire_tcp80
  }}
}}
"""


def between(network: Network) -> str:
    """Return the rules that drop what does not pass between hosts."""
    drops = [] if network.ike else ["udp dport { 500, 4500 } drop"]
    drops += [] if network.esp else ["ip protocol 50 drop"]
    drops += [] if network.ah else ["ip protocol 51 drop"]
    return _BETWEEN.format(drops="; ".join(drops))


def guard(pairs: Iterable[tuple[str, str]], ports: Iterable[int], controllers: Iterable[str]) -> str:
    """Return the rules of a firewall that drops all that nothing lets through, and counts what passes between pairs.

    They let through management, clients of the front-ends, Kerberos, answers, and between the pairs (of addresses)
    these ports in clear; neither IKE nor ESP nor AH: that is for whoever manages them.
    """
    pairs = list(pairs)
    return _GUARD.format(
        pairs=", ".join(f"{one} . {other}" for one, other in pairs),
        back=", ".join(f"{other} . {one}" for one, other in pairs),
        ports=", ".join(map(str, ports)),
        controllers=", ".join(controllers),
        client=CLIENT,
        centre=ADDRESS,
    )
