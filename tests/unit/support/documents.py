# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies for whole documents as users write them: plain data, made without the collection.

The documents of one pair share names, filters and methods, so that going from one to the other changes, keeps, adds
and removes. ``modern`` documents use what hosts have from Vista on: ranges, IPv6, options of certificates.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from hypothesis import strategies as st

Data = dict[str, Any]
Pair = tuple[Data, Data]

_PLAIN = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"%&^|<>\\@')
# Words that mean something to netsh or cmd.exe elsewhere in a line.
_ODD = (
    "exit",
    "delete all",
    "name=x",
    "/h",
    "yes",
    "It's (1)",
    "a\\b",
    "-",
    "[x,y]",
    "!1",
    "..",
    "ipsec static",
    "me",
    "any",
)
PREDEFINED_LISTS = ("All IP Traffic", "All ICMP Traffic")
PREDEFINED_ACTIONS = ("Permit", "Require Security")
PREDEFINED_POLICIES = ("Client (Respond Only)",)


def _names(*more: str) -> st.SearchStrategy[str]:
    random = st.text(_PLAIN, min_size=1, max_size=12).filter(lambda text: text == text.strip() and "?" not in text)
    usable = random.filter(lambda text: text.lower() not in ("all", "default") and "~winsec~" not in text)
    return st.sampled_from([*_ODD, *more]) | usable


def _pool(names: st.SearchStrategy[str], size: int) -> st.SearchStrategy[list[str]]:
    return st.lists(names, min_size=size, max_size=size, unique_by=str.lower)


def _texts() -> st.SearchStrategy[str]:
    return st.just("") | st.text(_PLAIN, max_size=12).filter(lambda text: text == text.strip())


def _addresses(modern: bool) -> list[st.SearchStrategy[str]]:
    """Return strategies of one address family each."""
    v4 = st.integers(1, 2**32 - 2).map(lambda number: str(IPv4Address(number)))
    nets = st.builds(
        lambda number, prefix: str(IPv4Network((number >> (32 - prefix) << (32 - prefix), prefix))),
        st.integers(2**31, 2**32 - 1),
        st.integers(1, 31),
    )
    if not modern:
        return [v4 | nets]
    ordered = st.tuples(st.integers(1, 2**31), st.integers(2**31 + 1, 2**32 - 1))
    ranges = ordered.map(lambda pair: f"{IPv4Address(pair[0])}-{IPv4Address(pair[1])}")
    v6 = st.integers(2**64, 2**128 - 1).map(lambda number: str(IPv6Address(number)))
    nets6 = st.builds(
        lambda number, prefix: str(IPv6Network((number >> (128 - prefix) << (128 - prefix), prefix))),
        st.integers(2**127, 2**128 - 1),
        st.integers(1, 127),
    )
    ordered6 = st.tuples(st.integers(2**64, 2**100), st.integers(2**101, 2**128 - 1))
    ranges6 = ordered6.map(lambda pair: f"{IPv6Address(pair[0])}-{IPv6Address(pair[1])}")
    return [v4 | nets | ranges, v6 | nets6 | ranges6]


@st.composite
def _filters(draw: st.DrawFn, modern: bool) -> Data:
    concrete = draw(st.sampled_from(_addresses(modern)))
    sides = draw(
        st.tuples(st.sampled_from(["me", "any"]) | concrete, st.sampled_from(["me", "any"]) | concrete).filter(
            lambda pair: pair != ("me", "me")
        )
        | st.sampled_from(["dns", "wins", "dhcp", "gateway"]).map(lambda role: ("me", role))
    )
    found: Data = {"source": sides[0], "destination": sides[1]}
    protocol = draw(st.sampled_from(["any", "icmp", "tcp", "udp", "raw", "47", 50]))
    found["protocol"] = protocol
    if protocol in ("tcp", "udp"):
        port = st.integers(1, 65535) | st.just("any")
        found |= {"source_port": draw(port), "destination_port": draw(port)}
    found["mirrored"] = draw(st.booleans())
    found["description"] = draw(_texts())
    return found


def _selector(one: Data) -> tuple[object, ...]:
    options = ("source", "destination", "protocol", "source_port", "destination_port")
    return (*(str(one.get(key, "any")) for key in options), one["mirrored"])


def _methods() -> st.SearchStrategy[Data]:
    esp = st.sampled_from([("3des", "sha1"), ("3des", "md5"), ("des", "md5"), ("none", "sha1"), ("3des", "none")]).map(
        lambda pair: {"esp_encryption": pair[0], "esp_integrity": pair[1]}
    )
    ah = st.sampled_from(["md5", "sha1"]).map(lambda word: {"ah_integrity": word})
    both = st.tuples(ah, esp).map(lambda pair: {**pair[0], **pair[1]})
    lifetimes = st.fixed_dictionaries(
        {},
        optional={
            "lifetime_kilobytes": st.sampled_from([0, 20480, 100000, 2**32 - 1]),
            "lifetime_seconds": st.sampled_from([0, 300, 3600, 2**32 - 1]),
        },
    )
    return st.tuples(esp | ah | both, lifetimes).map(lambda pair: {**pair[0], **pair[1]})


def _authentication(modern: bool) -> st.SearchStrategy[list[Data]]:
    kerberos: st.SearchStrategy[Data] = st.just({"method": "kerberos"})
    keys = st.text(_PLAIN, min_size=1, max_size=20).filter(lambda text: text == text.strip())
    preshared = keys.map(lambda key: {"method": "preshared_key", "preshared_key": key})
    authority = st.sampled_from(["CN=Root CA", 'CN=Root, O="Example, Inc."', "C=US, O=MSFT, CN=Corp Root"])
    options = st.booleans() if modern else st.just(False)
    certificate = st.builds(
        lambda name, mapping, exclude: {
            "method": "certificate",
            "authority": name,
            "map_to_account": mapping,
            "exclude_authority_name": exclude,
        },
        authority,
        options,
        options,
    )
    return st.lists(
        st.one_of(kerberos, preshared, certificate),
        min_size=1,
        max_size=3,
        unique_by=lambda one: one.get("authority", one["method"]),
    )


def _main_modes() -> st.SearchStrategy[Data]:
    method = st.fixed_dictionaries(
        {
            "encryption": st.sampled_from(["des", "3des"]),
            "integrity": st.sampled_from(["md5", "sha1"]),
            "dh_group": st.sampled_from(["768", "1024", "2048", 2048]),
        }
    )
    # Fresh keys leave no other limit than one, so a document that is merged with another says both.
    limits: st.SearchStrategy[Data] = st.sampled_from(
        [
            {},
            {"perfect_forward_secrecy": False},
            *({"perfect_forward_secrecy": True, "quick_modes": number} for number in (0, 1)),
            *({"perfect_forward_secrecy": False, "quick_modes": number} for number in (0, 1, 7)),
            {"quick_modes": 0},
        ]
    )
    others: st.SearchStrategy[Data] = st.fixed_dictionaries(
        {},
        optional={
            "security_methods": st.lists(
                method, min_size=1, max_size=3, unique_by=lambda one: str(sorted(map(str, one.values())))
            ),
            "lifetime_minutes": st.sampled_from([1, 60, 480, 71582788]),
        },
    )
    return st.tuples(limits, others).map(lambda both: {**both[0], **both[1]})


def _offer(method: Data) -> str:
    """Return what a method offers, with the documented lifetimes where it says none."""
    return str(sorted({"lifetime_kilobytes": 100000, "lifetime_seconds": 3600, **method}.items()))


def _some(one: st.SearchStrategy[Data]) -> st.SearchStrategy[list[Data]]:
    return st.lists(one, min_size=1, max_size=3, unique_by=_offer)


def _actions(name: str, methods: st.SearchStrategy[list[Data]]) -> st.SearchStrategy[Data]:
    plain = st.fixed_dictionaries(
        {"name": st.just(name), "action": st.sampled_from(["permit", "block"])}, optional={"description": _texts()}
    )
    flags = ("accept_unsecured", "fallback_to_clear", "perfect_forward_secrecy")
    negotiate = st.fixed_dictionaries(
        {"name": st.just(name), "action": st.just("negotiate"), "security_methods": methods},
        optional={"description": _texts(), **{flag: st.booleans() for flag in flags}},
    )
    return plain | negotiate


@st.composite
def pairs(draw: st.DrawFn, modern: bool) -> Pair:
    """Two documents of what a host has first and what it shall have then."""
    # Below Vista the names of predefined objects are among the choices, since only there they mean something.
    known = (PREDEFINED_LISTS, PREDEFINED_ACTIONS, PREDEFINED_POLICIES) if not modern else ((), (), ())
    pools = [draw(_pool(_names(*names), 3)) for names in known]
    rule_names = draw(_pool(_names(), 3))
    filters = draw(st.lists(_filters(modern), min_size=4, max_size=6, unique_by=_selector))
    methods = draw(_some(_methods()))
    chosen = st.lists(st.sampled_from(methods), min_size=1, max_size=3, unique_by=_offer)
    authentication = [draw(_authentication(modern)) for _time in range(2)]

    def subset(pool: list[str], least: int = 0) -> list[str]:
        return draw(st.lists(st.sampled_from(pool), min_size=least, unique=True))

    def document(least: int) -> Data:
        lists = [
            {
                "name": name,
                "description": draw(_texts()),
                "filters": draw(st.lists(st.sampled_from(filters), max_size=5, unique_by=_selector)),
            }
            for name in subset(pools[0], least)
        ]
        actions = [draw(_actions(name, chosen)) for name in subset(pools[1], least)]
        policies = [policy(name, lists, actions) for name in subset(pools[2], least)]
        found: Data = {"filter_lists": lists, "filter_actions": actions, "policies": policies}
        names = [item["name"] for item in policies]
        assigned = draw(st.sampled_from([*names, *names, "", None]))
        return found if assigned is None else {**found, "assigned": assigned}

    def policy(name: str, lists: list[Data], actions: list[Data]) -> Data:
        found: Data = {"name": name}
        if draw(st.booleans()):
            found["description"] = draw(_texts())
        if draw(st.booleans()):
            found["polling_interval_minutes"] = draw(st.sampled_from([1, 180, 1440]))
        if draw(st.booleans()):
            found["main_mode"] = draw(_main_modes())
        if draw(st.booleans()):
            found["default_response"] = draw(_responses(chosen, st.sampled_from(authentication)))
        if lists and actions:
            found["rules"] = [rule(item, lists, actions) for item in subset(rule_names)]
        return found

    def rule(name: str, lists: list[Data], actions: list[Data]) -> Data:
        found: Data = {
            "name": name,
            "filter_list": draw(st.sampled_from(lists))["name"],
            "filter_action": draw(st.sampled_from(actions))["name"],
        }
        more: dict[str, st.SearchStrategy[Any]] = {
            "description": _texts(),
            "authentication": st.sampled_from(authentication),
            "connection_type": st.sampled_from(["all", "lan", "dialup"]),
            "tunnel_endpoint": st.sampled_from(["none", "192.0.2.1", *(["2001:db8::9"] if modern else [])]),
            "enabled": st.booleans(),
        }
        return {**found, **draw(st.fixed_dictionaries({}, optional=more))}

    return document(1), document(0)


def _responses(methods: st.SearchStrategy[list[Data]], keys: st.SearchStrategy[list[Data]]) -> st.SearchStrategy[Data]:
    return st.fixed_dictionaries(
        {"enabled": st.booleans()},
        optional={
            "authentication": keys,
            "security_methods": methods,
            "perfect_forward_secrecy": st.booleans(),
        },
    )
