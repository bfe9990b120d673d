# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two hosts have for each other, whatever their addresses: pairs of one shape need to be judged only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network

from .._common.packets import Address, Place
from .bindings import Form
from .judge import Stage
from .model import Host, IpAddress

Token = tuple[str, int, int]


def shape_of(hosts: Sequence[Host], stages: Sequence[Sequence[Stage]]) -> object:
    """Return a key that two pairs of hosts share only if the same becomes of their packets at all stages.

    Addresses of the two hosts count by their places; where any other address comes in, all of them count as they are.
    """
    tokens: dict[IpAddress, Token] = {}
    for side, host in enumerate(hosts):
        for place, address in enumerate(host.addresses):
            tokens[address] = ("address", side, place)
    plain = True
    found: list[object] = []
    for host, mine in zip(hosts, stages, strict=True):
        families = tuple(address.version for address in host.addresses)
        found.append((host.traits, host.exemption_level, families))
        for stage in mine:
            shape, relative = _of_form(stage.form, tokens)
            plain = plain and relative
            found.append((shape, stage.running, stage.keying))
    return tuple(found) if plain else (tuple(found), tuple(tokens))


def _of_form(form: Form, tokens: Mapping[IpAddress, Token]) -> tuple[object, bool]:
    relative = True
    filters: list[object] = []
    for one in form.bindings:
        sides = [_side(address, tokens) for address in (one.filter.source, one.filter.destination)]
        relative = relative and all(isinstance(side, (tuple, Place)) for side in sides)
        rule = (one.rule.authentication, one.rule.connection_type, one.rule.tunnel_endpoint, one.rule.enabled)
        filters.append((*sides, one.selector[2:], rule, one.action, one.rule.name if not relative else ""))
    frame = form.frame
    return (None if frame is None else (frame.main_mode, frame.default_response), tuple(filters)), relative


def _side(address: Address, tokens: Mapping[IpAddress, Token]) -> object:
    if isinstance(address, (IPv4Network, IPv6Network)) and address.prefixlen == address.max_prefixlen:
        return tokens.get(address.network_address, address)
    return address
