# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read as plain data. A pre-shared key is no part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from .doubts import Doubt
from .kinds import Kind
from .model import Store, SuiteSet

Data = dict[str, Any]
_SETS = (Kind.FIRST, Kind.SECOND, Kind.MAIN_MODE, Kind.QUICK_MODE)
_INSIDE = ("doubts", "key", "kind", "primary", "stored", "text")
# What only sets of one kind have.
_OF_KIND = {
    "perfect_forward_secrecy": (Kind.QUICK_MODE,),
    **dict.fromkeys(("force_diffie_hellman", "lifetime_minutes", "sessions"), (Kind.MAIN_MODE,)),
}


def write_document(store: Store) -> Data:
    """Return the document of a store. ``defaults`` holds the sets for rules that name none, null for Windows' own."""
    return {
        "rules": [_plain(each) for each in store.rules],
        "main_mode_rules": [_plain(each) for each in store.main_mode_rules],
        "sets": {kind.value: [_set(each) for each in store.of_kind(kind) if not each.primary] for kind in _SETS},
        "defaults": {
            **{kind.value: next((_set(each) for each in store.of_kind(kind) if each.primary), None) for kind in _SETS},
            "settings": _plain(store.settings),
        },
    }


def unmanaged(store: Store, name: str) -> Iterator[Data]:
    """Yield what cannot be told or changed as it is, with the reasons; ``name`` is that of the store."""
    for rule in store.rules:
        if rule.doubts:
            yield _entry(name, Kind.RULE, rule.id, rule.name or "", rule.doubts)
    for main in store.main_mode_rules:
        if main.doubts:
            yield _entry(name, Kind.MAIN_MODE_RULE, main.id, main.name or "", main.doubts)
    for each in store.sets:
        if each.doubts:
            yield _entry(name, each.kind, each.id, each.name or "", each.doubts)
    if store.settings.doubts:
        yield _entry(name, Kind.SETTINGS, "", "", store.settings.doubts)
    for item in store.opaque:
        yield _entry(name, item.kind, item.id, "", [Doubt("", item.reason)])


def _entry(store: str, kind: Kind, identity: str, name: str, doubts: Iterable[Doubt]) -> Data:
    doubts = tuple(doubts)
    return {
        "store": store,
        "kind": kind.value,
        "id": identity,
        "name": name,
        "known": all(each.known for each in doubts),
        "reasons": [{"option": each.option, "reason": each.reason, "known": each.known} for each in doubts],
    }


def _set(item: SuiteSet) -> Data:
    return {name: value for name, value in _plain(item).items() if item.kind in _OF_KIND.get(name, _SETS)}


def _plain(item: Any) -> Any:
    if is_dataclass(item):
        return {each.name: _plain(getattr(item, each.name)) for each in fields(item) if each.name not in _INSIDE}
    return [_plain(each) for each in item] if isinstance(item, tuple) else item
