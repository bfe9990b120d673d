# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall`: the switches of the profiles, settings for the whole host, and which store is worked on."""

from __future__ import annotations

from collections.abc import Callable

from ..firewall import store
from ..firewall.model import Profile
from . import advfirewall_global
from .context import Process
from .firewall_common import Command, Refusal, bad, dispatch, field, one_of
from .words import UsageError, Word, pick

_ACTIONS = {"allow": 0, "block": 1}


def run(process: Process, words: list[Word]) -> int | None:
    """Run a command of this context; None if it is not known."""
    return dispatch(process, words, _COMMANDS)


def _profiles(process: Process, which: str) -> list[Profile]:
    if which == "currentprofile":
        return [process.host.profile]
    return [each for each in Profile if which in ("allprofiles", f"{each.lower()}profile")]


def _show(which: str) -> Callable[[Process, list[Word]], None]:
    def show(process: Process, words: list[Word]) -> None:
        parts = ("state", "firewallpolicy")
        wanted = parts if not words else (pick(words[0].text, parts),)
        if None in wanted or len(words) > 1:
            raise UsageError(words[-1].text)
        for profile in _profiles(process, which):
            _print(process, profile, wanted)

    return show


def _print(process: Process, profile: Profile, wanted: tuple[str | None, ...]) -> None:
    texts = process.texts.firewall
    process.say("")
    process.say(texts["profile_settings"].format(profile=texts[profile.lower()]))
    process.say("-" * 70)
    if "state" in wanted:
        field(process, "state", texts["on" if store.setting(process.host, profile, store.ENABLE) else "off"])
    if "firewallpolicy" in wanted:
        inbound = "Block" if store.setting(process.host, profile, store.INBOUND) else "Allow"
        always = "Always" if store.setting(process.host, profile, store.NO_EXCEPTIONS) else ""
        outbound = "Block" if store.setting(process.host, profile, store.OUTBOUND) else "Allow"
        field(process, "firewall_policy", f"{inbound}Inbound{always},{outbound}Outbound")


def _set(which: str) -> Callable[[Process, list[Word]], None]:
    def change(process: Process, words: list[Word]) -> None:
        if len(words) != 2:
            raise Refusal("missing", tag="state")
        what = pick(words[0].text, ("state", "firewallpolicy"))
        if what is None:
            raise UsageError(words[0].text)
        numbers = _state(words[1].text) if what == "state" else _policy(words[1].text)
        for profile in _profiles(process, which):
            for name, number in numbers.items():
                store.set_setting(process.host, profile, name, number)

    return change


def _state(value: str) -> dict[str, int]:
    return {store.ENABLE: int(one_of("state", value, ("on", "off")) == "on")}


def _policy(value: str) -> dict[str, int]:
    """Read `blockinbound,allowoutbound` and its like."""
    inbound, comma, outbound = value.lower().replace(" ", "").partition(",")
    always = inbound == "blockinboundalways"
    inward = _ACTIONS.get((inbound.removesuffix("always") if always else inbound).removesuffix("inbound"))
    outward = _ACTIONS.get(outbound.removesuffix("outbound"))
    suffixes = inbound.removesuffix("always").endswith("inbound") and outbound.endswith("outbound")
    if not comma or inward is None or outward is None or not suffixes:
        raise bad("firewallpolicy", value)
    return {store.INBOUND: inward, store.NO_EXCEPTIONS: int(always), store.OUTBOUND: outward}


def _choose_store(process: Process, words: list[Word]) -> None:
    """Choose a store. There is no domain in the lab, so only the local one opens."""
    if len(words) != 1 or words[0].text.lower() != "local":
        raise Refusal("store")


def _show_store(process: Process, words: list[Word]) -> None:
    if words:
        raise UsageError(words[0].text)
    process.say(process.texts.firewall["local_store"])


_WHICH = ("allprofiles", "currentprofile", "domainprofile", "privateprofile", "publicprofile")
_COMMANDS = {
    "set": {
        **{which: Command(_set(which)) for which in _WHICH},
        "global": Command(advfirewall_global.change),
        "store": Command(_choose_store),
    },
    "show": {
        **{which: Command(_show(which)) for which in _WHICH},
        "global": Command(advfirewall_global.show),
        "store": Command(_show_store),
    },
}
