# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module firewall as openings; everything that no host could take is refused here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from .._common.address_sets import AddressSet, parse_addresses
from .._common.errors import IpsecError
from .._common.fields import element, listed
from .._windows.netsh.text import check_name
from .._windows.rule_string import Profile
from .openings import Direction, Opening, Protocol, openings

DEFAULT_PREFIX = "winsec.ipsec"
DEFAULT_PROTOCOLS = (Protocol.IKE, Protocol.NAT_TRAVERSAL, Protocol.ESP)
# The rest of the name tells protocol, direction and number.
_LONGEST_PREFIX = 200

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class OpeningsRequest:
    """What a host shall have: these openings and no others of this name prefix."""

    prefix: str
    openings: tuple[Opening, ...]


def read_openings(given: Mapping[str, object]) -> OpeningsRequest:
    """Return what the options ask for; raise :class:`IpsecError` with the name of the option that cannot be."""
    prefix = _prefix(element(given.get("name_prefix") or DEFAULT_PREFIX, "name_prefix"))
    if given.get("state") == "absent":
        return OpeningsRequest(prefix, ())
    peers = parse_addresses(listed(given.get("peers"), "peers"), "peers")
    if not peers:
        raise IpsecError("peers", "empty", "at least one address", "Name the peers, or set state to absent.")
    local = parse_addresses(listed(given.get("local_addresses"), "local_addresses"), "local_addresses") or None
    if local is not None and _families(local) != _families(peers):
        expected = "addresses of the same families, IPv4 or IPv6, as peers"
        raise IpsecError("local_addresses", ", ".join(local.texts()), expected, "Use one task for each family.")
    wanted = openings(
        peers,
        _words(given, "protocols", Protocol, DEFAULT_PROTOCOLS),
        _words(given, "directions", Direction, tuple(Direction)),
        local,
        _words(given, "profiles", Profile, tuple(Profile)),
    )
    return OpeningsRequest(prefix, wanted)


def _prefix(text: str) -> str:
    check_name(text, "name_prefix")
    if text.startswith("@"):
        remedy = "Windows would look it up in a library: leave the @ out."
        raise IpsecError("name_prefix", text, "a text that does not begin with @", remedy)
    if len(text) > _LONGEST_PREFIX:
        raise IpsecError("name_prefix", text, f"at most {_LONGEST_PREFIX} characters", "Choose a shorter one.")
    return text


def _families(found: AddressSet) -> set[int]:
    return {item.version for item in found.intervals}


def _words(given: Mapping[str, object], name: str, kind: type[Word], default: tuple[Word, ...]) -> tuple[Word, ...]:
    if given.get(name) is None:
        return default
    chosen = listed(given[name], name)
    known = ", ".join(kind)
    if not chosen:
        raise IpsecError(name, "empty", f"at least one of {known}", "Leave the option out for the default.")
    for index, text in enumerate(chosen):
        if text not in tuple(kind):
            raise IpsecError(f"{name}[{index}]", text, f"one of {known}", "Correct the word.")
    return tuple(kind(text) for text in chosen)
