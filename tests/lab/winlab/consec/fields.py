# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the fields of a rule string become attributes of a rule, and back: one table for each kind of rule.

Keys and words compare without case. Keys that a table does not have are kept as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..firewall.model import Profile, split
from ..firewall.spans import AddressSpan, PortSpan, read_address, read_port, write_address, write_port

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a rule string, and the attribute that holds what it says.

    `many`: the key repeats, and the attribute is a tuple. `mine` tells which items of that tuple this key is for.
    """

    key: str
    attribute: str
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    many: bool = False
    mine: Callable[[Any], bool] = lambda _item: True


def decode(text: str, fields: tuple[Field, ...]) -> tuple[dict[str, Any], Pairs]:
    """Return the attributes that a rule string sets, and the pairs with keys that nobody knows.

    :raises ValueError: for a string that is not of the form, a value that its key cannot have, and a single key twice.
    """
    known = {field.key.lower(): field for field in fields}
    found: dict[str, Any] = {}
    extra = []
    _version, pairs = split(text)
    for key, value in pairs:
        field = known.get(key.lower())
        if field is None:
            extra.append((key, value))
        elif field.many:
            found[field.attribute] = (*found.get(field.attribute, ()), field.read(value))
        elif field.attribute in found:
            raise ValueError(f"{key} is there twice")
        else:
            found[field.attribute] = field.read(value)
    return found, tuple(extra)


def encode(rule: object, fields: tuple[Field, ...], version: str, extra: Pairs, order: tuple[str, ...]) -> str:
    """Return the string of a rule: fields in the order of their attributes, then what nobody knows."""
    ranked = sorted(fields, key=lambda field: order.index(field.attribute))
    pairs = (*_pairs(rule, tuple(ranked)), *extra)
    return "".join(f"{part}|" for part in (f"v{version}", *(f"{key}={value}" for key, value in pairs)))


def _pairs(rule: object, fields: tuple[Field, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = getattr(rule, field.attribute)
        if value is None:
            continue
        for item in value if field.many else (value,):
            if field.mine(item):
                yield field.key, field.write(item)


def word(choices: Iterable[str]) -> Callable[[str], Any]:
    """Return the reader of a word out of an enumeration, whatever its case."""
    names = tuple(choices)
    folded = {each.lower(): each for each in names}

    def read(text: str) -> Any:
        if text.lower() not in folded:
            raise ValueError(f"{text!r} is none of {', '.join(names)}")
        return folded[text.lower()]

    return read


def truth(text: str) -> bool:
    """Read TRUE or FALSE."""
    if text.upper() not in ("TRUE", "FALSE"):
        raise ValueError(f"{text!r} is not a truth value")
    return text.upper() == "TRUE"


def write_truth(value: bool) -> str:
    """Write TRUE or FALSE."""
    return "TRUE" if value else "FALSE"


def _family(version: int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        item = read_address(text)
        if isinstance(item, AddressSpan) and item.first.version != version:
            raise ValueError(f"{text!r} is of the other address family")
        return item

    return read


def addresses(*, masks: bool = False) -> tuple[Field, ...]:
    """Return the address conditions that both kinds of rules have; `masks`: write subnets of IPv4 with a mask."""

    def write(item: Any) -> str:
        return write_address(item, masks=masks)

    return tuple(
        Field(f"{end}_{family}", f"{side}_v{family}", _family(family), write, many=True)
        for end, side in (("EP1", "local"), ("EP2", "remote"))
        for family in (4, 6)
    )


def ports(end: str, attribute: str) -> tuple[Field, Field]:
    """Return the two keys of the ports of one end: single ones, and ranges, which came with schema 2.10."""

    def read(text: str) -> PortSpan:
        item = read_port(text)
        if not isinstance(item, PortSpan):
            raise ValueError(f"{text!r} is not a port")
        return item

    return (
        Field(f"{end}Port", attribute, read, write_port, True, lambda item: item.first == item.last),
        Field(f"{end}Port2_10", attribute, read, write_port, True, lambda item: item.first != item.last),
    )


TEXTS = (Field("Name", "name"), Field("Desc", "description"), Field("EmbedCtxt", "group"))
ACTIVE = Field("Active", "active", truth, write_truth)
PROFILES = Field("Profile", "profiles", word(Profile), many=True)
PLATFORMS = (Field("Platform", "platforms", many=True), Field("Platform2", "platform_from"), Field("SkipVer", "skip"))
