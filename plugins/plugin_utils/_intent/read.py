# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as an intent; what cannot be read is refused with the path of its option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from enum import StrEnum
from typing import TypeVar

from .._common.errors import IpsecError
from .._common.fields import Fields, freely_named, listed
from .._common.packets import has_ports, parse_port, parse_protocol
from .._policies.document import read_document
from .._policies.model import MainMode, Policy, Store
from .batches import DEFAULT_SERIAL, check_serial
from .host import read_host
from .model import Article, Flow, Intent, Level, Swap, Switches

OPTIONS = (
    "flows",
    "hosts",
    "groups",
    "policy_name",
    "main_mode",
    "article",
    "allow_swap",
    "skip_unreachable",
    "leave_refused",
    "remove_unknown_peers",
    "replace_policy",
    "only_look",
    "serial",
    "fail",
)
FLOW_OPTIONS = (
    "name",
    "from",
    "to",
    "ports",
    "protocol",
    "level",
    "authentication",
    "security_methods",
    "perfect_forward_secrecy",
    "same_site",
)
ARTICLE_OPTIONS = tuple(one.name for one in fields_of(Article))
DEFAULT_POLICY_NAME = "IPsec flows"
DEFAULT_AUTHENTICATION = [{"method": "kerberos"}]
DEFAULT_METHODS = [
    {"esp_encryption": "3des", "esp_integrity": "sha1", "lifetime_kilobytes": 100_000, "lifetime_seconds": 900}
]
_PLACEHOLDER = "x"

Word = TypeVar("Word", bound=StrEnum)


def read_intent(given: Mapping[str, object]) -> Intent:
    """Return what the options ask for; IpsecError with the option path for whatever cannot be read."""
    fields = Fields(given, "", OPTIONS)
    fields.require("flows", "a list of flows")
    fields.require("hosts", "a list of hosts")
    flows = tuple(_flow(data, where) for where, data in fields.items("flows"))
    if not flows:
        raise IpsecError("flows", [], "at least one flow", "Write for example {name: Web, from: web, to: sql}.")
    _each_once("flows", [one.name for one in flows])
    hosts = tuple(read_host(data, where) for where, data in fields.items("hosts"))
    if not hosts:
        raise IpsecError("hosts", [], "at least one host", "Is this the right inventory?")
    _each_once("hosts", [one.name for one in hosts])
    main_mode = MainMode()
    if fields.given("main_mode"):
        main_mode = _policy({"main_mode": fields.mapping("main_mode")}, "main_mode", "main_mode").main_mode
    return Intent(
        flows=flows,
        hosts=hosts,
        groups=_groups(fields),
        policy_name=_policy_name(fields),
        main_mode=main_mode,
        switches=Switches(
            allow_swap=frozenset(_words(fields, "allow_swap", Swap)),
            skip_unreachable=fields.flag("skip_unreachable", False),
            leave_refused=fields.flag("leave_refused", False),
            remove_unknown_peers=fields.flag("remove_unknown_peers", False),
            replace_policy=fields.flag("replace_policy", False),
            only_look=fields.flag("only_look", False),
        ),
        article=_article(fields.mapping("article"), "article") if fields.given("article") else None,
        serial=tuple(check_serial(text, where) for where, text in fields.elements("serial")) or DEFAULT_SERIAL,
    )


def _each_once(key: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise IpsecError(f"{key}[{index}].name", name, "each name once", "Rename or remove one of them.")


def _groups(fields: Fields) -> dict[str, tuple[str, ...]]:
    remedy = 'Write groups: "{{ groups }}", as Ansible has them.'
    data = freely_named(fields.mapping("groups"), "groups", "a mapping of groups to their hosts", remedy)
    return {name: tuple(listed(hosts, f"groups[{name!r}]")) for name, hosts in data.items()}


def _words(fields: Fields, key: str, kind: type[Word]) -> list[Word]:
    found = []
    for where, text in fields.elements(key):
        if text not in tuple(kind):
            raise IpsecError(where, text, f"one of {', '.join(kind)}", "Choose one of these words.")
        found.append(kind(text))
    return found


def _flow(data: object, path: str) -> Flow:
    fields = Fields(data, path, FLOW_OPTIONS)
    fields.require("name", "a name for the flow")
    for key in ("from", "to"):
        fields.require(key, "groups, hosts or addresses")
    protocol = parse_protocol(fields.text("protocol", "tcp"), fields.at("protocol"))
    ports = [_port(text, where) for where, text in fields.elements("ports")]
    if ports and not has_ports(protocol):
        raise IpsecError(fields.at("ports"), ports[0], "no ports with this protocol", "Say protocol: tcp or udp.")
    terms = {
        "authentication": _given(fields, "authentication", DEFAULT_AUTHENTICATION),
        "security_methods": _given(fields, "security_methods", DEFAULT_METHODS),
        "perfect_forward_secrecy": fields.flag("perfect_forward_secrecy", False),
    }
    store = _store(terms, path)
    rule, action = store.policies[0].rules[0], store.filter_actions[0]
    return Flow(
        name=_said(fields, "name"),
        path=path,
        sources=_ends(fields, "from"),
        destinations=_ends(fields, "to"),
        protocol=protocol,
        ports=tuple(sorted(set(ports))),
        level=fields.choice("level", Level, Level.REQUIRE),
        authentication=rule.authentication,
        methods=action.methods,
        perfect_forward_secrecy=action.perfect_forward_secrecy,
        same_site=fields.flag("same_site", False),
    )


def _given(fields: Fields, key: str, default: object) -> object:
    return fields.mapping(key) if fields.given(key) else default


def _said(fields: Fields, key: str) -> str:
    text = fields.text(key, "").strip()
    if not text:
        raise IpsecError(fields.at(key), text, "a text that says something", f"Write something for {key}.")
    return text


def _port(text: str, path: str) -> int:
    number = parse_port(text, path)
    if not number:
        raise IpsecError(path, text, "the number of a port", "Leave ports out for all ports.")
    return number


def _ends(fields: Fields, key: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(fields.texts(key)))
    if not found:
        raise IpsecError(fields.at(key), "empty", "groups, hosts or addresses", "Name at least one.")
    return found


def _store(terms: Mapping[str, object], path: str) -> Store:
    """Return a store with one rule, which has the terms of a flow; refusals name the options of the flow."""
    rule = {"name": _PLACEHOLDER, "filter_list": _PLACEHOLDER, "filter_action": _PLACEHOLDER}
    offered = {key: terms[key] for key in ("security_methods", "perfect_forward_secrecy")}
    action = {"name": _PLACEHOLDER, "action": "negotiate", **offered}
    document = {
        "filter_actions": [action],
        "policies": [{"name": _PLACEHOLDER, "rules": [{**rule, "authentication": terms["authentication"]}]}],
    }
    return _read(document, {"config.filter_actions[0]": path, "config.policies[0].rules[0]": path})


def _policy(options: Mapping[str, object], inside: str, path: str) -> Policy:
    document = {"policies": [{"name": _PLACEHOLDER, **options}]}
    return _read(document, {f"config.policies[0].{inside}": path}).policies[0]


def _read(document: Mapping[str, object], paths: Mapping[str, str]) -> Store:
    """Return a document as a store; its refusals get the paths that people know."""
    try:
        return read_document(document)
    except IpsecError as error:
        path = error.path
        for inside, outside in paths.items():
            path = path.replace(inside, outside, 1)
        raise IpsecError(path, error.value, error.expected, error.remedy) from None


def _policy_name(fields: Fields) -> str:
    text = fields.text("policy_name", DEFAULT_POLICY_NAME)
    return _read({"policies": [{"name": text}]}, {"config.policies[0].name": "policy_name"}).policies[0].name


def _article(data: object, path: str) -> Article:
    fields = Fields(data, path, ARTICLE_OPTIONS)
    default = Article()
    keys = [key for key in ARTICLE_OPTIONS if key.endswith("_name")]
    names: dict[str, str] = {key: fields.text(key, str(getattr(default, key))) for key in keys}
    for key, name in names.items():
        _read({"policies": [{"name": name}]}, {"config.policies[0].name": fields.at(key)})
    return Article(
        **names,
        frontend_accept_unsecured=fields.flag("frontend_accept_unsecured", default.frontend_accept_unsecured),
        frontend_default_response=fields.flag("frontend_default_response", default.frontend_default_response),
    )
