# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a firewall between two groups of hosts lets pass, so that they can speak IPsec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._common.address_sets import AddressSet, parse_addresses
from .._common.errors import IpsecError, hidden
from .._common.fields import Fields, listed
from .openings import Protocol
from .request import DEFAULT_PROTOCOLS

_SIDES = ("from", "to")


@dataclass(frozen=True, slots=True)
class Passage:
    """Packets of one protocol from one set of addresses to another, both of one family (``version`` 4 or 6).

    ``forward`` tells the side of the flow that the packets come from. IKE and NAT traversal are told by their
    destination port: address translation on the way changes the source port.
    """

    protocol: Protocol
    source: AddressSet
    destination: AddressSet
    forward: bool

    @property
    def version(self) -> int:
        """The family of the addresses."""
        return self.source.intervals[0].version

    @property
    def key(self) -> tuple[object, ...]:
        """What the passage lets through; passages of equal keys let the same packets through."""
        return self.protocol, self.source.merged, self.destination.merged


def read_passages(flows: object, protocols: object) -> tuple[Passage, ...]:
    """Return the passages of the flows, both directions of each, for each protocol and family.

    A flow is a mapping with ``from`` and ``to``, each a list of addresses. Raises :class:`IpsecError` with the path of
    what cannot be: both sides must have addresses, of the same families.
    """
    if isinstance(flows, str) or not isinstance(flows, Sequence):
        remedy = "Write each flow as {from: [...], to: [...]}."
        raise IpsecError("firewall_flows", hidden(flows), "a list of flows", remedy)
    chosen = read_protocols(protocols)
    found: list[Passage] = []
    for index, flow in enumerate(flows):
        source, destination = _sides(flow, f"firewall_flows[{index}]")
        for version in (4, 6):
            near, far = source.of_family(version), destination.of_family(version)
            if near and far:
                found += [Passage(protocol, near, far, True) for protocol in chosen]
                found += [Passage(protocol, far, near, False) for protocol in chosen]
    return tuple(found)


def distinct(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return the passages without those that let through what an earlier one does."""
    return tuple({passage.key: passage for passage in reversed(tuple(passages))}.values())[::-1]


def read_protocols(protocols: object) -> tuple[Protocol, ...]:
    """Return the protocols in the order of their enumeration, the default ones for None."""
    if protocols is None:
        return DEFAULT_PROTOCOLS
    words = listed(protocols, "firewall_protocols")
    for index, word in enumerate(words):
        if word not in tuple(Protocol):
            expected = f"one of {', '.join(Protocol)}"
            raise IpsecError(f"firewall_protocols[{index}]", word, expected, "Correct the word.")
    if not words:
        raise IpsecError("firewall_protocols", "empty", "at least one protocol", "Leave it out for the default.")
    return tuple(protocol for protocol in Protocol if protocol in words)


def _sides(flow: object, path: str) -> tuple[AddressSet, AddressSet]:
    fields = Fields(flow, path, _SIDES)
    sides = []
    for name in _SIDES:
        fields.require(name, "a list of addresses, as in {from: [...], to: [...]}")
        found = parse_addresses(fields.texts(name), f"{path}.{name}")
        if not found:
            raise IpsecError(f"{path}.{name}", "empty", "at least one address", "Name the hosts of this side.")
        sides.append(found)
    families = [{item.version for item in side.intervals} for side in sides]
    if families[0] != families[1]:
        expected = "the same families, IPv4 or IPv6, on both sides"
        raise IpsecError(
            path, ", ".join([*sides[0].texts(), *sides[1].texts()]), expected, "Give each family its flow."
        )
    return sides[0], sides[1]
