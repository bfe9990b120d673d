# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings for all rules of a host as options, and as netsh is told them, one in a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .definitions import MainMode
from .kinds import Kind
from .model import Settings
from .proofs import METHODS, read_proofs
from .proofs import OPTIONS as PROOF_OPTIONS
from .suites import (
    MAIN_MODE_OPTIONS,
    MAIN_OPTIONS,
    QUICK_MODE_OPTIONS,
    QUICK_OPTIONS,
    SHOWN,
    read_main_mode,
    read_quick_mode,
    told_main_suites,
)
from .values import read_word
from .words import EXEMPTIONS, THROUGH_NAT

_DEFAULTS = (Kind.FIRST, Kind.SECOND, Kind.MAIN_MODE, Kind.QUICK_MODE, Kind.SETTINGS)
# netsh has no words for these; a document of a host shows them.
_FLAGS = ("key_in_utf8", "match_per_key_module")
_TEXTS = ("tunnel_computers", "tunnel_users", "transport_computers", "transport_users")
SHOWN_SETTINGS = (*_FLAGS, "packet_queue", *_TEXTS)
_LEAST_SECONDS, _MOST_SECONDS, _MINUTE = 300, 3600, 60
# netsh has no word for this bit.
_UNTOLD = "routerdiscovery"
_NONE = "none"
_SUITES = {**dict.fromkeys(METHODS, PROOF_OPTIONS), Kind.QUICK_MODE: QUICK_OPTIONS, Kind.MAIN_MODE: MAIN_OPTIONS}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: how its option is read, and the words of netsh for a value."""

    name: str
    read: Callable[[Fields, str], Any]
    tell: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class GivenDefaults:
    """What a document says of the defaults: options of main mode, settings, and what it shows of a host besides."""

    main_mode: MainMode | None = None
    main_mode_options: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, object] = field(default_factory=dict)
    sets: Mapping[Kind, object] = field(default_factory=dict)


def _idle(fields: Fields, key: str) -> int:
    seconds = fields.number(key, _LEAST_SECONDS, _LEAST_SECONDS, _MOST_SECONDS, "seconds")
    if seconds % _MINUTE:
        raise fields.error(
            key, seconds, "whole minutes in seconds", f"Give {seconds // _MINUTE * _MINUTE}, for example."
        )
    return seconds


def _exemptions(fields: Fields, key: str) -> tuple[str, ...]:
    elements = [text.strip().lower() for text in fields.texts(key)]
    if _NONE in elements:
        if len(elements) > 1:
            raise fields.error(key, elements, "none alone", "Leave the others out.")
        return ()
    for path, text in fields.elements(key):
        if text.strip().lower() not in EXEMPTIONS.values():
            raise IpsecError(
                path, text, f"some of {', '.join(EXEMPTIONS.values())}, or none", "Choose among these words."
            )
    return tuple(word for word in EXEMPTIONS.values() if word in elements)


SETTINGS = (
    Setting("idle_seconds", _idle, lambda value: f"saidletimemin {value // _MINUTE}"),
    Setting(
        "crl_check",
        lambda fields, key: fields.number(key, 0, 0, 2, "kinds of check"),
        lambda value: f"strongcrlcheck {value}",
    ),
    Setting("exemptions", _exemptions, lambda value: f"defaultexemptions {','.join(value) or _NONE}"),
    Setting(
        "through_nat",
        lambda fields, key: read_word(fields, key, THROUGH_NAT),
        lambda value: f"ipsecthroughnat {value}",
    ),
)


def read_defaults(outer: Fields, key: str) -> GivenDefaults:
    """Return what a document says of the defaults."""
    fields = Fields(outer.mapping(key), outer.at(key), tuple(kind.value for kind in _DEFAULTS))
    path = fields.at(Kind.SETTINGS.value)
    settings = Fields(fields.mapping(Kind.SETTINGS.value), path, (*(each.name for each in SETTINGS), *SHOWN_SETTINGS))
    main_mode, options = None, frozenset[str]()
    if fields.given(Kind.MAIN_MODE.value):
        data = fields.mapping(Kind.MAIN_MODE.value)
        main_mode = read_main_mode(data, fields.at(Kind.MAIN_MODE.value), partly=True)
        given = data if isinstance(data, Mapping) else {}
        options = frozenset(name for name in MAIN_MODE_OPTIONS if given.get(name) is not None)
    return GivenDefaults(
        main_mode=main_mode,
        main_mode_options=options,
        settings={each.name: each.read(settings, each.name) for each in SETTINGS if settings.given(each.name)},
        shown={name: _shown(settings, name) for name in SHOWN_SETTINGS if settings.given(name)},
        sets=dict(_sets(fields)),
    )


def _shown(settings: Fields, name: str) -> object:
    if name in _FLAGS:
        return settings.flag(name, False)
    return settings.text(name, "") if name in _TEXTS else settings.number(name, 0, 0, 3, "bits")


def _sets(fields: Fields) -> Iterator[tuple[Kind, object]]:
    for kind in (Kind.FIRST, Kind.SECOND, Kind.QUICK_MODE):
        if fields.given(kind.value):
            data = fields.mapping(kind.value)
            if not isinstance(data, Mapping):
                raise IpsecError(fields.at(kind.value), hidden(data), "a mapping with suites", "Write suites.")
            check_set(kind, data, fields.at(kind.value))
            yield kind, data


def check_set(kind: Kind, data: Mapping[str, object], path: str) -> None:
    """Refuse a set that nobody could read. What is in one of a host, by its identifier, is looked at when needed."""
    options = {Kind.QUICK_MODE: QUICK_MODE_OPTIONS, Kind.MAIN_MODE: MAIN_MODE_OPTIONS}.get(kind, ("suites",))
    fields = Fields(data, path, (*options, *SHOWN), hide=kind in METHODS)
    for name in SHOWN:
        fields.text(name, "")
    items = list(fields.items("suites"))
    for where, item in items:
        Fields(item, where, _SUITES[kind], hide=kind in METHODS)
    if fields.given("id") or says_nothing(data):
        return
    if kind in METHODS:
        read_proofs(items, kind, fields.at("suites"))
    elif kind is Kind.QUICK_MODE:
        read_quick_mode(data, path)
    else:
        read_main_mode(data, path)


def says_nothing(data: object) -> bool:
    """Tell whether all options of a set are None, those of its suites too."""
    if not isinstance(data, Mapping):
        return False
    suites = data.get("suites")
    items = suites if isinstance(suites, (list, tuple)) else [{"suites": suites}]
    return all(value is None for name, value in data.items() if name != "suites") and all(
        isinstance(item, Mapping) and all(value is None for value in item.values()) for item in items
    )


def untold_exemption(value: tuple[str, ...], path: str) -> IpsecError | None:
    """Return why netsh cannot be told exemptions, None where it can."""
    if _UNTOLD not in value:
        return None
    expected = f"no {_UNTOLD}, for which netsh has no word"
    return IpsecError(path, _UNTOLD, expected, "Leave it out, or set it with group policy.")


def told_main_mode(name: str, value: MainMode) -> str:
    """Return the words of netsh for an option of the main mode of all rules."""
    if name == "suites":
        return f"mmsecmethods {told_main_suites(value.suites)}"
    if name == "force_diffie_hellman":
        return f"mmforcedh {'yes' if value.force_diffie_hellman else 'no'}"
    return f"mmkeylifetime {value.lifetime_minutes}min,{value.sessions}sess"


def changed_settings(have: Settings, given: GivenDefaults) -> Iterator[tuple[Setting, Any]]:
    """Yield the settings that differ, with what they shall be."""
    for each in SETTINGS:
        if each.name in given.settings and given.settings[each.name] != getattr(have, each.name):
            yield each, given.settings[each.name]


def refuse_shown(have: Settings, given: GivenDefaults, path: str) -> None:
    """Refuse settings that the host has not so and that netsh has no words for."""
    for name, value in given.shown.items():
        if value != getattr(have, name):
            remedy = "Set it with PowerShell or group policy, or leave it out."
            raise IpsecError(
                f"{path}.{name}", hidden(value), "what the host has, since netsh has no words for it", remedy
            )
