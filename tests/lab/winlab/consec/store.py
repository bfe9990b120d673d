# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where connection security rules and their sets lie, locally and as a group policy leaves them.

[ledger: cs-keys-local, cs-set-keys-spelling]
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import TypeVar

from ..firewall.guarded import Guarded
from ..firewall.store import POLICY
from ..registry import Kind, Value
from . import authentication, crypto, mainmode, rule, sets
from .authentication import Suite
from .crypto import MainSet, QuickSet
from .mainmode import MainModeRule
from .rule import Rule
from .sets import StoredSet

Found = TypeVar("Found")


class Origin(Enum):
    """The stores of a host, by their keys."""

    GROUP_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall"
    LOCAL = POLICY


class SetKind(Enum):
    """Kinds of sets: the names of their keys, the one that is written first, and the identifier of the primary one.

    The specification spells the keys of authentication sets in two ways.
    """

    AUTH1 = (("Phase1AuthenticationSets", "Phase1AuthenticationSet"), "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}")
    AUTH2 = (("Phase2AuthenticationSets", "Phase2AuthenticationSet"), "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE4}")
    CRYPTO1 = (("Phase1CryptoSet", "Phase1CryptoSets"), "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE1}")
    CRYPTO2 = (("Phase2CryptoSets", "Phase2CryptoSet"), "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}")

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of its keys."""
        return self.value[0]

    @property
    def primary(self) -> str:
        """The identifier of the set that holds where nothing else is said."""
        return self.value[1]

    def is_primary(self, set_id: str) -> bool:
        """Tell whether an identifier is that of the primary set."""
        return set_id.lower() == self.primary.lower()


_RULES, _MAIN_MODE_RULES = "ConSecRules", "MainModeRules"


def new_id() -> str:
    """Return a new identifier of a rule or a set."""
    return f"{{{str(uuid.uuid4()).upper()}}}"


def _strings(host: Guarded, key: str, read: Callable[[str], Found]) -> Iterator[tuple[str, Found]]:
    """Yield what the strings under a key say, as stored; those that do not decode are passed over."""
    for rule_id, value in host.registry.values(key):
        if isinstance(value.data, str):
            try:
                found = read(value.data)
            except ValueError:
                continue
            yield rule_id, found


def rules(host: Guarded, origin: Origin = Origin.LOCAL) -> Iterator[tuple[str, Rule]]:
    """Yield identifier and rule for every string that decodes, as stored."""
    return _strings(host, rf"{origin.value}\{_RULES}", rule.read)


def main_mode_rules(host: Guarded, origin: Origin = Origin.LOCAL) -> Iterator[tuple[str, MainModeRule]]:
    """Yield identifier and main-mode rule for every string that decodes, as stored."""
    return _strings(host, rf"{origin.value}\{_MAIN_MODE_RULES}", mainmode.read)


def put(host: Guarded, rule_id: str, one: Rule | MainModeRule) -> None:
    """Write a rule of the local store, in the version of this Windows."""
    version, old = host.version.firewall_schema, host.version.schema < (2, 20)
    if isinstance(one, Rule):
        name, text = _RULES, rule.write(one, version, masks=old, old_order=old)
    else:
        name, text = _MAIN_MODE_RULES, mainmode.write(one, version, masks=old)
    host.registry.set(rf"{POLICY}\{name}", rule_id, Value(Kind.SZ, text))


def remove(host: Guarded, rule_id: str, one: Rule | MainModeRule) -> None:
    """Remove a rule of the local store."""
    name = _RULES if isinstance(one, Rule) else _MAIN_MODE_RULES
    host.registry.delete_value(rf"{POLICY}\{name}", rule_id)


def stored(host: Guarded, kind: SetKind, set_id: str, origin: Origin) -> StoredSet | None:
    """Return a set of one store as it lies there, None if it is not there."""
    for name in kind.keys:
        key = rf"{origin.value}\{name}"
        target = set_id
        if origin is Origin.GROUP_POLICY and kind.is_primary(set_id):
            # In a group policy the keys of the primary sets do not exist: a value of this name leads to the set.
            value = host.registry.get(key, set_id)
            if value is None or not isinstance(value.data, str):
                continue
            target = value.data
        found = sets.read(host.registry, rf"{key}\{target}")
        if found is not None:
            return found
    return None


def stored_set(host: Guarded, kind: SetKind, set_id: str, origin: Origin) -> StoredSet | None:
    """Return the set that a rule of a store means by an identifier; None for one that is not there.

    A primary set of a group policy beats the local one (Microsoft Learn).

    [ledger: cs-primary-builtin, cs-primary-of-policy]
    """
    first = Origin.GROUP_POLICY if kind.is_primary(set_id) else origin
    return next((each for one in (first, *Origin) if (each := stored(host, kind, set_id, one)) is not None), None)


def _typed(
    host: Guarded, kind: SetKind, set_id: str, origin: Origin, read: Callable[[StoredSet], Found], default: Found
) -> Found | None:
    found = stored_set(host, kind, set_id, origin)
    if found is not None:
        return read(found)
    return default if kind.is_primary(set_id) else None


def authentication_of(host: Guarded, kind: SetKind, set_id: str, origin: Origin) -> tuple[Suite, ...] | None:
    """Return the suites of an authentication set, None if there is no such set; ValueError if it does not decode."""
    default: tuple[Suite, ...] = authentication.KERBEROS if kind is SetKind.AUTH1 else ()
    return _typed(host, kind, set_id, origin, authentication.read, default)


def main_set(host: Guarded, set_id: str, origin: Origin) -> MainSet | None:
    """Return a crypto set of main mode, None if there is no such set; ValueError if it does not decode."""
    return _typed(host, SetKind.CRYPTO1, set_id, origin, crypto.read_main, crypto.DEFAULT_MAIN)


def quick_set(host: Guarded, set_id: str, origin: Origin) -> QuickSet | None:
    """Return a crypto set of quick mode, None if there is no such set; ValueError if it does not decode."""
    return _typed(host, SetKind.CRYPTO2, set_id, origin, crypto.read_quick, crypto.DEFAULT_QUICK)


def put_set(host: Guarded, kind: SetKind, set_id: str, stored: StoredSet) -> None:
    """Write a set of the local store."""
    sets.write(host.registry, rf"{POLICY}\{kind.keys[0]}\{set_id}", stored)


def remove_set(host: Guarded, kind: SetKind, set_id: str) -> None:
    """Remove a set of the local store."""
    for name in kind.keys:
        host.registry.delete_key(rf"{POLICY}\{name}\{set_id}")


def prune(host: Guarded, former: Iterable[tuple[SetKind, str | None]]) -> None:
    """Remove those local sets that no rule names any more; primary ones stay."""
    doomed = [(kind, set_id) for kind, set_id in former if set_id is not None and not kind.is_primary(set_id)]
    if not doomed:
        return
    named: set[str | None] = set()
    for _id, one in rules(host):
        named |= {one.auth1, one.auth2, one.crypto2}
    for _id, other in main_mode_rules(host):
        named |= {other.auth1, other.crypto1}
    folded = {each.lower() for each in named if each}
    for kind, set_id in doomed:
        if set_id.lower() not in folded:
            remove_set(host, kind, set_id)
