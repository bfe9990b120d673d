# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection security of a host from documents: what is in force of both stores, or may be.

A document is one that a person writes, or what ``connection_security_info`` returns: the documents of both stores, what
is odd about them, services, and profiles with their locks. Rules of a group policy stand beside those of the host; of
two with one identifier that of the group policy counts, and so do its sets for rules that name none.

[ledger: cs-firewall-off, cs-local-merge, cs-one-id-two-stores, cs-primary-of-policy, cs-primary-builtin]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .._common.mappings import mapping
from .._consec.kinds import Kind
from .._consec.options import NamedSets
from .._consec.schema import Schema, schema_of
from .._consec.settings_options import SETTINGS, SHOWN_SETTINGS
from .._windows.versions import WindowsVersion, parse_version
from .connection_model import ConnectionRule, Connections, MainModeRule, Where
from .connection_rules import (
    SETS,
    Reasons,
    Source,
    read_main_mode_rule,
    read_rule,
    usual_exchanges,
    without_skipped,
)

DOCUMENT_OPTIONS = ("rules", "main_mode_rules", "sets", "defaults")
_RESULT = ("config", "group_policy", "host", "unmanaged")
PROFILES = ("domain", "private", "public")
_MAIN_MODE_RULES, _DHCP_EXEMPT, _IKE_V2 = (2, 8), (2, 10), (2, 33)
_NEEDED = ("MpsSvc", "BFE")
_KEYING = "IKEEXT"
Data: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """Services of a host, its profiles, and which of these is active, empty for not known."""

    services: Mapping[str, bool] = field(default_factory=dict)
    on: Mapping[str, bool] = field(default_factory=dict)
    local_rules_count: Mapping[str, bool] = field(default_factory=dict)
    active: str = ""

    @property
    def works(self) -> bool:
        """Whether rules can be in force at all."""
        return all(self.services.get(name, True) for name in _NEEDED)

    @property
    def keying(self) -> bool:
        """Whether the service runs that negotiates."""
        return self.services.get(_KEYING, True)

    def applies(self, profiles: Sequence[str], *, from_group_policy: bool) -> bool | None:
        """Tell whether a rule for some profiles, none for all, is in force; None where the active one decides that."""
        found = {
            self.on.get(name, True)
            and (not profiles or name in profiles)
            and (from_group_policy or self.local_rules_count.get(name, True))
            for name in ([self.active] if self.active else PROFILES)
        }
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Given:
    """What documents say: connection security as far as it may be in force, and whether negotiation runs."""

    connections: Connections
    keying: bool = True


def read_connections(data: object, path: str, version: WindowsVersion, active: str) -> Given | None:
    """Return what a document or a result says, None for nothing; IpsecError with the path for what cannot be read."""
    if not isinstance(data, Mapping):
        remedy = "Give a document of connection_security, or the result of connection_security_info."
        raise IpsecError(path, hidden(data), "a mapping", remedy)
    if not data:
        return None
    if not any(name in data for name in _RESULT):
        return _both({"config": data}, path, version, active, config="")
    return _both(data, path, version, active, config=".config")


def _both(result: Data, path: str, version: WindowsVersion, active: str, *, config: str) -> Given:
    host = mapping(result.get("host"))
    if host.get("version"):
        version = parse_version(str(host["version"]), f"{path}.host.version")
    schema = schema_of(version)
    state = _state(host, active)
    places = (("group_policy", f"{path}.group_policy"), ("config", f"{path}{config}"))
    documents = [(name, _document(result.get(name), where)) for name, where in places]
    reasons = _reasons(result.get("unmanaged"))
    if schema is None:
        _refuse_old(documents, path, version)
        return Given(Connections(), state.keying)
    settings = _settings([found for _name, found in documents])
    sources = _sources(documents, reasons)
    usual = usual_exchanges(sources[0])
    rules: list[ConnectionRule] = []
    mains: list[MainModeRule] = []
    seen: set[tuple[str, str]] = set()
    for (_name, fields), source in zip(documents, sources, strict=True):
        for kind in (Kind.RULE, Kind.MAIN_MODE_RULE):
            for where, item in fields.items(kind.value):
                key = (kind.value, str(mapping(item).get("id") or where).casefold())
                if key in seen:
                    continue
                seen.add(key)
                if kind is Kind.RULE:
                    rules += _in_force(read_rule(item, where, source), state, source)
                elif schema >= _MAIN_MODE_RULES:
                    mains += _in_force(read_main_mode_rule(item, where, source, usual), state, source)
    rules += _unread(reasons, seen)
    exemptions = _setting(settings, "exemptions")
    connections = Connections(
        rules=tuple(rules) if state.works else (),
        main_modes=tuple(mains),
        exchanges=usual,
        exemptions=frozenset(_by_default(schema) if exemptions is None else exemptions),
        uses_part_of_sets=_flag(_setting(settings, "match_per_key_module")),
        lists=bool(_setting(settings, "transport_computers") or _setting(settings, "transport_users")),
        ikev2_by_default=schema >= _IKE_V2,
    )
    return Given(connections, state.keying)


def _by_default(schema: Schema) -> tuple[str, ...]:
    return ("neighbordiscovery", "dhcp") if schema >= _DHCP_EXEMPT else ("neighbordiscovery",)


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)


def _refuse_old(documents: Sequence[tuple[str, Fields]], path: str, version: WindowsVersion) -> None:
    if any(fields.given(Kind.RULE.value) and list(fields.items(Kind.RULE.value)) for _name, fields in documents):
        expected = "no rules for a Windows before Vista, which has no connection security"
        raise IpsecError(path, version.name, expected, "Give config, the document of its policy store.")


def _document(data: object, path: str) -> Fields:
    return Fields(data if data is not None else {}, path, DOCUMENT_OPTIONS)


def _state(host: Data, active: str) -> State:
    services = {
        str(name): mapping(each).get("running") is not False for name, each in mapping(host.get("services")).items()
    }
    profiles = {str(name): mapping(each) for name, each in mapping(host.get("profiles")).items()}
    return State(
        services=services,
        on={name: each.get("on") is not False for name, each in profiles.items()},
        local_rules_count={name: each.get("local_rules_count") is not False for name, each in profiles.items()},
        active=active,
    )


def _reasons(data: object) -> dict[tuple[str, str, str], Reasons]:
    """Return what a host says that is odd, by store, kind and folded identifier."""
    found: dict[tuple[str, str, str], Reasons] = {}
    for entry in data if isinstance(data, (list, tuple)) else ():
        item = mapping(entry)
        listed = item.get("reasons")
        reasons = tuple(
            (str(each.get("option", "")), str(each.get("reason", "")), each.get("known") is True)
            for each in map(mapping, listed if isinstance(listed, (list, tuple)) else ())
        )
        key = (str(item.get("store", "")), str(item.get("kind", "")), str(item.get("id", "")).casefold())
        found[key] = Reasons((*found.get(key, Reasons()).found, *reasons))
    return found


def _sources(
    documents: Sequence[tuple[str, Fields]], reasons: Mapping[tuple[str, str, str], Reasons]
) -> tuple[Source, ...]:
    """Return what rules of the stores are read with. Sets for rules that name none are those of the group policy."""
    found = []
    defaults: dict[Kind, tuple[str, object]] = {}
    for name, fields in documents:
        store = "group_policy" if name == "group_policy" else "local"
        mine = {(kind, identity): each for (where, kind, identity), each in reasons.items() if where == store}
        given = Fields(fields.mapping("defaults"), fields.at("defaults"), (*(kind.value for kind in SETS), "settings"))
        for kind in SETS:
            data = given.mapping(kind.value)
            if kind not in defaults and given.given(kind.value):
                defaults[kind] = (given.at(kind.value), _kept(kind, data, mine))
        found.append((store, mine, _named(fields, mine)))
    return tuple(
        Source(sets=sets, defaults=defaults, reasons=mine, from_group_policy=store == "group_policy")
        for store, mine, sets in found
    )


def _kept(kind: Kind, data: object, reasons: Mapping[tuple[str, str], Reasons]) -> object:
    key = (kind.value, str(mapping(data).get("id", "")).casefold())
    return without_skipped(data, reasons.get(key, Reasons()))


def _named(outer: Fields, reasons: Mapping[tuple[str, str], Reasons]) -> NamedSets:
    found: dict[tuple[Kind, str], tuple[str, Mapping[str, object]]] = {}
    fields = Fields(outer.mapping("sets"), outer.at("sets"), tuple(kind.value for kind in SETS))
    for kind in SETS:
        for path, item in fields.items(kind.value):
            kept = _kept(kind, item, reasons)
            if not isinstance(kept, Mapping):
                raise IpsecError(path, hidden(item), "a mapping with name and suites", "Write name and suites.")
            for key in ("name", "id"):  # an identifier counts before a name of another set
                if kept.get(key):
                    found[kind, str(kept[key]).strip().casefold()] = (path, kept)
    return NamedSets(found)


def _settings(documents: Iterable[Fields]) -> list[Fields]:
    known = (*(each.name for each in SETTINGS), *SHOWN_SETTINGS)
    found = []
    for fields in documents:
        defaults = mapping(fields.mapping("defaults"))
        found.append(Fields(defaults.get("settings") or {}, f"{fields.at('defaults')}.settings", known))
    return found


def _setting(settings: Iterable[Fields], name: str) -> Any:
    """Return a setting, that of the group policy before that of the host; None where it is not set."""
    reader = next((each.read for each in SETTINGS if each.name == name), None)
    for fields in settings:
        if fields.given(name):
            return reader(fields, name) if reader is not None else fields.mapping(name)
    return None


def _in_force(found: Any, state: State, source: Source) -> Iterator[Any]:
    """Yield a rule unless it is surely not in force."""
    if found is None:
        return
    rule, profiles = found
    applies = state.applies(profiles, from_group_policy=source.from_group_policy)
    if applies is False:
        return
    if applies is None and not rule.doubt:
        doubt = f"rule {rule.name!a} is not in force in every profile, and which one is active is not known"
        rule = replace(rule, doubt=doubt)
    yield rule


def _unread(reasons: Mapping[tuple[str, str, str], Reasons], seen: set[tuple[str, str]]) -> Iterator[ConnectionRule]:
    """Yield a rule about everything for each one of a host that could not be read at all."""
    for (_store, kind, identity), each in reasons.items():
        if kind in (Kind.RULE.value, Kind.MAIN_MODE_RULE.value) and (kind, identity) not in seen and each.unknown():
            doubt = f"rule {identity!a} of the host could not be read: {each.unknown()}"
            yield ConnectionRule(name="", where=Where(), doubt=doubt)
