# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's firewall does with the first packet of a conversation. Answers are never asked about: they pass.

[ledger: fw-order-of-rules]
"""

from __future__ import annotations

from ipaddress import ip_network

from ..ipsec.packet import TCP, UDP, Address, Packet
from ..ipsec.protection import Protection
from ..store.model import EspCipher
from . import portopenings, store
from .guarded import Guarded
from .model import Action, Direction, Rule
from .spans import AddressItem, AddressSpan, AddressWord, PortItem, PortSpan

_SYSTEM = ("system", "")
_KEYING = (r"%systemroot%\system32\svchost.exe", "ikeext")
_OWNERS = {(UDP, 500): _KEYING, (UDP, 4500): _KEYING, (TCP, 5985): _SYSTEM, (TCP, 5986): _SYSTEM}
_NOBODY = ("", "")


def passes(host: Guarded, packet: Packet, direction: Direction, protection: Protection | None = None) -> bool:
    """Tell whether the firewall of a host lets a packet pass that opens a conversation.

    :param protection: what the packet travels in.
    """
    if not store.running(host) or not store.setting(host, host.profile, store.ENABLE):
        return True
    if not store.modern(host):
        return direction is Direction.OUT or _opened(host, packet)
    rules = host.registry.derived("firewall rules", lambda: _rules(host))
    actions = {
        rule.action for rule in rules if rule.direction is direction and _matches(rule, host, packet, protection)
    }
    if Action.BLOCK in actions:
        return False
    if direction is Direction.IN and store.setting(host, host.profile, store.NO_EXCEPTIONS):
        return False
    name = store.INBOUND if direction is Direction.IN else store.OUTBOUND
    return Action.ALLOW in actions or not store.setting(host, host.profile, name)


def _rules(host: Guarded) -> list[Rule]:
    return [rule for key in (store.RULES, store.GROUP_POLICY_RULES) for _id, rule in store.rules(host, key)]


def _opened(host: Guarded, packet: Packet) -> bool:
    """Tell whether the firewall of Server 2003 lets a packet in."""
    if packet.protocol not in (TCP, UDP):
        return True
    if store.setting(host, host.profile, store.NO_EXCEPTIONS):
        return False
    return any(
        each.enabled
        and (each.port, portopenings.PROTOCOLS[each.protocol]) == (packet.destination_port, packet.protocol)
        and (not each.scope or _among(each.scope, packet.source, host))
        for each in portopenings.openings(host, host.profile)
    )


def _secure(asked: str, protection: Protection | None) -> bool:
    """Tell whether a packet is as secure as a rule asks; encryption that is negotiated counts as authentication."""
    if not asked or protection is None:
        return not asked
    if asked == "AuthenticateEncrypt":
        return protection.esp_cipher not in (None, EspCipher.NONE)
    return asked in ("Authenticate", "AnE-Nego")


def _matches(rule: Rule, host: Guarded, packet: Packet, protection: Protection | None) -> bool:
    if not rule.active or not _secure(rule.security, protection):
        return False
    if rule.action is Action.BYPASS or (rule.profiles and host.profile not in rule.profiles):
        return False
    if rule.protocol not in (None, packet.protocol):
        return False
    local, remote = packet.source, packet.destination
    local_port, remote_port = packet.source_port, packet.destination_port
    if rule.direction is Direction.IN:
        local, remote, local_port, remote_port = remote, local, remote_port, local_port
    return (
        _port(rule.local_ports, local_port)
        and _port(rule.remote_ports, remote_port)
        and _end(rule.local_v4, rule.local_v6, local, host)
        and _end(rule.remote_v4, rule.remote_v6, remote, host)
        and _owned(rule, packet.protocol, local_port)
    )


def _port(items: tuple[PortItem, ...], port: int) -> bool:
    return not items or any(isinstance(each, PortSpan) and each.first <= port <= each.last for each in items)


def _end(v4: tuple[AddressItem, ...], v6: tuple[AddressItem, ...], address: Address, host: Guarded) -> bool:
    """Tell whether one side matches. A rule that names addresses of one family does not match the other one."""
    return not (v4 or v6) or _among(v4 if address.version == 4 else v6, address, host)


def _among(items: tuple[AddressItem, ...], address: Address, host: Guarded) -> bool:
    for item in items:
        if isinstance(item, AddressSpan):
            if item.holds(address):
                return True
        elif item is AddressWord.LOCAL_SUBNET and _neighbour(address, host):
            return True
    return False


def _neighbour(address: Address, host: Guarded) -> bool:
    return any(address in ip_network((own, 24 if own.version == 4 else 64), strict=False) for own in host.addresses)


def _owned(rule: Rule, protocol: int, local_port: int) -> bool:
    """Tell whether the rule's program and service are those at the packet's own end."""
    program, service = _OWNERS.get((protocol, local_port), _NOBODY)
    wanted = rule.program.lower().replace(r"c:\windows", "%systemroot%")
    if wanted and wanted != program:
        return False
    return not rule.service or (bool(service) and rule.service.lower() in ("*", service))
