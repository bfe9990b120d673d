# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a round is proven: by associations that are younger than it, as far as either end tells of them.

What was wrong does not show when it is written but at the next negotiation, and associations from before may hide it
for hours. A host names its associations; one whose names it did not have before the round is younger
[ledger: two-association-names].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from .._associations.data import ASSOCIATION_OPTIONS, read_associations
from .._associations.model import Associations, MainModeAssociation, QuickModeAssociation
from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .._common.mappings import mapping, mappings
from .._common.packets import parse_protocol
from .._flows.partition import holds
from .._flows.traffic import Traffic, parse_traffic

Found = TypeVar("Found", MainModeAssociation, QuickModeAssociation)

_ROW = ("from", "to", "traffic", "addresses", "authentication", "standing", "younger", "main_mode")


class Proof(StrEnum):
    """What is known of a flow after a round.

    QUIET: nobody talked before the round, or had to begin anew. SILENT: somebody talked before, and has not begun anew
    since. UNSEEN: neither end can tell.
    """

    PROVEN = "proven"
    QUIET = "quiet"
    SILENT = "silent"
    UNSEEN = "unseen"


_WHY = {
    Proof.PROVEN: "An association shows that they talk.",
    Proof.QUIET: "Not proven yet: nothing has gone between them.",
    Proof.SILENT: "They had an association before the round, and have none that is younger.",
    Proof.UNSEEN: "Not proven: neither host tells of its associations.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A flow of a pair that a round must prove. ``younger``: an association from before says nothing about it.

    ``main_mode``: neither does one that was made under a main mode from before.
    """

    source: str
    destination: str
    traffic: str
    sides: tuple[tuple[str, ...], tuple[str, ...]]
    younger: bool
    main_mode: bool

    @property
    def ends(self) -> tuple[str, str]:
        """The names of both hosts."""
        return self.source, self.destination


@dataclass(frozen=True, slots=True)
class Look:
    """What one host told of its associations before and after a round."""

    before: Associations
    after: Associations


def read_rows(data: object) -> list[Row]:
    """Return ``rounds[].proof`` of the module deployment; IpsecError for anything else."""
    return [_row(Fields(item, where, _ROW)) for where, item in Fields({"proof": data}, "", ("proof",)).items("proof")]


def _row(fields: Fields) -> Row:
    sides = fields.mapping("addresses")
    if not isinstance(sides, Mapping):
        remedy = "Write what the module deployment returned."
        raise IpsecError(fields.at("addresses"), hidden(sides), "the addresses of both hosts", remedy)
    both = Fields(sides, fields.at("addresses"), ("from", "to"))
    return Row(
        fields.text("from", ""),
        fields.text("to", ""),
        fields.text("traffic", ""),
        (_texts(both, "from"), _texts(both, "to")),
        fields.flag("younger", True),
        fields.flag("main_mode", True),
    )


def _texts(fields: Fields, key: str) -> tuple[str, ...]:
    return tuple(text for _where, text in fields.elements(key))


def told(data: object, path: str) -> Associations:
    """Return the associations of an answer of sa_info; none, and not known, where there is no such answer."""
    if not isinstance(data, Mapping) or "quick_mode" not in data:
        return Associations(reason="The host was not asked.")
    return read_associations({key: data[key] for key in ASSOCIATION_OPTIONS if key in data}, path)


def together(earlier: object, now: object) -> dict[str, object]:
    """Return what a host told at two moments as one answer: what was there at either of them is not younger."""
    first, second = told(earlier, "earlier"), told(now, "now")
    if not isinstance(earlier, Mapping) or "quick_mode" not in earlier:
        return second.to_data()
    both = replace(
        second,
        known=first.known and second.known,
        reason=second.reason or first.reason,
        main_mode=(*first.main_mode, *second.main_mode),
        quick_mode=(*first.quick_mode, *second.quick_mode),
    )
    return both.to_data()


def prove(row: Row, looks: Mapping[str, Look]) -> Proof:
    """Return what is known of a flow after a round. One end that proves it is enough: associations have two ends."""
    found = {_at(row, name, look) for name in row.ends if (look := looks.get(name)) is not None}
    order = (Proof.PROVEN, Proof.SILENT, Proof.QUIET)
    return next((one for one in order if one in found), Proof.UNSEEN)


def explain(row: Row, proof: Proof) -> dict[str, object]:
    """Return the result for a flow as plain data."""
    data = {"from": row.source, "to": row.destination, "traffic": row.traffic}
    return {**data, "proof": proof.value, "decides": row.younger, "why": _WHY[proof]}


def waits(row: Row, name: str, look: Look) -> bool:
    """Tell whether a host had an association for a flow that must begin anew, and has no younger one yet."""
    return row.younger and name in row.ends and _at(row, name, look) is Proof.SILENT


def _at(row: Row, name: str, look: Look) -> Proof:
    """Return what one host tells of a flow."""
    before, after = (_matching(row, name, found) for found in (look.before, look.after))
    if not (look.after.known or look.after.quick_mode):
        return Proof.UNSEEN
    if not row.younger:
        return Proof.PROVEN if after else Proof.QUIET
    if not (look.before.known or before):
        return Proof.UNSEEN
    old, new = (_between(row, name, found.main_mode) for found in (look.before, look.after))
    if _any_younger(before, after) and (not row.main_mode or _any_younger(old, new)):
        return Proof.PROVEN
    if not before:
        return Proof.QUIET
    # What has no name cannot be told from what was there before.
    unnamed = any(not one.identities for one in (*after, *(new if after else ())))
    return Proof.UNSEEN if unnamed else Proof.SILENT


def _any_younger(before: Sequence[Found], after: Sequence[Found]) -> bool:
    """Tell whether any is there that was not there before."""
    old = {identity for one in before for identity in one.identities}
    return any(not before or (one.identities and not old & set(one.identities)) for one in after)


def _matching(row: Row, name: str, found: Associations) -> list[QuickModeAssociation]:
    traffic = parse_traffic(row.traffic, "traffic")
    asks = name == row.source
    near = _between(row, name, found.quick_mode)
    return [one for one in near if _covers(one, traffic, one.peer_port if asks else one.local_port)]


def _covers(one: QuickModeAssociation, traffic: Traffic, port: int | None) -> bool:
    """Tell whether an association is about any of the traffic; what a host does not tell may be anything."""
    number = 0 if one.protocol is None else parse_protocol(one.protocol, "protocol")
    return (not number or holds(traffic.protocols, number)) and (not port or holds(traffic.destination_ports, port))


def _between(row: Row, name: str, found: Sequence[Found]) -> list[Found]:
    own, others = row.sides if name == row.source else row.sides[::-1]
    return [one for one in found if _is_one(one.local, own) and _is_one(one.peer, others)]


def _is_one(text: str, addresses: Sequence[str]) -> bool:
    return text.partition("%")[0] in addresses


def first_pair(rows: Sequence[Row], before: Mapping[str, Associations], hosts: Sequence[str]) -> list[str]:
    """Return the hosts that change first, so that one pair shows whether the new works: of those, one that talks.

    Empty where the round has nothing new in it, and where the first pair is all of it.
    """
    new = [row for row in rows if row.younger and set(row.ends) & set(hosts)]
    talking = [row for row in new if any(_matching(row, name, before[name]) for name in row.ends if name in before)]
    found = next(iter([*talking, *new]), None)
    chosen = [name for name in hosts if found is not None and name in found.ends]
    return chosen if len(chosen) < len(hosts) else []


class Unproven(StrEnum):
    """What becomes of a round that is not proven: it goes on where nobody talked, in any case, or in none."""

    QUIET = "quiet"
    CONTINUE = "continue"
    STOP = "stop"


def stops(rows: Sequence[Row], looks: Mapping[str, Look], how: Unproven) -> list[str]:
    """Return the reasons to go no further; empty to go on. Only what is new can be a reason."""
    wrong = {Unproven.QUIET: (Proof.SILENT,), Unproven.CONTINUE: ()}.get(how, tuple(set(Proof) - {Proof.PROVEN}))
    judged = [(row, prove(row, looks)) for row in rows if row.younger]
    return [
        f"{row.source} -> {row.destination} {row.traffic}: {_WHY[proof]}" for row, proof in judged if proof in wrong
    ]


def ended(before: object, now: object) -> list[str]:
    """Return the sessions that were as expected before a round and are not now, of two answers of session_check."""
    worked = {str(one.get("name")) for one in mappings(mapping(before).get("sessions")) if one.get("as_expected")}
    return [
        f"The session {name} worked before the round and does not now: {one.get('detail')}"
        for one in mappings(mapping(now).get("sessions"))
        if (name := str(one.get("name"))) in worked and not one.get("as_expected")
    ]
