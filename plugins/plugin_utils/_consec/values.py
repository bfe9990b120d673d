# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of options in their one form, from what people write and from what a host has."""

from __future__ import annotations

from collections.abc import Iterable

from .._common.address_sets import Interval, parse_interval, read_interval
from .._common.errors import IpsecError
from .._common.fields import Fields
from .._common.packets import HIGHEST_PORT, natural_number
from .._windows.netsh.text import LONGEST_NAME, check_text, name_trouble
from .model import Texts
from .words import INTERFACE_TYPES, PLACES, PROFILES

ANY = "any"
# The name of a rule that takes the place of another one, until the other one is gone.
SUFFIX = " (winsec.ipsec new)"
PROTOCOLS = {ANY: ANY, "tcp": "6", "udp": "17", "icmpv4": "1", "icmpv6": "58"}
_HIGHEST_PROTOCOL = 255
_REFUSED = {
    4: {"multicast": (0xE0 << 24, (0xF0 << 24) - 1), "loopback": (0x7F << 24, (0x80 << 24) - 1), "unspecified": (0, 0)},
    6: {"multicast": (0xFF << 120, (1 << 128) - 1), "loopback": (1, 1), "unspecified": (0, 0)},
}
_NOT_ALONE = "Leave the others out: any has them all."


def read_name(fields: Fields, key: str) -> str:
    """Return the name of a rule."""
    text, longest = fields.text(key, ""), LONGEST_NAME - len(SUFFIX)
    trouble = name_trouble(text)
    if longest < len(text) <= LONGEST_NAME:
        trouble = (f"at most {longest} characters, not {len(text)}", "Choose a shorter name.")
    if trouble is not None:
        raise fields.error(key, text, *trouble)
    if text.endswith(SUFFIX):
        remedy = "A rule has such a name only while it takes the place of another one: choose another name."
        raise fields.error(key, text, f"a name that does not end with {SUFFIX.strip()}", remedy)
    return text


def read_description(fields: Fields, key: str) -> str:
    """Return a text that netsh can be told."""
    return fields.checked(key, "", check_text)


def read_word(fields: Fields, key: str, words: Iterable[str]) -> str:
    """Return one of some words, in any letter case."""
    words = tuple(words)
    text = fields.text(key, "").strip().lower()
    if text not in words:
        raise fields.error(key, fields.text(key, ""), f"one of {', '.join(words)}", "Choose one of these words.")
    return text


def read_words(fields: Fields, key: str, words: Iterable[str]) -> Texts:
    """Return some words; ``any`` and all of them are nothing."""
    words = tuple(words)
    found = []
    elements = fields.elements(key)
    for path, text in elements:
        word = text.strip().lower()
        if word == ANY and len(elements) > 1:
            raise IpsecError(path, text, "any alone", _NOT_ALONE)
        if word != ANY and word not in words:
            expected = f"any, or some of {', '.join(words)}"
            raise IpsecError(path, text, expected, "Choose among these words.")
        found.append(word)
    return some_of(found, words)


def some_of(found: Iterable[str], words: Iterable[str]) -> Texts:
    """Return words in their usual order, nothing for all of them."""
    found = set(found)
    if not found:
        return ()
    words = tuple(words)
    return () if found >= set(words) else tuple(word for word in words if word in found)


def read_profiles(fields: Fields, key: str) -> Texts:
    """Return network profiles."""
    return read_words(fields, key, PROFILES.values())


def read_interface_types(fields: Fields, key: str) -> Texts:
    """Return one type of interfaces, or nothing for any: netsh has words for no more."""
    found = read_words(fields, key, INTERFACE_TYPES.values())
    if len(found) > 1:
        remedy = "netsh has no words for several: make a rule for each, or leave them out for all."
        raise fields.error(key, ", ".join(found), f"any, or one of {', '.join(INTERFACE_TYPES.values())}", remedy)
    return found


def read_protocol(fields: Fields, key: str) -> str:
    """Return the number of a protocol, or any."""
    text = fields.text(key, ANY).strip().lower()
    number = natural_number(text)
    if text in PROTOCOLS:
        return PROTOCOLS[text]
    if number is None or number > _HIGHEST_PROTOCOL:
        remedy = "Write icmpv4 or icmpv6." if text == "icmp" else "Choose a word, or give the number of the protocol."
        expected = f"one of {', '.join(PROTOCOLS)}, or a number from 0 to {_HIGHEST_PROTOCOL}"
        raise fields.error(key, text, expected, remedy)
    return str(number)


def read_endpoints(fields: Fields, key: str) -> Texts:
    """Return addresses, networks, ranges and words for servers."""
    elements = fields.elements(key)
    found = []
    for path, text in elements:
        word = text.strip().lower()
        if word == ANY:
            if len(elements) > 1:
                raise IpsecError(path, text, "any alone", _NOT_ALONE)
        elif word in PLACES:
            found.append(word)
        elif word == "me":
            remedy = "This host is endpoint1: leave it out for all of its addresses."
            raise IpsecError(path, text, "an address, or any", remedy)
        else:
            found.append(str(_usable(parse_interval(text, path), text, path)))
    return in_order(found)


def _usable(found: Interval, text: str, path: str) -> Interval:
    """Refuse what Windows does (MS-FASP 2.2.55)."""
    for what, (first, last) in _REFUSED[found.version].items():
        if first <= found.first <= last or first <= found.last <= last:
            if what == "unspecified" and found.first != found.last:
                continue
            raise IpsecError(path, text, f"no {what} address", "Windows refuses such a rule: leave the address out.")
    return found


def in_order(found: Iterable[str]) -> Texts:
    """Return words, then addresses, each once: their order means nothing."""
    texts = tuple(set(found))
    if len(texts) < 2:
        return texts
    intervals = {text: read_interval(text) for text in texts if text not in PLACES}
    known = {text: each for text, each in intervals.items() if each is not None}
    return (*sorted(set(texts) - set(known)), *sorted(known, key=lambda text: known[text]))


def read_ports(fields: Fields, key: str) -> Texts:
    """Return ports and ranges of them."""
    elements = fields.elements(key)
    found = []
    for path, text in elements:
        first, dash, last = (part.strip() for part in text.partition("-"))
        low, high = natural_number(first), natural_number(last if dash else first)
        if text.strip().lower() == ANY:
            if len(elements) > 1:
                raise IpsecError(path, text, "any alone", _NOT_ALONE)
        elif low is None or high is None or not low <= high <= HIGHEST_PORT:
            expected = f"any, a port from 0 to {HIGHEST_PORT} or a range such as 5000-5010"
            raise IpsecError(path, text, expected, "Give the number of the port.")
        else:
            found.append(f"{low}-{high}" if low != high else str(low))
    return ports_in_order(found)


def ports_in_order(found: Iterable[str]) -> Texts:
    """Return ports by their numbers, each once."""
    found = tuple(set(found))
    return found if len(found) < 2 else tuple(sorted(found, key=lambda text: tuple(map(int, text.split("-")))))


def read_tunnel_end(fields: Fields, key: str) -> Texts:
    """Return one address, nothing for any."""
    text = fields.texts(key)
    if text in ([], [ANY]):
        return ()
    expected, remedy = "one address, or any", "Give the address at which the tunnel ends."
    if len(text) > 1:
        raise fields.error(key, text, expected, "netsh has no words for several: give one address.")
    found = parse_interval(text[0], fields.at(key))
    if found.first != found.last:
        raise fields.error(key, text[0], expected, remedy)
    return (str(_usable(found, text[0], fields.at(key))),)
