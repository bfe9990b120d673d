# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores as people leave them who work with the snap-in: rules without names, names in the language of the server."""

from __future__ import annotations

from ipaddress import ip_address

from cut_off import CONTROLLER, OWN, PORT, obeying

from winlab.dataplane.inforce import DEFAULT_EXEMPT_LEVEL, InForce, in_force
from winlab.dataplane.judge import assess
from winlab.host import Host
from winlab.ipsec.packet import TCP, UDP, Network, Packet
from winlab.store import policy_store
from winlab.store.identifiers import ObjectClass

LAN_PEER, OTHER_PEER = "10.0.0.7", "192.0.2.77"


def add_list(name: str, *filters: str) -> list[str]:
    """Return the lines that make a filter list; each filter is the rest of its line."""
    return [f'add filterlist name="{name}"', *(f'add filter filterlist="{name}" {text}' for text in filters)]


def hardened(version: str = "2016", language: str = "en") -> Host:
    """Return a host with what secpol.msc makes of the usual advice: two rules without a name, in force."""
    host = obeying(
        version,
        *add_list(
            "Bad",
            "srcaddr=any dstaddr=me protocol=TCP dstport=135",
            "srcaddr=any dstaddr=me protocol=TCP dstport=445",
        ),
        *add_list("Good", "srcaddr=10.0.0.0 srcmask=24 dstaddr=me protocol=TCP dstport=445"),
        "add filteraction name=Block action=block",
        "add filteraction name=Permit action=permit",
        "add policy name=Hardening activatedefaultrule=no",
        "add rule name=one policy=Hardening filterlist=Bad filteraction=Block conntype=all kerberos=yes",
        "add rule name=two policy=Hardening filterlist=Good filteraction=Permit conntype=lan kerberos=yes",
        "set policy name=Hardening assign=yes",
        language=language,
    )
    call(host, ObjectClass.NFA, "one", None)
    call(host, ObjectClass.NFA, "two", None)
    return host


def server(version: str, language: str, *, policy: str, filter_list: str, action: str) -> Host:
    """Return a host whose objects have names in the language of the server; their policy is in force."""
    host = obeying(
        version,
        *add_list("L", "srcaddr=any dstaddr=me protocol=TCP dstport=445"),
        "add filteraction name=A action=block",
        "add policy name=P activatedefaultrule=no",
        "add rule name=R policy=P filterlist=L filteraction=A",
        "set policy name=P assign=yes",
        "add policy name=Q activatedefaultrule=no",
        language=language,
    )
    call(host, ObjectClass.FILTER, "L", filter_list)
    call(host, ObjectClass.NEGOTIATION, "A", action)
    call(host, ObjectClass.POLICY, "P", policy)
    call(host, ObjectClass.POLICY, "Q", f"{policy} 2")
    return host


def call(host: Host, kind: ObjectClass, old: str, new: str | None) -> str:
    """Give an object another name, or none; return its GUID as netsh takes it."""
    objects = policy_store(host).objects
    (key,) = [key for key in objects.names(kind) if objects.text(key, "ipsecName") == old]
    if new is None:
        objects.remove(key, "ipsecName")
    else:
        objects.put(key, "ipsecName", new)
    return "{" + key.partition("{")[2].lower()


def fates(host: Host) -> tuple[object, ...]:
    """Return what becomes of some packets between the host and peers without IPsec, by the lab's judgement."""
    found = []
    for peer, protocol, port in (
        (CONTROLLER, TCP, PORT),
        *((each, TCP, port) for each in (LAN_PEER, OTHER_PEER) for port in (80, 135, 139, 445)),
        (OTHER_PEER, UDP, 137),
    ):
        plain = InForce(frozenset({ip_address(peer)}), (), None, None, DEFAULT_EXEMPT_LEVEL, keying=False, modern=True)
        packet = Packet(ip_address(peer), ip_address(OWN), protocol, 49152, port)
        judged = assess(plain, in_force(host), packet, Network())
        found.append((judged.fate, judged.delivered, judged.replied))
    return tuple(found)
