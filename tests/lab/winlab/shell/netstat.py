# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netstat.exe -n, with or without -o: the TCP connections of a host.

Columns and switches are those of Microsoft's documentation (Learn, netstat): protocol, local address, foreign address,
state, and with -o the process; addresses of IPv6 stand in brackets. Headings and states are localised, numbers are not.
The widths are well known; the German words are plausible rather than proven.

[ledger: netstat-columns, netstat-shows-winrm]
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from ..host import Host
from .streams import Sink

_HEADINGS = {
    "en": ("Active Connections", "Proto", "Local Address", "Foreign Address", "State", "PID"),
    "de": ("Aktive Verbindungen", "Proto", "Lokale Adresse", "Remoteadresse", "Status", "PID"),
}
_STATES = {
    "en": {"ESTABLISHED": "ESTABLISHED", "TIME_WAIT": "TIME_WAIT"},
    "de": {"ESTABLISHED": "HERGESTELLT", "TIME_WAIT": "WARTEND"},
}
# System, to which the listener of WinRM belongs; and any other program.
_SYSTEM, _OTHER = 4, 1184


def main(host: Host, arguments: str, out: Sink) -> int:
    """Run as `netstat.exe ARGUMENTS`; knows -n and -o only, and needs -n, since nobody resolves names."""
    words = set(arguments.lower().replace("/", "-").split())
    if "-n" not in words or words - {"-n", "-o"}:
        out(b"\r\nDisplays protocol statistics and current TCP/IP network connections.\r\n")
        return 1
    title, protocol, local, peer, state, process = _HEADINGS[host.language]
    with_process = "-o" in words
    lines = ["", title, "", _row(protocol, local, peer, state, process if with_process else "")]
    for each in host.connections:
        ends = (_end(each.local, each.local_port), _end(each.peer, each.peer_port))
        word = _STATES[host.language]["TIME_WAIT" if each.waits else "ESTABLISHED"]
        number = 0 if each.waits else (_SYSTEM if each.local_port in (80, 443, 5985, 5986) else _OTHER)
        lines.append(_row("TCP", *ends, word, str(number) if with_process else ""))
    out("".join(f"{line}\r\n" for line in lines).encode(host.oem_encoding, "replace"))
    return 0


def _row(protocol: str, local: str, peer: str, state: str, process: str) -> str:
    return f"  {protocol:<7}{local:<23}{peer:<23}{state:<17}{process}".rstrip()


def _end(address: IPv4Address | IPv6Address, port: int) -> str:
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
