# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The openings of the firewall of Server 2003: one value for each port and protocol in each profile.

The value `500:UDP` has a text like `500:UDP:10.0.0.5/255.255.255.255,LocalSubNet:Enabled:IKE`, with `*` for all.

[ledger: fw-2003-entries]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..registry import Kind, Value
from .guarded import Guarded
from .model import Profile
from .spans import AddressItem, AddressWord, read_address
from .store import POLICY, profile_key

PROFILES = (Profile.DOMAIN, Profile.PRIVATE)
"""The two profiles of Server 2003, which calls the second one standard."""

PROTOCOLS = {"TCP": 6, "UDP": 17}
_EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening; without `scope` it is for everybody."""

    port: int
    protocol: str
    name: str
    scope: tuple[AddressItem, ...] = ()
    enabled: bool = True


def _key(profile: Profile) -> str:
    return rf"{POLICY}\{profile_key(profile, modern=False)}\GloballyOpenPorts\List"


def _write(item: AddressItem) -> str:
    """Return an address in the form of this firewall: single ones carry a full mask."""
    if isinstance(item, AddressWord):
        return "LocalSubNet"
    mask = 0xFFFFFFFF - (int(item.last) - int(item.first))
    return f"{item.first}/{'.'.join(str(mask >> shift & 255) for shift in (24, 16, 8, 0))}"


def write(opening: Opening) -> str:
    """Return the text of an opening."""
    scope = ",".join(map(_write, opening.scope)) or _EVERYBODY
    state = "Enabled" if opening.enabled else "Disabled"
    return f"{opening.port}:{opening.protocol}:{scope}:{state}:{opening.name}"


def read(text: str) -> Opening:
    """Decode the text of an opening; ValueError if it is none."""
    parts = text.split(":", 4)
    if len(parts) != 5:
        raise ValueError(f"{text!r} is not an opening")
    port, protocol, scope, state, name = parts
    if protocol.upper() not in PROTOCOLS or state.lower() not in ("enabled", "disabled"):
        raise ValueError(f"{text!r} is not an opening")
    items = () if scope == _EVERYBODY else tuple(map(read_address, scope.split(",")))
    return Opening(int(port), protocol.upper(), name, items, state.lower() == "enabled")


def openings(host: Guarded, profile: Profile) -> Iterator[Opening]:
    """Yield the openings of a profile that decode, as stored."""
    for _name, value in host.registry.values(_key(profile)):
        if isinstance(value.data, str):
            try:
                opening = read(value.data)
            except ValueError:
                continue
            yield opening


def put(host: Guarded, opening: Opening, profiles: Iterable[Profile] = PROFILES) -> None:
    """Write an opening; an older one for the same port and protocol is overwritten."""
    for profile in profiles:
        name = f"{opening.port}:{opening.protocol}"
        host.registry.set(_key(profile), name, Value(Kind.SZ, write(opening)))


def remove(host: Guarded, port: int, protocol: str, profiles: Iterable[Profile]) -> bool:
    """Remove an opening; False if there was none in any of the profiles."""
    # All of them, not only the first.
    gone = [host.registry.delete_value(_key(profile), f"{port}:{protocol}") for profile in profiles]
    return any(gone)
