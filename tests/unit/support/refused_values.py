# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals of single values: names, filters and pre-shared keys, and how the cases are written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}
SECURE = {"name": "Secure", "action": "negotiate", "security_methods": [ESP]}


@dataclass(frozen=True, slots=True)
class Case:
    """One refusal. ``fragments`` stand in the message; with ``asks`` the host is read first, else nothing is sent."""

    name: str
    module: str
    args: Data
    fragments: tuple[str, ...]
    version: str = "2016"
    asks: bool = False


def listed(**filter_options: object) -> Data:
    return {"name": "L", "filters": [filter_options]}


def filter_case(title: str, fragments: tuple[str, ...], **options: object) -> Case:
    return Case(f"filter {title}", "filter_list", listed(**options), fragments)


def named(title: str, name: object, *fragments: str) -> list[Case]:
    """Return one case for each place where an object is named."""
    rule = {"name": "R", "filter_list": "Web", "filter_action": "Secure"}
    places: list[tuple[str, str, Data]] = [
        ("name", "filter_list", {"name": name}),
        ("name", "filter_action", {"name": name, **{k: v for k, v in SECURE.items() if k != "name"}}),
        ("name", "policy", {"name": name}),
        ("name", "assignment", {"name": name}),
        ("rules[0].name", "policy", {"name": "P", "rules": [{**rule, "name": name}]}),
        ("rules[0].filter_list", "policy", {"name": "P", "rules": [{**rule, "filter_list": name}]}),
        ("config.policies[0].name", "policies", {"config": {"policies": [{"name": name}]}}),
        ("config.assigned", "policies", {"config": {"assigned": name}}),
    ]
    if name == "":
        # An empty assignment means none, and a host may have rules without a name.
        places = [place for place in places if place[0] not in ("config.assigned", "rules[0].name")]
    return [
        Case(f"{title} in {module} {path}", module, args, (f"{path} is ", *fragments)) for path, module, args in places
    ]


def keyed(name: str, key: object, *fragments: str) -> Case:
    rule = {"name": "R", "filter_list": "Web", "filter_action": "Secure"}
    rule["authentication"] = [{"method": "preshared_key", "preshared_key": key}]  # type: ignore[assignment]
    path = "rules[0].authentication[0].preshared_key is '(hidden)'"
    return Case(f"key {name}", "policy", {"name": "P", "rules": [rule]}, (path, *fragments))


def ruled(title: str, fragments: tuple[str, ...], asks: bool = False, version: str = "2016", **options: object) -> Case:
    rule = {"name": "R", "filter_list": "Web", "filter_action": "Secure", **options}
    return Case(f"rule {title}", "policy", {"name": "P", "rules": [rule]}, fragments, version=version, asks=asks)


def acting(title: str, fragments: tuple[str, ...], **options: object) -> Case:
    return Case(f"action {title}", "filter_action", {"name": "A", **options}, fragments)


def whole(name: str, config: Data, *fragments: str, **more: Any) -> Case:
    args = {"config": config, "state": more.pop("state", "merged")}
    return Case(f"document {name}", "policies", args, fragments, **more)


NAMES = [
    *named("double quote", 'a"b', "'a\"b'", 'a text without "', "leave it out"),
    *named("newline", "a\nb", r"'a\nb'", "one line", "Remove line ends"),
    *named("percent", "50%", "a text without %", "would reinterpret %"),
    *named("ampersand", "a&b", "a text without &", "would reinterpret &"),
    *named("caret", "a^b", "a text without ^", "would reinterpret ^"),
    *named("pipe", "a|b", "a text without |", "would reinterpret |"),
    *named("less than", "a<b", "a text without <", "would reinterpret <"),
    *named("marker", "a@@b", "a text without @@", "marks the steps"),
    *named("tab", "a\tb", r"'a\tb'", "control characters", "tabs"),
    *named("too long", "x" * 300, "xxx...", "at most 240 characters, not 300", "shorter name"),
    *named("non-ASCII", "Büro", r"'B\xfcro'", "ASCII characters only", "use ASCII letters"),
    *named("empty", "", "''", "a name", "Give the object a name"),
    ruled("without a name", ("rules[''] is ''", "a name", "Give the object a name"), asks=True, name=""),
    *named("blanks at the ends", " a ", "' a '", "without blanks at its ends", "Write 'a'"),
    *named("trailing backslash", "a\\", "does not end with a backslash", "escape the closing quote"),
    *named("all", "all", "a name other than all", "choose another name"),
    *named("All", "ALL", "a name other than all", "choose another name"),
    *named("staging", "Front~winsec~1", "does not end like ~winsec~1", "short-lived copies"),
    ruled("default", ("rules[0].name is 'default'", "other than default", "choose another name"), name="default"),
]
ADDRESSES = [
    filter_case(f"{option} {value!r}", (f"filters[0].{option} is ", *fragments), **{option: value, "mirrored": True})
    for option in ("source", "destination")
    for value, fragments in (
        ("10.0.0.300", ("'10.0.0.300'", "expected me, any", "Correct the address")),
        ("server.example.com", ("'server.example.com'", "an address", "Names are not resolved")),
        ("10.0.0.1/33", ("a prefix length or a contiguous mask", "Write for example 10.0.1.0/24")),
        ("10.0.0.0/255.0.255.0", ("a contiguous mask", "Write for example")),
        ("10.0.0.0/0.0.0.255", ("a network mask", "Write 10.0.0.0/24")),
        ("10.0.0.1/24", ("without bits beyond its mask", "Write 10.0.0.0/24")),
        ("0.0.0.0/0", ("a prefix of at least 1", "Write any")),
        ("10.0.0.9-10.0.0.1", ("not above the last", "Write 10.0.0.1-10.0.0.9")),
        ("10.0.0.1-2001:db8::1", ("two addresses of one family", "first and the last")),
        ("10.0.0.1-10.0.0.2-10.0.0.3", ("two addresses joined by a hyphen", "as in")),
        ("2001:db8::g", ("'2001:db8::g'", "expected me, any", "Correct the address")),
        ("2001:db8::/129", ("a prefix length", "Write for example")),
        ("", ("''", "expected me, any", "Correct the address")),
        ("10.0.0.1; exit", ("expected me, any", "Correct the address")),
    )
]
FILTERS = [
    *ADDRESSES,
    *(
        filter_case(
            f"{option} {value!r}",
            (f"filters[0].{option} is ", "one port number from 1 to 65535, or any", remedy),
            protocol="tcp",
            **{option: value},
        )
        for option in ("source_port", "destination_port")
        for value, remedy in (
            (65536, "Give the number"),
            ("-1", "Give the number"),
            ("http", "Give the number"),
            ("80-90", "one filter for each port"),
            ("80,443", "one filter for each port"),
        )
    ),
    *(
        filter_case(
            f"protocol {value!r}",
            ("filters[0].protocol is ", "a protocol number from 0 to 255", "Name the"),
            protocol=value,
        )
        for value in ("256", "-1", "esp", "")
    ),
    filter_case(
        "port without protocol",
        ("filters[0].destination_port is 80", "no port with", "Say protocol: tcp or udp"),
        destination_port=80,
    ),
    filter_case(
        "port with esp",
        ("filters[0].source_port is 500", "no port with protocol 50", "50, not ports"),
        protocol="50",
        source_port=500,
    ),
    filter_case(
        "families",
        ("filters[0].destination is '2001:db8::1'", "an IPv4 address like the source", "one filter for each"),
        source="10.0.0.1",
        destination="2001:db8::1",
    ),
    filter_case("me to me", ("filters[0].destination is 'me'", "another host", "Correct one"), destination="me"),
    *(
        filter_case(
            f"role {role}",
            ("filters[0].destination is ", "me as the source", "Write source: me"),
            source="any",
            destination=role,
        )
        for role in ("dns", "wins", "dhcp", "gateway")
    ),
    filter_case("words of netsh", ("filters[0].srcaddr is a text (not shown)", "The option is source"), srcaddr="any"),
    *(
        filter_case(
            f"several {option}", (f"filters[0].{option} is a list (not shown)", what, "filters_to"), **{option: value}
        )
        for option, what, value in (
            ("source", "one address, network or range", ["10.1.1.1", "10.1.1.2"]),
            ("destination", "one address, network or range", ["10.1.1.1"]),
            ("protocol", "one protocol", ["tcp", "udp"]),
            ("destination_port", "one port", [135, 445]),
            ("source_port", "one port", [135, 445]),
        )
    ),
    filter_case("not a mapping", ("filters[0] is a text (not shown)", "a mapping with", "key: value")),
]
FILTERS[-1].args["filters"] = ["me"]
KEYS = [
    keyed("with a line end", "secret\n", "does not end with a line end", "encrypt the key with printf or echo -n"),
    keyed("empty", "", "a key", "leave the option out"),
    keyed("non-ASCII", "Schlüssel", "ASCII characters only", "use ASCII letters"),
    keyed("quote", 'se"cret', 'a text without "', "leave it out"),
    keyed("percent", "se%cret", "a text without %", "leave it out"),
    keyed("too long", "s3" * 200, "at most 256 characters, not 400", "shorter key"),
    keyed("newline", "se\ncret", "one line", "Remove"),
    keyed("blanks", " secret", "without blanks at its ends", "another key"),
    keyed("backslash", "secret\\", "does not end with a backslash", "leave it out"),
    keyed("list", ["secret-in-a-list"], "a text", "between quotes"),
    keyed("number", 12345678, "a text", "between quotes"),
]
