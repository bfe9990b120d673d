# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A main-mode rule, and its string in the registry (MS-GPFAS 2.2.7.1). [ledger: cs-main-mode-grammar]"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..firewall.model import Profile
from ..firewall.spans import AddressItem
from .fields import ACTIVE, PLATFORMS, PROFILES, TEXTS, Field, Pairs, addresses, decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeRule:
    """How the key exchange between two sets of addresses is protected and authenticated; as for `rule.Rule`."""

    name: str | None = None
    description: str | None = None
    group: str | None = None
    active: bool = False
    profiles: tuple[Profile, ...] = ()
    local_v4: tuple[AddressItem, ...] = ()
    local_v6: tuple[AddressItem, ...] = ()
    remote_v4: tuple[AddressItem, ...] = ()
    remote_v6: tuple[AddressItem, ...] = ()
    auth1: str | None = None
    crypto1: str | None = None
    platforms: tuple[str, ...] = ()
    platform_from: str | None = None
    skip: str | None = None
    extra: Pairs = ()


def _fields(*, masks: bool = False) -> tuple[Field, ...]:
    sets = (Field("Auth1Set", "auth1"), Field("Crypto1Set", "crypto1"))
    return (*TEXTS, ACTIVE, PROFILES, *addresses(masks=masks), *sets, *PLATFORMS)


_FIELDS, _MASKED = _fields(), _fields(masks=True)
_ADDRESSES = ("local_v4", "local_v6", "remote_v4", "remote_v6")
_REST = ("auth1", "crypto1", "group", "platforms", "platform_from", "skip")
_ORDER = ("name", "description", "active", "profiles", *_ADDRESSES, *_REST)


@lru_cache(maxsize=8192)
def read(text: str) -> MainModeRule:
    """Decode a rule string; ValueError for one with a value that its key cannot have."""
    found, extra = decode(text, _FIELDS)
    return MainModeRule(**found, extra=extra)


def write(rule: MainModeRule, version: str, *, masks: bool = False) -> str:
    """Encode a rule; as for `rule.write`."""
    return encode(rule, _MASKED if masks else _FIELDS, version, rule.extra, _ORDER)
