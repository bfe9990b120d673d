# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module report as a proof; everything that a page could not show rightly is refused here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from .._common.errors import IpsecError
from .._common.fields import Fields, freely_named
from .._common.packets import parse_one_address
from .._policies.document import read_document
from .proof import (
    Associations,
    Cause,
    Check,
    Clock,
    DecidingRules,
    Fate,
    Finding,
    Firewall,
    Flow,
    Host,
    MainMode,
    Outcome,
    Proof,
    Proven,
    QuickMode,
    Role,
    Service,
    Severity,
    Source,
    Waiver,
)

_MADE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HIGHEST_PORT = 65535
_HIGHEST_COUNT = 2**64 - 1
_MOST_SECONDS = 2**40

Item = TypeVar("Item")
Word = TypeVar("Word", bound=StrEnum)


def read_proof(data: object, path: str = "proof") -> Proof:
    """Return the proof; raise :class:`IpsecError` with the path of the option that cannot be."""
    fields = Fields(data, path, ("title", "made", "hosts", "firewalls", "flows", "checks", "findings"))
    return Proof(
        title=_words(fields, "title", "what the report is about"),
        made=_made(fields),
        hosts=_each(fields, "hosts", _host, lambda host: host.name, "name"),
        firewalls=_each(fields, "firewalls", _firewall, lambda one: one.name, "name"),
        flows=_each(fields, "flows", _flow),
        checks=_each(fields, "checks", _check, lambda check: check.id, "id"),
        findings=_each(fields, "findings", _finding),
    )


def _each(
    fields: Fields,
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


def _words(fields: Fields, key: str, expected: str) -> str:
    """Return a text that must be there and say something."""
    fields.require(key, expected)
    text = fields.text(key, "")
    if not text.strip():
        raise IpsecError(fields.at(key), text, expected, f"Write something for {key}.")
    return text


def _choice(fields: Fields, key: str, words: type[Word]) -> Word:
    fields.require(key, f"one of {', '.join(words)}")
    return fields.choice(key, words, next(iter(words)))


def _texts(fields: Fields, key: str) -> tuple[str, ...]:
    texts = []
    for where, item in fields.items(key):
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            raise IpsecError(where, item, "a text", "Put the text between quotes.")
        texts.append(str(item))
    return tuple(texts)


def _optional(fields: Fields, key: str) -> str | None:
    return fields.text(key, "") if fields.given(key) else None


def _number(fields: Fields, key: str, lowest: int, highest: int, unit: str) -> int | None:
    return fields.number(key, lowest, lowest, highest, unit) if fields.given(key) else None


def _moment(text: str) -> bool:
    """Tell whether a text is a moment in UTC that exists."""
    try:
        return _MADE.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _made(fields: Fields) -> str:
    expected = "a moment in UTC such as 2026-11-25T04:20:00Z"
    text = _words(fields, "made", expected)
    if not _moment(text):
        raise IpsecError(fields.at("made"), text, expected, "Write the moment of the proof in that form.")
    return text


def _until(fields: Fields) -> str:
    text = fields.text("until", "")
    try:
        if text and not (_DAY.fullmatch(text) and date.fromisoformat(text)):
            raise ValueError(text)
    except ValueError:
        expected = "a day such as 2026-12-31"
        raise IpsecError(fields.at("until"), text, expected, "Leave it out for a waiver without end.") from None
    return text


def _host(data: object, path: str) -> Host:
    known = ("name", "role", "addresses", "product", "version", "services", "assigned", "effective", "why_not")
    more = ("domain_policy", "exemption_level", "config", "drift", "associations")
    fields = Fields(data, path, known + more)
    return Host(
        name=_words(fields, "name", "the name of the host"),
        role=_choice(fields, "role", Role),
        addresses=_addresses(fields),
        product=fields.text("product", ""),
        version=fields.text("version", ""),
        services=_services(fields),
        assigned=fields.text("assigned", ""),
        effective=fields.flag("effective", False),
        why_not=fields.text("why_not", ""),
        domain_policy=fields.text("domain_policy", ""),
        exemption_level=_number(fields, "exemption_level", 0, 3, "the exemption level"),
        config=read_document(fields.mapping("config"), fields.at("config")) if fields.given("config") else None,
        drift=_texts(fields, "drift"),
        associations=_associations(fields.mapping("associations"), fields.at("associations")),
    )


def _addresses(fields: Fields) -> tuple[str, ...]:
    where, remedy = fields.at("addresses"), "Write an address of the host."
    return tuple(
        str(parse_one_address(text, f"{where}[{index}]", "an IPv4 or IPv6 address", remedy))
        for index, text in enumerate(_texts(fields, "addresses"))
    )


def _by_name(fields: Fields, key: str) -> dict[str, object]:
    """Return a mapping whose keys are free, in the order of its names."""
    data = freely_named(fields.mapping(key), fields.at(key), "a mapping of names", "Write the names as key: value.")
    return dict(sorted(data.items()))


def _services(fields: Fields) -> dict[str, Service]:
    found = {}
    for name, data in _by_name(fields, "services").items():
        service = Fields(data, f"{fields.at('services')}.{name}", ("running", "automatic"))
        found[name] = Service(service.flag("running", False), service.flag("automatic", False))
    return found


def _associations(data: object, path: str) -> Associations:
    fields = Fields(data, path, ("known", "reason", "source", "main_mode", "quick_mode", "counters", "clock"))
    counters = _by_name(fields, "counters")
    numbers = Fields(counters, fields.at("counters"), tuple(counters))
    return Associations(
        known=fields.flag("known", False),
        reason=fields.text("reason", ""),
        source=fields.choice("source", Source, Source.NONE),
        main_mode=_each(fields, "main_mode", _main_mode),
        quick_mode=_each(fields, "quick_mode", _quick_mode),
        counters={name: _number(numbers, name, 0, _HIGHEST_COUNT, name) for name in counters},
        clock=_clock(fields.mapping("clock"), fields.at("clock")),
    )


def _clock(data: object, path: str) -> Clock:
    fields = Fields(data, path, ("utc", "skew_seconds"))
    utc = _optional(fields, "utc")
    if utc is not None and not _moment(utc):
        expected = "a moment in UTC such as 2026-11-25T04:20:00Z"
        raise IpsecError(fields.at("utc"), utc, expected, "Leave it out when the host does not tell.")
    return Clock(utc, _number(fields, "skew_seconds", -_MOST_SECONDS, _MOST_SECONDS, "seconds"))


def _main_mode(data: object, path: str) -> MainMode:
    fields = Fields(data, path, ("local", "peer", "encryption", "integrity", "dh_group", "key_module"))
    return MainMode(
        local=_words(fields, "local", "the address of the host"),
        peer=_words(fields, "peer", "the address of the peer"),
        encryption=_optional(fields, "encryption"),
        integrity=_optional(fields, "integrity"),
        dh_group=_number(fields, "dh_group", 0, _HIGHEST_PORT, "the group"),
        key_module=_optional(fields, "key_module"),
    )


def _quick_mode(data: object, path: str) -> QuickMode:
    known = ("local", "peer", "protocol", "local_port", "peer_port")
    fields = Fields(data, path, (*known, "ah_integrity", "esp_encryption", "esp_integrity", "pfs"))
    return QuickMode(
        local=_words(fields, "local", "the address of the host"),
        peer=_words(fields, "peer", "the address of the peer"),
        protocol=_optional(fields, "protocol"),
        local_port=_number(fields, "local_port", 0, _HIGHEST_PORT, "the port"),
        peer_port=_number(fields, "peer_port", 0, _HIGHEST_PORT, "the port"),
        ah_integrity=_optional(fields, "ah_integrity"),
        esp_encryption=_optional(fields, "esp_encryption"),
        esp_integrity=_optional(fields, "esp_integrity"),
        pfs=fields.flag("pfs", False) if fields.given("pfs") else None,
    )


def _firewall(data: object, path: str) -> Firewall:
    fields = Fields(data, path, ("name", "between", "openings"))
    return Firewall(
        _words(fields, "name", "the name of the firewall"), _texts(fields, "between"), _texts(fields, "openings")
    )


def _flow(data: object, path: str) -> Flow:
    known = ("source", "destination", "protocol", "port", "expected", "outcome")
    fields = Fields(data, path, (*known, "algorithms", "sentence", "rules", "proven"))
    rules = Fields(fields.mapping("rules"), fields.at("rules"), ("source", "destination"))
    return Flow(
        source=_words(fields, "source", "the name of a host or network"),
        destination=_words(fields, "destination", "the name of a host or network"),
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
    fields = Fields(data, path, ("id", "subject", "title", "outcome", "evidence", "causes"))
    return Check(
        id=_words(fields, "id", "the name of the check"),
        subject=fields.text("subject", ""),
        title=_words(fields, "title", "what was to be proven"),
        outcome=_choice(fields, "outcome", Outcome),
        evidence=fields.text("evidence", ""),
        causes=_each(fields, "causes", _cause),
    )


def _cause(data: object, path: str) -> Cause:
    fields = Fields(data, path, ("kind", "subject", "cause", "evidence", "remedy"))
    cause = _words(fields, "cause", "a possible cause")
    others = (fields.text(name, "") for name in ("evidence", "remedy", "kind", "subject"))
    return Cause(cause, *others)


def _finding(data: object, path: str) -> Finding:
    fields = Fields(data, path, ("id", "severity", "host", "path", "text", "reference", "waiver"))
    return Finding(
        id=_words(fields, "id", "the name of the finding"),
        severity=_choice(fields, "severity", Severity),
        host=fields.text("host", ""),
        path=fields.text("path", ""),
        text=_words(fields, "text", "what was found"),
        reference=fields.text("reference", ""),
        waiver=_waiver(fields.mapping("waiver"), fields.at("waiver")) if fields.given("waiver") else None,
    )


def _waiver(data: object, path: str) -> Waiver:
    fields = Fields(data, path, ("reason", "until"))
    return Waiver(_words(fields, "reason", "why the finding is accepted"), _until(fields))
