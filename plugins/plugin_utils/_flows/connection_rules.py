# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One rule of a document of connection security, with its sets, in the form of :mod:`.connection_model`.

Rules that a host shows are read as far as they can be: what is in doubt makes them rules of which nobody knows what
they do. Rules that a person writes are refused where they cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._common.errors import IpsecError
from .._common.fields import Fields
from .._consec.definitions import MainMode, Proofs, QuickMode
from .._consec.kinds import DEFAULT, Kind
from .._consec.model import QuickModeSuite
from .._consec.options import OPTIONS, SHOWN, NamedSets
from .._consec.suites import NO_ENCAPSULATION, read_main_mode
from .._consec.words import EXEMPT, KEY
from .connection_model import (
    ConnectionRule,
    Exchange,
    KeyModule,
    MainModeRule,
    Offer,
    Proof,
    Protection,
    Treatment,
    Where,
)

SETS = (Kind.FIRST, Kind.SECOND, Kind.MAIN_MODE, Kind.QUICK_MODE)
# What Windows has built in, from MS-FASP 2.2.65 and 2.2.74: integrity without encryption first.
BUILT_IN_FIRST = (Proof("computerkerb"),)
BUILT_IN_EXCHANGES = tuple(Exchange("dhgroup2", cipher, "sha1") for cipher in ("aes128", "3des"))
BUILT_IN_QUICK = (
    *(Protection("none", cipher, "sha1") for cipher in ("none", "aes128", "3des")),
    Protection("sha1", "none", "none"),
)
_MODULES = {"ikev1": KeyModule.IKE_V1, "authip": KeyModule.AUTH_IP, "ikev2": KeyModule.IKE_V2}
_SELECTORS = ("endpoint1", "endpoint2", "protocol", "port1", "port2")
_SKIPPED = re.compile(r"suites\[(\d+)\]", re.ASCII)
_NO_SET = ("none", "")


@dataclass(frozen=True, slots=True)
class Reasons:
    """What a host says that is odd about one object: option, reason, and whether it is known what it does."""

    found: tuple[tuple[str, str, bool], ...] = ()

    def unknown(self) -> str:
        """Return the first reason for which it is not known what the object does, empty for none."""
        return next((reason for _option, reason, known in self.found if not known), "")

    def known(self, *options: str) -> str:
        """Return the first reason about one of some options with which it is known what the object does."""
        return next((reason for option, reason, known in self.found if known and option in options), "")


@dataclass(frozen=True, slots=True)
class Source:
    """A document to read rules from: its sets, those of rules that name none, and the reasons of the host for doubt.

    ``defaults`` has data with its path, without the sets that nothing is said of.
    """

    sets: NamedSets = field(default_factory=NamedSets)
    defaults: Mapping[Kind, tuple[str, object]] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str], Reasons] = field(default_factory=dict)
    from_group_policy: bool = False

    def of(self, kind: Kind, data: Mapping[str, object]) -> Reasons:
        """Return the reasons about an object."""
        return self.reasons.get((kind.value, str(data.get("id", "")).casefold()), Reasons())


class _Reader:
    """The options of one rule, and the first doubt about them."""

    def __init__(self, kind: Kind, data: object, path: str, source: Source) -> None:
        known = ("name", *(each.name for each in OPTIONS[kind]), *SHOWN[kind])
        self.fields = Fields(data, path, known)
        self.source = source
        self.data: Mapping[str, object] = data if isinstance(data, Mapping) else {}
        self.shown = bool(self.data.get("id"))
        self.reasons = source.of(kind, self.data)
        self.name = str(self.data.get("name") or "")
        self.doubt = self.reasons.unknown()
        self._options = {each.name: each for each in OPTIONS[kind]}

    def value(self, name: str, default: Any) -> Any:
        """Return an option, the default where it is not given or where a host's cannot be read."""
        if self.shown and name in self.data and self.data[name] is None:
            self.add(f"its {name} is not known")
            return default
        if not self.fields.given(name):
            return default
        return self._read(name, self.fields, default)

    def _read(self, name: str, fields: Fields, default: Any) -> Any:
        try:
            return self._options[name].read(fields, name, self.source.sets)
        except IpsecError as error:
            if not self.shown:
                raise
            self.add(f"its {name} is {error.value!a} instead of {error.expected}")
            return default

    def set_of(self, kind: Kind, built_in: Any) -> Any:
        """Return what a set holds: the rule's own, that of rules which name none, or what Windows has built in."""
        raw = self.data.get(kind.value)
        if isinstance(raw, str) and raw.strip().casefold() in _NO_SET:
            return ()
        if self.fields.given(kind.value) and not (isinstance(raw, str) and raw.strip().casefold() == DEFAULT):
            return self.value(kind.value, built_in)
        found = self.source.defaults.get(kind)
        if found is None:
            return built_in
        path, data = found
        outer = path.rpartition(".")[0]
        return self._read(kind.value, Fields({kind.value: data}, outer, (kind.value,)), built_in)

    def add(self, reason: str) -> None:
        self.doubt = self.doubt or reason

    def told(self) -> str:
        """Return the doubt with the name of the rule."""
        name = f"rule {self.name!a}" if self.name else "a rule without a name"
        return f"{name}: {self.doubt}" if self.doubt else ""

    @property
    def enabled(self) -> bool:
        """Whether the rule is enabled, or may be. One that this Windows skips is not."""
        if self.reasons.known("enabled"):
            return False
        return bool(self.value("enabled", True))

    def where(self) -> Where:
        """Return the conditions; all packets where a condition is not known."""
        found = {name: self.value(name, None) for name in _SELECTORS if name in self._options}
        return Where(**{name: value for name, value in found.items() if value is not None})


def read_rule(data: object, path: str, source: Source) -> tuple[ConnectionRule, tuple[str, ...]] | None:
    """Return a rule with its profiles, None for one that is surely not in force."""
    reader = _Reader(Kind.RULE, data, path, source)
    if not reader.enabled or not _on_lan(reader):
        return None
    reader.fields.require("action", f"one of {', '.join(Treatment)}")
    action = reader.value("action", EXEMPT)
    if reader.value("mode", "transport") != "transport":
        reader.add("it is a tunnel, and tunnels are not judged here")
    elif action not in tuple(Treatment):
        reader.add(f"what {action} does is not judged here")
    if reader.data.get("interfaces"):
        reader.add("it is for an interface by its identifier, and which packets use that is not known")
    if reason := reader.reasons.known("mode", "remote_tunnel_endpoint"):
        reader.add(reason)
    modules = _modules(reader)
    profiles = reader.value("profiles", ())
    where = reader.where()
    offer = Offer() if action == EXEMPT else _offer(reader, modules)
    if any(one.method == KEY for one in offer.first) and offer.second:
        return None  # Windows stores such a rule and does not enforce it (MS-FASP 2.2.55).
    treatment = Treatment(action) if action in tuple(Treatment) else Treatment.EXEMPT
    rule = ConnectionRule(
        name=reader.name,
        where=where,
        treatment=treatment,
        offer=offer,
        doubt=reader.told(),
        from_group_policy=source.from_group_policy,
    )
    return rule, profiles


def _on_lan(reader: _Reader) -> bool:
    """Tell whether a rule may be for a LAN, on which all hosts are taken to be."""
    types = [text.strip().lower() for text in reader.fields.texts("interface_types")]
    return not types or "lan" in types or "any" in types


def _modules(reader: _Reader) -> tuple[KeyModule, ...]:
    words = [text.strip().lower() for text in reader.fields.texts("key_modules")]
    said = [reason for option, reason, known in reader.reasons.found if known and option == "key_modules"]
    if len(said) > (1 if set(words) - {DEFAULT} else 0):
        reader.add("it has a key manager, and what that decides is not known")
    return tuple(_MODULES[word] for word in words if word in _MODULES)


def _offer(reader: _Reader, modules: tuple[KeyModule, ...]) -> Offer:
    first = reader.set_of(Kind.FIRST, None)
    second = reader.set_of(Kind.SECOND, ())
    quick = reader.set_of(Kind.QUICK_MODE, None)
    return Offer(
        first=BUILT_IN_FIRST if first is None else proofs(first),
        second=proofs(second or ()),
        protections=BUILT_IN_QUICK if not isinstance(quick, QuickMode) else tuple(map(_protection, quick.suites)),
        fresh_keys=quick.perfect_forward_secrecy if isinstance(quick, QuickMode) else "none",
        modules=modules,
    )


def read_main_mode_rule(
    data: object, path: str, source: Source, usual: Sequence[Exchange]
) -> tuple[MainModeRule, tuple[str, ...]] | None:
    """Return a main-mode rule with its profiles, None for one that is surely not in force."""
    reader = _Reader(Kind.MAIN_MODE_RULE, data, path, source)
    if not reader.enabled:
        return None
    profiles = reader.value("profiles", ())
    where = reader.where()
    first = reader.set_of(Kind.FIRST, BUILT_IN_FIRST) if reader.data.get(Kind.FIRST.value) else ()
    main = reader.value(Kind.MAIN_MODE.value, None)
    exchanges = exchanges_of(main) if isinstance(main, MainMode) else tuple(usual)
    chosen = proofs(first) or None
    return MainModeRule(name=reader.name, where=where, exchanges=exchanges, first=chosen, doubt=reader.told()), profiles


def usual_exchanges(source: Source) -> tuple[Exchange, ...]:
    """Return the suites of main mode where no rule for it applies."""
    found = source.defaults.get(Kind.MAIN_MODE)
    if found is None:
        return BUILT_IN_EXCHANGES
    path, data = found
    return exchanges_of(read_main_mode(data, path, partly=True)) or BUILT_IN_EXCHANGES


def exchanges_of(found: MainMode) -> tuple[Exchange, ...]:
    """Return the suites of main mode."""
    return tuple(Exchange(one.key_exchange or "", one.encryption or "", one.integrity or "") for one in found.suites)


def proofs(found: Proofs | Sequence[Proof]) -> tuple[Proof, ...]:
    """Return the ways to prove it. Certificates of another signature are other ones."""
    return tuple(one if isinstance(one, Proof) else _proof(one) for one in found)


def _proof(one: Any) -> Proof:
    signature = "" if one.signature in (None, "rsa") else f" ({one.signature})"
    authority = f"{one.authority}{signature}" if one.authority else ""
    return Proof(one.method, authority, one.key, bool(one.criteria or one.health))


def _protection(one: QuickModeSuite) -> Protection:
    parts = (one.ah_integrity, one.esp_encryption, one.esp_integrity)
    ah, cipher, esp = (part or "none" for part in parts)
    return Protection(ah, cipher, esp, one.protocol == NO_ENCAPSULATION)


def without_skipped(data: object, reasons: Reasons) -> object:
    """Return a set without the suites that this Windows skips."""
    skipped = {
        int(match[1]) for option, _reason, known in reasons.found if known and (match := _SKIPPED.fullmatch(option))
    }
    if not skipped or not isinstance(data, Mapping) or not isinstance(data.get("suites"), (list, tuple)):
        return data
    return {**data, "suites": [suite for index, suite in enumerate(data["suites"]) if index not in skipped]}
