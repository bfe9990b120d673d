# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof out of data, as the module proof returns it; everything that no report could show rightly is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from .._associations.clock import MOMENT, read_moment
from .._associations.data import read_associations
from .._audit.rules import Severity
from .._common.errors import IpsecError
from .._common.fields import ToldFields, freely_named
from .._common.packets import parse_one_address
from .._flows.outcome_words import Fate
from .._policies.document import read_document
from .model import (
    Cause,
    Check,
    CheckOutcome,
    DecidingRules,
    Flow,
    NetworkFirewall,
    Proof,
    ProofFinding,
    ProofHost,
    ProofWaiver,
    Proven,
    Role,
    ServiceState,
)

FINDING_OPTIONS = ("id", "severity", "host", "path", "text", "reference", "waiver")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Item = TypeVar("Item")
Word = TypeVar("Word", bound=StrEnum)


def read_proof(data: object, path: str = "proof") -> Proof:
    """Return the proof; raise :class:`IpsecError` with the path of the option that cannot be."""
    fields = ToldFields(data, path, ("title", "made", "hosts", "firewalls", "flows", "checks", "findings"))
    return Proof(
        title=fields.words("title", "what the report is about"),
        made=_made(fields),
        hosts=_each(fields, "hosts", _host, lambda host: host.name, "name"),
        firewalls=_each(fields, "firewalls", _firewall, lambda one: one.name, "name"),
        flows=_each(fields, "flows", _flow),
        checks=_each(fields, "checks", _check, lambda check: check.id, "id"),
        findings=_each(fields, "findings", read_finding),
    )


def _each(
    fields: ToldFields,
    name: str,
    read: Callable[[object, str], Item],
    identity: Callable[[Item], str] | None = None,
    key: str = "",
) -> tuple[Item, ...]:
    """Return the elements of a list, of which no two may have one identity."""
    found = []
    seen = set()
    for where, data in fields.items(name):
        item = read(data, where)
        if identity is not None:
            if identity(item) in seen:
                remedy = "Rename or remove one of them."
                raise IpsecError(f"{where}.{key}", identity(item), f"each {key} once in {name}", remedy)
            seen.add(identity(item))
        found.append(item)
    return tuple(found)


def _choice(fields: ToldFields, key: str, words: type[Word]) -> Word:
    fields.require(key, f"one of {', '.join(words)}")
    return fields.choice(key, words, next(iter(words)))


def _texts(fields: ToldFields, key: str) -> tuple[str, ...]:
    texts = []
    for where, item in fields.items(key):
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            raise IpsecError(where, item, "a text", "Put the text between quotes.")
        texts.append(str(item))
    return tuple(texts)


def _made(fields: ToldFields) -> str:
    text = fields.words("made", MOMENT)
    if read_moment(text) is None:
        raise IpsecError(fields.at("made"), text, MOMENT, "Write the moment of the proof in that form.")
    return text


def _until(fields: ToldFields) -> str:
    text = fields.text("until", "")
    try:
        if text and not (_DAY.fullmatch(text) and date.fromisoformat(text)):
            raise ValueError(text)
    except ValueError:
        expected = "a day such as 2026-12-31"
        raise IpsecError(fields.at("until"), text, expected, "Leave it out for a waiver without end.") from None
    return text


def _host(data: object, path: str) -> ProofHost:
    known = ("name", "role", "addresses", "product", "version", "services", "assigned", "effective", "why_not")
    more = ("domain_policy", "exemption_level", "config", "drift", "associations")
    fields = ToldFields(data, path, known + more)
    return ProofHost(
        name=fields.words("name", "the name of the host"),
        role=_choice(fields, "role", Role),
        addresses=_addresses(fields),
        product=fields.text("product", ""),
        version=fields.text("version", ""),
        services=_services(fields),
        assigned=fields.text("assigned", ""),
        effective=fields.flag("effective", False),
        why_not=fields.text("why_not", ""),
        domain_policy=fields.text("domain_policy", ""),
        exemption_level=fields.told_number("exemption_level", 0, 3, "the exemption level"),
        config=read_document(fields.mapping("config"), fields.at("config")) if fields.given("config") else None,
        drift=_texts(fields, "drift"),
        associations=read_associations(fields.mapping("associations"), fields.at("associations")),
    )


def _addresses(fields: ToldFields) -> tuple[str, ...]:
    where, remedy = fields.at("addresses"), "Write an address of the host."
    return tuple(
        str(parse_one_address(text, f"{where}[{index}]", "an IPv4 or IPv6 address", remedy))
        for index, text in enumerate(_texts(fields, "addresses"))
    )


def _by_name(fields: ToldFields, key: str) -> dict[str, object]:
    """Return a mapping whose keys are free, in the order of its names."""
    data = freely_named(fields.mapping(key), fields.at(key), "a mapping of names", "Write the names as key: value.")
    return dict(sorted(data.items()))


def _services(fields: ToldFields) -> dict[str, ServiceState]:
    found = {}
    for name, data in _by_name(fields, "services").items():
        service = ToldFields(data, f"{fields.at('services')}.{name}", ("running", "automatic"))
        found[name] = ServiceState(service.flag("running", False), service.flag("automatic", False))
    return found


def _firewall(data: object, path: str) -> NetworkFirewall:
    fields = ToldFields(data, path, ("name", "between", "openings"))
    return NetworkFirewall(
        fields.words("name", "the name of the firewall"), _texts(fields, "between"), _texts(fields, "openings")
    )


def _flow(data: object, path: str) -> Flow:
    known = ("source", "destination", "protocol", "port", "expected", "outcome")
    fields = ToldFields(data, path, (*known, "algorithms", "sentence", "rules", "proven"))
    rules = ToldFields(fields.mapping("rules"), fields.at("rules"), ("source", "destination"))
    return Flow(
        source=fields.words("source", "the name of a host or network"),
        destination=fields.words("destination", "the name of a host or network"),
        protocol=fields.text("protocol", "any"),
        port=fields.text("port", "any"),
        expected=fields.text("expected", ""),
        outcome=_choice(fields, "outcome", Fate),
        algorithms=fields.text("algorithms", ""),
        sentence=fields.text("sentence", ""),
        rules=DecidingRules(rules.text("source", ""), rules.text("destination", "")),
        proven=fields.choice("proven", Proven, Proven.UNPROVEN),
    )


def _check(data: object, path: str) -> Check:
    fields = ToldFields(data, path, ("id", "subject", "title", "outcome", "evidence", "causes"))
    return Check(
        id=fields.words("id", "the name of the check"),
        subject=fields.text("subject", ""),
        title=fields.words("title", "what was to be proven"),
        outcome=_choice(fields, "outcome", CheckOutcome),
        evidence=fields.text("evidence", ""),
        causes=_each(fields, "causes", _cause),
    )


def _cause(data: object, path: str) -> Cause:
    fields = ToldFields(data, path, ("kind", "subject", "cause", "evidence", "remedy"))
    return Cause(
        kind=fields.text("kind", ""),
        subject=fields.text("subject", ""),
        cause=fields.words("cause", "a possible cause"),
        evidence=fields.text("evidence", ""),
        remedy=fields.text("remedy", ""),
    )


def read_finding(data: object, path: str) -> ProofFinding:
    """Return what is to be seen in a policy; raise :class:`IpsecError` as :func:`read_proof` does."""
    fields = ToldFields(data, path, FINDING_OPTIONS)
    return ProofFinding(
        id=fields.words("id", "the name of the finding"),
        severity=_choice(fields, "severity", Severity),
        host=fields.text("host", ""),
        path=fields.text("path", ""),
        text=fields.words("text", "what was found"),
        reference=fields.text("reference", ""),
        waiver=_waiver(fields.mapping("waiver"), fields.at("waiver")) if fields.given("waiver") else None,
    )


def _waiver(data: object, path: str) -> ProofWaiver:
    fields = ToldFields(data, path, ("reason", "until"))
    return ProofWaiver(fields.words("reason", "why the finding is accepted"), _until(fields))
