# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values on a netsh line: yes and no, numbers, protocols, addresses, masks.

[ledger: netsh-source-mask-default, netsh-ipv6-prefix, netsh-range-form, netsh-server-roles, netsh-port-zero-is-any]
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

from ..store.errors import Code, StoreError
from ..store.model import HOST_MASK, SERVER_KINDS, Action, Address, Connection, Side, SideKind
from ..versions import WindowsVersion
from .words import Given, pick

_PROTOCOLS = {"any": 0, "icmp": 1, "tcp": 6, "udp": 17, "raw": 255}
_CONNECTIONS = {"lan": Connection.LAN, "dialup": Connection.DIALUP, "all": Connection.ALL}


def bad(tag: str, value: str) -> StoreError:
    """Return the refusal of a value."""
    return StoreError(Code.BAD_VALUE, tag=tag, value=value)


def require(given: Given, tag: str) -> str:
    """Return the value of a tag that has to be there and not empty."""
    value = given.get(tag)
    if not value:
        raise StoreError(Code.MISSING_TAG, tag=tag)
    return value


def yes(given: Given, tag: str, default: bool) -> bool:
    """Return a yes or no, which may be cut short."""
    value = given.get(tag)
    if value is None:
        return default
    word = pick(value, ("yes", "no"))
    if word is None:
        raise bad(tag, value)
    return word == "yes"


def number(given: Given, tag: str, default: int, top: int = 0xFFFFFFFF) -> int:
    """Return a whole number from 0 to `top`."""
    value = given.get(tag)
    if value is None:
        return default
    if not (value.isascii() and value.isdecimal()) or int(value) > top:
        raise bad(tag, value)
    return int(value)


def protocol(given: Given) -> int:
    """Return the protocol number, any if none was given."""
    value = given.get("protocol")
    if value is None:
        return 0
    if value.lower() in _PROTOCOLS:
        return _PROTOCOLS[value.lower()]
    return number(given, "protocol", 0, 255)


def action(given: Given, default: Action) -> Action:
    """Return what a filter action is to do."""
    value = given.get("action")
    if value is None:
        return default
    word = pick(value, list(Action))
    if word is None:
        raise bad("action", value)
    return Action(word)


def connection(given: Given, default: int) -> int:
    """Return the interface type of a rule."""
    value = given.get("conntype")
    if value is None:
        return default
    word = pick(value, _CONNECTIONS)
    if word is None:
        raise bad("conntype", value)
    return _CONNECTIONS[word]


def address(text: str) -> Address | None:
    """Return an address, None if the text is not one."""
    for maker in (IPv4Address, IPv6Address):
        try:
            return maker(text)
        except AddressValueError:
            continue
    return None


def _mask(tag: str, text: str, first: Address) -> int:
    """Return a contiguous mask, or for IPv6 a prefix length."""
    width = 128 if isinstance(first, IPv6Address) else 32
    if text.isascii() and text.isdecimal():
        if not 1 <= int(text) <= width:
            raise bad(tag, text)
        return int(text) if width == 128 else (HOST_MASK << (32 - int(text))) & HOST_MASK
    dotted = address(text)
    if width == 128 or not isinstance(dotted, IPv4Address):
        raise bad(tag, text)
    mask = int(dotted)
    if mask != (HOST_MASK << (32 - mask.bit_count())) & HOST_MASK:
        raise bad(tag, text)
    return mask


def side(given: Given, tag: str, mask_tag: str, version: WindowsVersion) -> Side:
    """Return one side of a filter.

    A mask beside a word is ignored: scripts do write `any srcmask=32`. There is no name resolution in the lab, so a
    DNS name is refused.
    """
    text = require(given, tag)
    mask_text = given.get(mask_tag)
    word = text.lower()
    if word == SideKind.ANY:
        return Side(SideKind.ANY)
    if word == SideKind.ME:
        return Side(SideKind.ME, mask=HOST_MASK)
    if word in SERVER_KINDS:
        return Side(SideKind(word))
    if "-" in text and all(address(part.strip()) for part in text.split("-")):
        return _range(tag, mask_tag, text, mask_text, version)
    first = address(text)
    if first is None:
        if text.replace(".", "").isdecimal() or ":" in text:
            raise bad(tag, text)
        raise StoreError(Code.NAME_NOT_RESOLVED, name=text)
    if isinstance(first, IPv6Address) and not version.v2_filters:
        raise StoreError(Code.NOT_ON_THIS_VERSION, tag=text)
    mask = (
        (128 if isinstance(first, IPv6Address) else HOST_MASK) if not mask_text else _mask(mask_tag, mask_text, first)
    )
    if int(first) == 0:
        # All zeros mean Any or Me in the store, by their mask. Two examples of the help write Me this way.
        if isinstance(first, IPv4Address) and mask in (0, HOST_MASK):
            return Side(SideKind.ME, mask=HOST_MASK) if mask else Side(SideKind.ANY)
        raise bad(tag, text)
    if mask == 0:
        raise bad(mask_tag, mask_text or "")
    return Side(SideKind.ADDRESS, first, mask)


def _range(tag: str, mask_tag: str, text: str, mask_text: str | None, version: WindowsVersion) -> Side:
    parts = [address(part.strip()) for part in text.split("-")]
    if not version.v2_filters:
        raise StoreError(Code.NOT_ON_THIS_VERSION, tag=text)
    if mask_text:
        raise StoreError(Code.MASK_NOT_ALLOWED, tag=mask_tag)
    if len(parts) != 2 or parts[0] is None or parts[1] is None or type(parts[0]) is not type(parts[1]):
        raise bad(tag, text)
    if int(parts[0]) > int(parts[1]):
        raise bad(tag, text)
    return Side(SideKind.RANGE, parts[0], last=parts[1])
