# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh firewall` of Server 2003 with service packs: port openings and the operational mode.

Protocols are TCP, UDP or both; there is no direction and no local address (help of netsh).
"""

from __future__ import annotations

from ..firewall import store
from ..firewall.model import Profile
from ..firewall.portopenings import PROFILES, Opening, openings, put, remove
from ..firewall.portopenings import write as write_opening
from ..firewall.spans import AddressItem, AddressSpan, AddressWord, read_address
from .context import Process
from .firewall_common import Refusal, bad, dispatch, field, one_of, require, tagged
from .words import Given, Word

_PROTOCOLS = ("tcp", "udp", "all")


def run(process: Process, words: list[Word]) -> int | None:
    """Run a command of this context; None if it is not known."""
    return dispatch(process, words, _COMMANDS)


def _chosen(process: Process, given: Given) -> list[Profile]:
    """Return the profiles that a command is about: the current one unless the line says otherwise."""
    word = one_of("profile", given.get("profile") or "current", ("current", "domain", "standard", "all"))
    domain = process.host.profile is Profile.DOMAIN if word == "current" else word == "domain"
    return [each for each in PROFILES if word == "all" or (each is Profile.DOMAIN) is domain]


def _enabled(given: Given, tag: str) -> bool:
    return one_of(tag, given.get(tag) or "enable", ("enable", "disable")) == "enable"


def _port(given: Given) -> int:
    text = require(given, "port")
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 0xFFFF):
        raise bad("port", text)
    return int(text)


def _wanted(given: Given) -> list[str]:
    word = one_of("protocol", require(given, "protocol"), _PROTOCOLS)
    return ["TCP", "UDP"] if word == "all" else [word.upper()]


def _scope(given: Given) -> tuple[AddressItem, ...]:
    addresses = given.get("addresses")
    word = one_of("scope", given.get("scope") or ("custom" if addresses else "all"), ("all", "subnet", "custom"))
    if word != "custom":
        if addresses:
            raise bad("addresses", addresses)
        return (AddressWord.LOCAL_SUBNET,) if word == "subnet" else ()
    return tuple(_address(part.strip()) for part in require(given, "addresses").split(","))


def _address(text: str) -> AddressItem:
    """Read one address, with or without a mask. Ranges and IPv6 came later."""
    try:
        item = read_address(text)
    except ValueError:
        raise bad("addresses", text) from None
    if "-" in text or (isinstance(item, AddressSpan) and item.first.version != 4):
        raise bad("addresses", text)
    if isinstance(item, AddressWord) and item is not AddressWord.LOCAL_SUBNET:
        raise bad("addresses", text)
    return item


def _add_opening(process: Process, given: Given) -> None:
    port, name = _port(given), require(given, "name")
    scope, enabled, profiles = _scope(given), _enabled(given, "mode"), _chosen(process, given)
    for protocol in _wanted(given):
        put(process.host, Opening(port, protocol, name, scope, enabled), profiles)


def _delete_opening(process: Process, given: Given) -> None:
    port, profiles = _port(given), _chosen(process, given)
    gone = [remove(process.host, port, protocol, profiles) for protocol in _wanted(given)]
    if not any(gone):
        raise Refusal("no_opening")


def _name_of(process: Process, profile: Profile) -> str:
    return process.texts.firewall["domain" if profile is Profile.DOMAIN else "standard"]


def _show_openings(process: Process, _given: Given) -> None:
    texts = process.texts.firewall
    for profile in PROFILES:
        process.say("")
        process.say(texts["openings"].format(profile=_name_of(process, profile)))
        columns = [f"{texts[key]:<{width}}" for key, width in (("port", 7), ("protocol", 11), ("mode", 14))]
        process.say("".join(columns) + f"{texts['name']} / {texts['scope']}")
        process.say("-" * 67)
        for each in openings(process.host, profile):
            mode = texts["enable" if each.enabled else "disable"]
            scope = write_opening(each).split(":", 4)[2]
            process.say(f"{each.port:<7}{each.protocol:<11}{mode:<14}{each.name} / {scope}")
    process.say("")


def _set_mode(process: Process, given: Given) -> None:
    require(given, "mode")
    mode, exceptions = _enabled(given, "mode"), _enabled(given, "exceptions")
    for profile in _chosen(process, given):
        store.set_setting(process.host, profile, store.ENABLE, int(mode))
        store.set_setting(process.host, profile, store.NO_EXCEPTIONS, int(not exceptions))


def _show_mode(process: Process, _given: Given) -> None:
    texts = process.texts.firewall
    for profile in PROFILES:
        process.say("")
        process.say(texts["profile_settings"].format(profile=_name_of(process, profile)))
        process.say("-" * 67)
        on = store.setting(process.host, profile, store.ENABLE)
        shut = store.setting(process.host, profile, store.NO_EXCEPTIONS)
        field(process, "opmode", texts["enable" if on else "disable"])
        field(process, "exceptions", texts["disable" if shut else "enable"])
    process.say("")


_COMMANDS = {
    "add": {
        "portopening": tagged(_add_opening, ("protocol", "port", "name", "mode", "scope", "addresses", "profile")),
    },
    "delete": {"portopening": tagged(_delete_opening, ("protocol", "port", "profile"))},
    "set": {"opmode": tagged(_set_mode, ("mode", "exceptions", "profile"))},
    "show": {"opmode": tagged(_show_mode, ()), "portopening": tagged(_show_openings, ())},
}
