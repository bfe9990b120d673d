# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of one rule in the registry, of the firewall or of connection security (MS-GPFAS 2.2.2, 2.2.6, 2.2.7).

``v2.30|Action=Allow|Active=TRUE|Dir=In|...|``: the version, then keys with values. Keys repeat, their order means
nothing, and later versions have more of them, so everything is kept and nothing is assumed about what is not known.

[ledger: fw-rule-string]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from .._common.address_sets import AddressSet, Interval, read_interval
from .._common.packets import HIGHEST_PORT


class Profile(StrEnum):
    """The network profiles of the Windows firewall."""

    DOMAIN = "domain"
    PRIVATE = "private"
    PUBLIC = "public"


ALL_PROFILES = frozenset(Profile)

_TEXT = re.compile(r"v([0-9]{1,5}\.[0-9]{1,5})\|(.*)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,9}")
_PROFILES = {profile.value: profile for profile in Profile}
_RANGE_KEY = re.compile(r"(?P<side>[LR]Port)[0-9]+_[0-9]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports that a rule names; ``words`` are those that are no numbers, such as RPC."""

    ranges: tuple[tuple[int, int], ...]
    words: tuple[str, ...] = ()

    def only(self, port: int) -> bool:
        """Whether these are exactly one port."""
        return not self.words and {number for first, last in self.ranges for number in (first, last)} == {port}

    def may_hold(self, port: int) -> bool:
        """Whether the port is among them, or may be because of a word."""
        return bool(self.words) or any(first <= port <= last for first, last in self.ranges)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses that a rule names; ``words`` are those that are no numbers, such as LocalSubnet."""

    found: AddressSet
    words: tuple[str, ...] = ()

    def may_meet(self, other: AddressSet) -> bool:
        """Whether one of ``other`` is among them, or may be because of a word."""
        return bool(self.words) or self.found.meets(other)


@dataclass(frozen=True, slots=True)
class RuleString:
    """One rule: version (such as 2.30) and fields in their order. ``str`` of it is the text that it was read from."""

    version: str
    fields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        parts = [f"v{self.version}", *(f"{key}={value}" for key, value in self.fields)]
        return "|".join([*parts, ""])

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of a key, in order."""
        return tuple(value for name, value in self.fields if name.casefold() == key.casefold())

    def one(self, key: str) -> str | None:
        """Return the value of a key that a rule has once, None where it is absent. The last one counts."""
        return next(reversed(self.all(key)), None)

    @property
    def name(self) -> str:
        """The display name, which may be a reference into a library (``@FirewallAPI.dll,-33757``)."""
        return self.one("Name") or ""

    @property
    def active(self) -> bool:
        """Whether the rule is in force."""
        return (self.one("Active") or "").casefold() == "true"

    @property
    def protocol(self) -> int | None:
        """The number of the IP protocol, None for every protocol."""
        text = self.one("Protocol")
        # 256 stands for any in the store of rules; the text form leaves the key out instead.
        return int(text) if text is not None and _NUMBER.fullmatch(text) and int(text) < 256 else None

    @property
    def profiles(self) -> frozenset[Profile]:
        """The profiles of the rule; a rule that names none has all of them."""
        named = self.all("Profile")
        return frozenset(_PROFILES[text.casefold()] for text in named if text.casefold() in _PROFILES) or ALL_PROFILES

    def ports(self, side: str) -> Ports | None:
        """Return the ports of ``LPort`` or ``RPort`` with their ranges, None where the rule names none."""
        ranges: list[tuple[int, int]] = []
        words: list[str] = []
        for key, value in self.fields:
            match = _RANGE_KEY.fullmatch(key)
            if key.casefold() != side.casefold() and not (match and match["side"].casefold() == side.casefold()):
                continue
            found = _port_range(value)
            if found is None:
                words.append(value)
            else:
                ranges.append(found)
        return Ports(tuple(sorted(set(ranges))), tuple(words)) if ranges or words else None

    def addresses(self, side: str) -> Addresses | None:
        """Return the addresses of ``LA`` or ``RA`` of both families, None where the rule names none."""
        intervals: list[Interval] = []
        words: list[str] = []
        for text in (*self.all(f"{side}4"), *self.all(f"{side}6")):
            found = read_interval(text)
            if found is None:
                words.append(text)
            else:
                intervals.append(found)
        # Some versions write a word for both families once for each of them.
        return Addresses(AddressSet(intervals), tuple(dict.fromkeys(words))) if intervals or words else None


def _port_range(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"\s*([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?\s*", text)
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    return (first, last) if first <= last <= HIGHEST_PORT else None


@dataclass(frozen=True, slots=True)
class Damaged:
    """A text that should be a rule and is none, kept as it is, and why it is none. ``str`` of it is the text."""

    text: str
    reason: str

    def __str__(self) -> str:
        return self.text


def decode_rule(text: str) -> RuleString | Damaged:
    """Return the rule of a registry value. ``str`` of what is returned is the text, whatever the text is."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return Damaged(text, "it does not begin with a version such as v2.26 and a bar")
    parts = match[2].split("|")
    if parts.pop() != "":
        return Damaged(text, "it does not end with a bar")
    fields = [part.partition("=") for part in parts]
    if any(not equals for _key, equals, _value in fields):
        return Damaged(text, "a part between two bars is not a name, an equals sign and a value")
    return RuleString(match[1], tuple((key, value) for key, _equals, value in fields))


def parse_rule(text: str) -> RuleString | None:
    """Return the rule of a registry value, None for a text that is none."""
    found = decode_rule(text)
    return found if isinstance(found, RuleString) else None
