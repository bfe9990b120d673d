# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pre-shared keys that more than one pair of hosts has. Keys are compared in memory and shown nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from .._common.packets import Address, Place
from .._common.secret import Secret
from .._policies.model import Authentication, FilterList, PresharedKey, Rule, by_name, folded
from .host import Audited
from .rules import Finding, finding


@dataclass(slots=True)
class _Uses:
    """Where a key is used: places in documents, hosts, and the peers of each host."""

    places: list[tuple[str, str]] = field(default_factory=list)
    peers: defaultdict[str, set[Address]] = field(default_factory=lambda: defaultdict(set))

    def why_several(self) -> str:
        """Return why this is more than one pair, empty when it need not be."""
        if len(self.peers) > 2:
            return f"{len(self.peers)} hosts have it"
        for host, peers in self.peers.items():
            if len(peers) > 1:
                return f"{host} has it for {len(peers)} peers"
            if any(not _single(one) for one in peers):
                return f"{host} has it for every peer that a filter matches"
        return ""


def find_reused(hosts: Iterable[Audited]) -> Iterator[Finding]:
    """Yield a finding for each place of a key that serves several pairs; the documents must hold the keys."""
    uses: defaultdict[Secret, _Uses] = defaultdict(_Uses)
    for host in hosts:
        lists = by_name(host.store.filter_lists)
        for policy in host.store.policies:
            for rule in policy.rules:
                path = f"policies[{policy.name!r}].rules[{rule.name!r}].authentication"
                peers = _peers(rule, lists.get(folded(rule.filter_list)))
                _note(uses, host.name, path, rule.authentication, peers)
            if policy.default_response.enabled:
                path = f"policies[{policy.name!r}].default_response.authentication"
                _note(uses, host.name, path, policy.default_response.authentication, {Place.ANY})
    for use in uses.values():
        why = use.why_several()
        for host_name, path in use.places if why else ():
            text = f"The same key serves several pairs: {why}. One host that is lost opens them all."
            yield finding("preshared_key_reused", host_name, path, text)


def _note(
    uses: defaultdict[Secret, _Uses], host: str, path: str, methods: Iterable[Authentication], peers: set[Address]
) -> None:
    for index, method in enumerate(methods):
        if isinstance(method, PresharedKey) and method.key is not None:
            uses[method.key].places.append((host, f"{path}[{index}]"))
            uses[method.key].peers[host] |= peers


def _peers(rule: Rule, filters: FilterList | None) -> set[Address]:
    """Return the far ends of a rule; any when the document does not show them."""
    if rule.tunnel_endpoint is not None:
        return {
            IPv4Network(rule.tunnel_endpoint)
            if rule.tunnel_endpoint.version == 4
            else IPv6Network(rule.tunnel_endpoint)
        }
    if filters is None:
        return {Place.ANY}
    sides = (side for one in filters.filters for side in (one.source, one.destination) if side is not Place.ME)
    return set(sides)


def _single(address: Address) -> bool:
    return isinstance(address, (IPv4Network, IPv6Network)) and address.num_addresses == 1
