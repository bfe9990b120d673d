# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall consec` and `mainmode`: rules are added, changed, deleted and shown.

Names need not be unique; whatever goes by name hits every rule of that name. Criteria compare with what a rule says,
not with what it covers (lab's choice). Only local rules are changed; only rules in force are dynamic.

[ledger: cs-names-repeat, cs-criteria-compare, cs-every-match]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..consec import store
from ..consec.checks import Unfit
from ..consec.mainmode import MainModeRule
from ..consec.rule import Action, Rule
from .consec_drafts import Draft, draft, main_mode_draft, sets_of
from .consec_show import in_force, show_main_mode, show_rule
from .consec_values import ADD_TAGS, MAIN_MODE_SELECTORS, MAIN_MODE_TAGS, SELECTORS, fields
from .context import Process
from .firewall_common import (
    Command,
    Refusal,
    Silence,
    dispatch,
    one_of,
    place_of_new,
    require,
    says,
    tagged,
    tell_count,
)
from .words import Given, Word, bind

AnyRule = Rule | MainModeRule


def run(process: Process, words: list[Word]) -> int | None:
    """Run a command of `consec`; None if it is not known."""
    return dispatch(process, words, _CONSEC)


def run_main_mode(process: Process, words: list[Word]) -> int | None:
    """Run a command of `mainmode`; None if it is not known."""
    return dispatch(process, words, _MAIN_MODE)


def _unfit(work: Callable[[], Draft]) -> Draft:
    """Turn what Windows refuses into what netsh says."""
    try:
        return work()
    except Unfit as err:
        raise Refusal(err.key) from None


def _add(process: Process, given: Given) -> None:
    for tag in ("name", "endpoint1", "endpoint2", "action"):
        require(given, tag)
    rule = Rule(action=Action.REQUEST, description="", active=True)
    _unfit(lambda: draft(process.host, given, rule)).write(process.host)


def _add_main_mode(process: Process, given: Given) -> None:
    require(given, "name")
    rule = MainModeRule(description="", active=True)
    _unfit(lambda: main_mode_draft(process.host, given, rule)).write(process.host)


Source = Callable[[Any], Iterator[tuple[str, Any]]]


def _found(process: Process, given: Given, rules: Source) -> list[tuple[str, Any]]:
    """Return the rules that fit all criteria; a refusal if there are none."""
    group = given.get("group")
    name = require(given, "name") if group is None else given.get("name") or "all"
    others = fields(Given(tuple(pair for pair in given.pairs if pair[0] not in ("name", "group"))))
    found = [
        (rule_id, rule)
        for rule_id, rule in rules(process.host)
        if name.lower() in ("all", (rule.name or "").lower())
        and (group is None or group.lower() == (rule.group or "").lower())
        and says(rule, others)
    ]
    if not found:
        raise Refusal("no_match")
    return found


def _delete(rules: Source) -> Callable[[Process, Given], None]:
    def delete(process: Process, given: Given) -> None:
        found = _found(process, given, rules)
        for rule_id, rule in found:
            store.remove(process.host, rule_id, rule)
        store.prune(process.host, [each for _id, rule in found for each in sets_of(rule)])
        tell_count(process, "deleted", len(found))

    return delete


def _set(
    rules: Source, selectors: tuple[str, ...], tags: tuple[str, ...], make: Callable[..., Draft]
) -> Callable[[Process, list[Word]], None]:
    """Return the command that changes what stands behind the word `new`; without it nothing happens, without a word.

    [ledger: cs-set-without-new]
    """

    def change(process: Process, words: list[Word]) -> None:
        place = place_of_new(words)
        if place is None:
            raise Silence
        given, changes = bind(words[:place], selectors), bind(words[place + 1 :], tags)
        if not changes.pairs:
            raise Refusal("missing", tag="new")
        if given.get("group") is not None and {tag for tag, _value in changes.pairs} != {"enable"}:
            raise Refusal("consec_group")
        found = _found(process, given, rules)
        drafts = [_unfit(partial(make, process.host, changes, rule, rule_id)) for rule_id, rule in found]
        for each in drafts:
            each.write(process.host)
        store.prune(process.host, [former for each in drafts for former in each.former])
        tell_count(process, "updated", len(drafts))

    return change


def _show(rules: Source, show: Callable[..., None]) -> Callable[[Process, list[Word]], None]:
    def command(process: Process, words: list[Word]) -> None:
        rest = [word for word in words if word.equals is not None or word.text.lower() != "verbose"]
        given = bind(rest, ("name", "profile", "type"))
        dynamic = one_of("type", given.get("type") or "static", ("dynamic", "static")) == "dynamic"
        given = Given(tuple(pair for pair in given.pairs if pair[0] != "type"))
        chosen: Source = (lambda host: in_force(host, rules)) if dynamic else rules
        for _id, rule in _found(process, given, chosen):
            show(process, rule, dynamic=dynamic, verbose=len(rest) < len(words))

    return command


_CONSEC = {
    "add": {"rule": tagged(_add, ADD_TAGS)},
    "delete": {"rule": tagged(_delete(store.rules), SELECTORS)},
    "set": {"rule": Command(_set(store.rules, SELECTORS, ADD_TAGS, draft), (*SELECTORS, *ADD_TAGS))},
    "show": {"rule": Command(_show(store.rules, show_rule), ("name", "profile", "type"))},
}
_MAIN_MODE = {
    "add": {"rule": tagged(_add_main_mode, MAIN_MODE_TAGS)},
    "delete": {"rule": tagged(_delete(store.main_mode_rules), MAIN_MODE_SELECTORS)},
    "set": {
        "rule": Command(
            _set(store.main_mode_rules, MAIN_MODE_SELECTORS, MAIN_MODE_TAGS, main_mode_draft),
            (*MAIN_MODE_SELECTORS, *MAIN_MODE_TAGS),
        )
    },
    "show": {"rule": Command(_show(store.main_mode_rules, show_main_mode), ("name", "profile", "type"))},
}
