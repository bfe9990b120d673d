# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ends of flows as a page can show them: single hosts and networks while they are few, else groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .._flows.outcome_words import Fate
from .._proof.model import Flow, Proof, ProofHost, Role
from .words import ROLES, number, span


@dataclass(frozen=True, slots=True)
class Party:
    """An end or a group of ends; ``role`` is None for networks, which are no hosts of the proof."""

    title: str
    names: tuple[str, ...]
    role: Role | None
    host: ProofHost | None = None

    @property
    def span(self) -> str:
        """The names in short, empty for a single end."""
        return span(self.names) if len(self.names) > 1 else ""


@dataclass(slots=True)
class Bundle:
    """Flows between two parties with one fate: how many, and which traffic in the order of its first appearance."""

    source: Party
    destination: Party
    fate: Fate
    flows: int = 0
    traffic: dict[str, None] = field(default_factory=dict)


def parties(proof: Proof, most: int, *, hosts_without_flows: bool) -> list[Party]:
    """Return the ends of a proof, at most ``most`` where grouping by role can do that, the largest role first."""
    met = dict.fromkeys(end for flow in proof.flows for end in (flow.source, flow.destination))
    known = {host.name: host for host in proof.hosts}
    walls = {firewall.name for firewall in proof.firewalls}
    by_role: dict[Role | None, list[str]] = {role: [] for role in (None, *Role)}
    for name in dict.fromkeys([*known, *met]):
        host = known.get(name)
        if name in met or (hosts_without_flows and name not in walls):
            by_role[host.role if host else None].append(name)
    grouped: set[Role | None] = set()
    while sum(1 if role in grouped else len(names) for role, names in by_role.items()) > most:
        largest = max(by_role, key=lambda role: 0 if role in grouped else len(by_role[role]))
        if largest in grouped or len(by_role[largest]) < 2:
            break
        grouped.add(largest)
    return [party for role, names in by_role.items() for party in _of_role(role, names, known, role in grouped)]


def _of_role(role: Role | None, names: list[str], known: Mapping[str, ProofHost], grouped: bool) -> Iterable[Party]:
    if grouped:
        noun = ROLES[role] if role is not None else "networks"
        return [Party(f"{number(len(names))} {noun}", tuple(names), role)]
    return [Party(name, (name,), role, known.get(name)) for name in names]


def bundles(flows: Iterable[Flow], shown: Iterable[Party]) -> list[Bundle]:
    """Return the flows between parties, those of a fate together, the worst fates first."""
    of = {name: party for party in shown for name in party.names}
    found: dict[tuple[int, int, Fate], Bundle] = {}
    for flow in flows:
        source, destination = of[flow.source], of[flow.destination]
        key = (id(source), id(destination), flow.outcome)
        if key not in found:
            found[key] = Bundle(source, destination, flow.outcome)
        found[key].flows += 1
        found[key].traffic[flow.traffic] = None
    return sorted(found.values(), key=lambda bundle: bundle.fate.rank)
