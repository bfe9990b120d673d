# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall firewall`: rules are added, changed, deleted and shown.

Names need not be unique; whatever goes by name hits every rule of that name, also by the text behind a resource.
Criteria compare with what a rule says, not with what it covers (lab's choice). Only local rules are seen.

[ledger: fw-delete-by-name, fw-duplicates-taken]

[ledger: cs-criteria-compare]
"""

from __future__ import annotations

from dataclasses import replace

from ..firewall import store
from ..firewall.model import Direction, Profile, Rule
from ..firewall.spans import AddressItem, AddressSpan, write_address, write_port
from .advfirewall_values import ADD_TAGS, CRITERIA_TAGS, fields
from .context import Process
from .firewall_common import Command, Refusal, dispatch, field, place_of_new, require, says, tagged, tell_count
from .words import Given, Word, bind

_PORT_PROTOCOLS = {6: "TCP", 17: "UDP"}
_PROTOCOL_NAMES = {**_PORT_PROTOCOLS, 1: "ICMPv4", 58: "ICMPv6"}
_RESOURCE = "@firewallapi.dll,-"


def run(process: Process, words: list[Word]) -> int | None:
    """Run a command of this context; None if it is not known."""
    return dispatch(process, words, _COMMANDS)


def _spoken(process: Process, text: str) -> str:
    """Return a name, or the text of the resource that it points to."""
    if text.lower().startswith(_RESOURCE):
        number = text[len(_RESOURCE) :]
        return process.texts.resources.get(int(number), text) if number.isdecimal() else text
    return text


def _found(process: Process, given: Given) -> list[tuple[str, Rule]]:
    """Return the rules that fit all criteria; a refusal if there are none."""
    name = require(given, "name")
    others = fields(Given(tuple(pair for pair in given.pairs if pair[0] != "name")))
    found = [
        (rule_id, rule)
        for rule_id, rule in store.rules(process.host)
        if name.lower() in ("all", _spoken(process, rule.name).lower()) and says(rule, others)
    ]
    if not found:
        raise Refusal("no_match")
    return found


def _sound(rule: Rule) -> Rule:
    if (rule.local_ports or rule.remote_ports) and rule.protocol not in _PORT_PROTOCOLS:
        raise Refusal("ports")
    return rule


def _add(process: Process, given: Given) -> None:
    for tag in ("name", "dir", "action"):
        require(given, tag)
    store.add(process.host, _sound(Rule(**fields(given))))


def _delete(process: Process, given: Given) -> None:
    found = _found(process, given)
    for rule_id, _rule in found:
        store.remove(process.host, rule_id)
    tell_count(process, "deleted", len(found))


def _set(process: Process, words: list[Word]) -> None:
    """Change what stands behind the word `new`; keys that are not known stay."""
    place = place_of_new(words)
    if place is None:
        raise Refusal("missing", tag="new")
    changes = fields(bind(words[place + 1 :], ADD_TAGS))
    if not changes:
        raise Refusal("missing", tag="new")
    found = _found(process, bind(words[:place], CRITERIA_TAGS))
    changed = [(rule_id, _sound(replace(rule, **changes))) for rule_id, rule in found]
    for rule_id, rule in changed:
        store.add(process.host, rule, rule_id)
    tell_count(process, "updated", len(changed))


def _show(process: Process, words: list[Word]) -> None:
    rest = [word for word in words if word.equals is not None or word.text.lower() != "verbose"]
    for _id, rule in _found(process, bind(rest, ("name", "dir", "profile"))):
        _print(process, rule, verbose=len(rest) < len(words))


def _print(process: Process, rule: Rule, *, verbose: bool) -> None:
    words = process.texts.firewall
    process.say("")
    field(process, "rule_name", _spoken(process, rule.name))
    process.say("-" * 70)
    if verbose:
        field(process, "description", _spoken(process, rule.description))
    field(process, "enabled", words["yes" if rule.active else "no"])
    field(process, "direction", words["in" if rule.direction is Direction.IN else "out"])
    field(process, "profiles", ",".join(words[each.lower()] for each in rule.profiles or Profile))
    field(process, "grouping", _spoken(process, rule.group))
    field(process, "local_ip", _addresses(process, rule.local_v4, rule.local_v6))
    field(process, "remote_ip", _addresses(process, rule.remote_v4, rule.remote_v6))
    protocol = words["any"] if rule.protocol is None else _PROTOCOL_NAMES.get(rule.protocol, str(rule.protocol))
    field(process, "protocol", protocol)
    if rule.protocol in _PORT_PROTOCOLS:
        field(process, "local_port", ",".join(map(write_port, rule.local_ports)) or words["any"])
        field(process, "remote_port", ",".join(map(write_port, rule.remote_ports)) or words["any"])
    field(process, "edge", words["yes" if rule.edge else "no"])
    if verbose and rule.program:
        field(process, "program", rule.program)
    if verbose and rule.service:
        field(process, "service", rule.service)
    field(process, "action", words[rule.action.lower()])


def _addresses(process: Process, *families: tuple[AddressItem, ...]) -> str:
    texts = []
    for item in (item for family in families for item in family):
        text = write_address(item, masks=False)
        if isinstance(item, AddressSpan) and item.first == item.last:
            text += f"/{item.first.max_prefixlen}"
        texts.append(text)
    return ",".join(dict.fromkeys(texts)) or process.texts.firewall["any"]


_COMMANDS = {
    "add": {"rule": tagged(_add, ADD_TAGS)},
    "delete": {"rule": tagged(_delete, CRITERIA_TAGS)},
    "set": {"rule": Command(_set, (*CRITERIA_TAGS, *ADD_TAGS))},
    "show": {"rule": Command(_show, ("name", "dir", "profile"))},
}
