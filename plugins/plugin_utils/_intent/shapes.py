# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two hosts have for each other, whatever their addresses: pairs of one shape need to be judged only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network

from .._common.packets import Address, AddressRange
from .bindings import Form
from .judge import Stage
from .model import Host, IpAddress

Token = tuple[int, int]


def shape_of(hosts: Sequence[Host], stages: Sequence[Sequence[Stage]]) -> object:
    """Return a key that two pairs of hosts share only if the same becomes of their packets at all stages.

    Addresses of the two hosts count by their places; of all others it counts which of these they hold, and how specific
    they are.
    """
    tokens: dict[IpAddress, Token] = {}
    for side, host in enumerate(hosts):
        for place, address in enumerate(host.addresses):
            tokens[address] = (side, place)
    found: list[object] = []
    for host, mine in zip(hosts, stages, strict=True):
        families = tuple(address.version for address in host.addresses)
        found.append((host.traits, host.exemption_level, families))
        found += [(_of_form(stage.form, tokens), stage.running, stage.keying) for stage in mine]
    return tuple(found)


def _of_form(form: Form, tokens: Mapping[IpAddress, Token]) -> object:
    filters: list[object] = []
    for one in form.bindings:
        source, destination = (_side(address, tokens) for address in (one.filter.source, one.filter.destination))
        if source is None or destination is None:
            continue
        rule = (one.rule.authentication, one.rule.connection_type, one.rule.tunnel_endpoint, one.rule.enabled)
        # Among equally specific filters the names of rules can decide.
        name = "" if one.peer else one.rule.name
        filters.append((source, destination, one.selector[2:], rule, one.action, name))
    frame = form.frame
    return None if frame is None else (frame.main_mode, frame.default_response), tuple(filters)


def _side(address: Address, tokens: Mapping[IpAddress, Token]) -> object | None:
    """Return what one side of a filter is for the two hosts, None where it is about neither of them."""
    if isinstance(address, (IPv4Network, IPv6Network)):
        if address.prefixlen == address.max_prefixlen:
            return tokens.get(address.network_address)
        held = tuple(token for one, token in tokens.items() if one in address)
        return (address.version, address.prefixlen, held) if held else None
    if isinstance(address, AddressRange):
        first, last = int(address.first), int(address.last)
        same = {one: token for one, token in tokens.items() if one.version == address.first.version}
        held = tuple(token for one, token in same.items() if first <= int(one) <= last)
        return (address.first.version, last - first, held) if held else None
    return address
