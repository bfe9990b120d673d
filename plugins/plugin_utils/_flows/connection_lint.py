# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings about connection security rules: what makes outcomes unknown, and what protects without hiding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations, product, starmap

from .connection_negotiation import ConnectionAgreement
from .connection_ranking import Entry, beats, chains, expand, same
from .endpoint import Endpoint
from .finding import FindingKind, LintFinding
from .outcome import Outcome
from .partition import apart
from .space import Packet, Space


def lint_rules(host: Endpoint) -> Iterator[LintFinding]:
    """Yield the findings about the connection security rules in force on one host."""
    known = host.rules_in_force
    for rule in known.rules if known is not None else ():
        entries = [entry for entry in expand(rule, host) if not entry.certain]
        if entries:
            why = rule.doubt or f"rule {rule.name!a} names servers or networks by a word that nothing is said of"
            sentence = f"What becomes of packets is not known where this may apply: {why}."
            yield LintFinding(FindingKind.NOT_KNOWN, host.name, rule.name, entries[0].box.example(), sentence)
    if known is not None:
        yield from _undecided(host, [entry for rule in known.rules for entry in expand(rule, host) if entry.certain])


def _undecided(host: Endpoint, entries: list[Entry]) -> Iterator[LintFinding]:
    """Yield each pair of rules of which nobody knows which one decides about some packet."""
    reported: set[tuple[str, str]] = set()
    # Within one list it is always known which one decides.
    for chain, others in combinations(chains(entries), 2):
        for one, other in product(chain, others):
            names = (one.rule.name, other.rule.name)
            if names in reported or same(one, other) or any(starmap(beats, permutations((one, other)))):
                continue
            packet = None if apart(one.box.sides, other.box.sides) else _packet(one, other, entries)
            if packet is None:
                continue
            reported.add(names)
            sentence = (
                f"Rules {names[0]!a} and {names[1]!a} are both for {packet} and do different things, and which one "
                "decides is documented nowhere. Make one of them more specific."
            )
            yield LintFinding(FindingKind.EQUAL_RANK_OVERLAP, host.name, names[0], packet, sentence)


def _packet(one: Entry, other: Entry, entries: list[Entry]) -> Packet | None:
    common = one.box.meet(other.box)
    if common is None:
        return None
    above = [entry.box for entry in entries if beats(entry, one) or beats(entry, other)]
    return (Space((common,)) - Space(tuple(above))).example()


def not_encrypted(host: Endpoint, outcome: Outcome, packet: Packet | None) -> LintFinding | None:
    """Return a finding for two ends that agree on a suite without a cipher, as the first built-in one is."""
    agreed = outcome.agreement
    if not isinstance(agreed, ConnectionAgreement) or agreed.algorithms[1] != "none":
        return None
    sentence = (
        f"Packets as {packet} are protected against changes and can be read on the way: both ends agree on {agreed}. "
        "Name suites with a cipher in quick_mode."
    )
    return LintFinding(FindingKind.NOT_ENCRYPTED, host.name, outcome.here.rule, packet, sentence)
