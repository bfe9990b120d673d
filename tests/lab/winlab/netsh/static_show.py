# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec static show`, in list and in table format.

Known from real output are, in English: most labels of policies and of filter lists, the place of the colon, NONE for
empty, an empty line between records and a count at the end; and for tables the tabs and the numbers of header and
trailer lines. The rest is plausible only. A pre-shared key is shown in full under `level=verbose`: what Windows does
there is not known, and this is the choice that punishes trust.

[ledger: netsh-texts-of-answers, netsh-show-hides-nothing, netsh-show-localised, netsh-show-list-form]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TypeVar

from ..store import wording
from ..store.errors import Code, StoreError
from ..store.model import AuthType, Connection, Filter, Side, SideKind
from ..store.view import FilterActionView, FilterListView, PolicyView, RuleView
from . import values
from .context import Process
from .words import Given, pick

Record = list[tuple[str, str]]
View = TypeVar("View", PolicyView, FilterListView, FilterActionView)

NAMED_TAGS = ("name", "level", "format", "wide")
LIST_TAGS = ("name", "level", "format", "resolvedns", "wide", "rule")
ACTION_TAGS = ("name", "level", "format", "wide", "rule")
RULE_TAGS = ("name", "policy", "type", "level", "format", "wide", "id")
ALL_TAGS = ("format", "wide")

_WIDTH = 23
_CONNECTIONS = {Connection.ALL: "ALL", Connection.LAN: "LAN", Connection.DIALUP: "DIALUP"}


class _Printer:
    """Turns records into lines of the asked format."""

    def __init__(self, process: Process, given: Given) -> None:
        self._process = process
        self.labels = process.texts.labels
        self.table = _word(given, "format", ("list", "table"), "list") == "table"
        self.verbose = _word(given, "level", ("verbose", "normal"), "normal") == "verbose"

    def records(self, records: Sequence[Record], count_label: str, header_lines: int) -> None:
        """Print records and their count."""
        if self.table:
            self._table(records, header_lines)
            trailer = ["", f"{self.labels[count_label]} : {len(records)}", "", "", ""]
            for line in trailer:
                self._process.say(line)
            return
        for record in records:
            for key, value in record:
                self._process.say(f"{self.labels.get(key, key).ljust(_WIDTH)}: {value}")
            self._process.say("")
        self._process.say(f"{self.labels[count_label]} : {len(records)}")

    def _table(self, records: Sequence[Record], header_lines: int) -> None:
        labels = [self.labels.get(key, key) for key, _value in records[0]] if records else []
        header = ["\t".join(labels), "\t".join("-" * len(label) for label in labels)]
        for line in [""] * (header_lines - 2) + header:
            self._process.say(line)
        for record in records:
            self._process.say("\t".join(value for _key, value in record))

    def say(self, text: str) -> None:
        self._process.say(text)


def _word(given: Given, tag: str, choices: Sequence[str], default: str) -> str:
    value = given.get(tag)
    if value is None:
        return default
    word = pick(value, choices)
    if word is None:
        raise values.bad(tag, value)
    return word


def _when(process: Process, changed: int) -> str:
    return datetime.fromtimestamp(changed, UTC).strftime(process.texts.time)


def _named(process: Process, text: str | None) -> str:
    return text or process.texts.none


def _everything(given: Given) -> bool:
    return (given.get("name") or "all").lower() == "all"


def _chosen(views: list[View], given: Given, empty: Code, missing: Code) -> list[View]:
    if _everything(given):
        if not views:
            raise StoreError(empty)
        return views
    name = values.require(given, "name")
    found = [view for view in views if (view.name or "").lower() == name.lower()]
    if not found:
        raise StoreError(missing, name=name)
    return found


def show_policy(process: Process, given: Given) -> None:
    """Show one policy or all."""
    printer = _Printer(process, given)
    views = _chosen(process.store.list_policies(), given, Code.NO_POLICIES, Code.NO_SUCH_POLICY)
    printer.records([_policy(process, view, printer.verbose) for view in views], "policies", 4)
    if printer.verbose and not printer.table:
        for view in views:
            printer.say("")
            printer.records([_rule(process, rule, True) for rule in view.rules], "rules", 2)


def _policy(process: Process, view: PolicyView, verbose: bool) -> Record:
    text, mode = process.texts, view.mode
    record = [
        ("policy", _named(process, view.name)),
        ("description", _named(process, view.description)),
        ("changed", _when(process, view.changed)),
        ("assigned", text.truth(view.assigned)),
        ("master_pfs", text.truth(mode is not None and mode.pfs)),
        ("polling", f"{view.polling_seconds // 60} {text.labels['minutes']}"),
    ]
    if verbose and mode is not None:
        record += [
            ("lifetime", f"{mode.lifetime_seconds // 60} {text.labels['minutes']}"),
            ("quick_modes", str(mode.quick_modes)),
            ("main_methods", " ".join(wording.main_mode_method(each) for each in mode.methods)),
        ]
    return record


def show_rule(process: Process, given: Given) -> None:
    """Show the rules of a policy: one, all, or the default response rule."""
    printer = _Printer(process, given)
    store = process.store
    policy = store.policies.require(values.require(given, "policy"))
    kind = _word(given, "type", ("tunnel", "transport"), "")
    view = next(each for each in store.list_policies() if each.key == policy)
    rules = [rule for rule in view.rules if not kind or (rule.body.tunnel is not None) == (kind == "tunnel")]
    if "id" in given:
        wanted = store.rules.numbered(policy, given.get("id") or "")
        rules = [rule for rule in rules if rule.key == wanted]
    elif (given.get("name") or "").lower() == "default":
        rules = [rule for rule in rules if rule.default_response]
    elif not _everything(given):
        wanted = store.rules.require(policy, values.require(given, "name"))
        rules = [rule for rule in rules if rule.key == wanted]
    printer.records([_rule(process, rule, printer.verbose) for rule in rules], "rules", 2)


def _rule(process: Process, rule: RuleView, verbose: bool) -> Record:
    text = process.texts
    filter_list = text.labels["dynamic"] if rule.default_response else _list_name(process, rule)
    record = [
        ("rule", _named(process, rule.name)),
        ("active", text.truth(rule.body.active)),
        ("filter_list", filter_list),
        ("filter_action", _named(process, rule.filter_action.name if rule.filter_action else None)),
        ("tunnel", _named(process, str(rule.body.tunnel) if rule.body.tunnel else None)),
    ]
    if verbose:
        record += [
            ("description", _named(process, rule.description)),
            ("rule_id", rule.key[rule.key.index("{") :]),
            ("connection", _connection(rule.body.connection)),
        ]
        for each in rule.body.authentication:
            words = {AuthType.KERBEROS: "KERBEROS", AuthType.PSK: "PSK", AuthType.CERTIFICATE: "ROOTCA"}
            name = words[AuthType(each.type)] if each.type in set(AuthType) else str(each.type)
            record.append(("authentication", f"{name} {each.text}".rstrip()))
    return record


def _list_name(process: Process, rule: RuleView) -> str:
    return _named(process, rule.filter_list.name if rule.filter_list else None)


def _connection(number: int) -> str:
    return _CONNECTIONS[Connection(number)] if number in set(Connection) else str(number)


def show_filter_list(process: Process, given: Given) -> None:
    """Show one filter list or all, with their filters under `level=verbose`."""
    printer = _Printer(process, given)
    views = _of_rule(process.store.list_filter_lists(), given, lambda rule: rule.filter_list, process)
    views = _chosen(views, given, Code.NO_FILTER_LISTS, Code.NO_SUCH_FILTER_LIST)
    text = process.texts
    if not printer.verbose:
        records = [
            [
                ("filter_list", _named(process, view.name)),
                ("description", _named(process, view.description)),
                ("store", f"{text.local_store} <{process.host.name}>"),
                ("changed", _when(process, view.changed)),
                ("guid", view.key[view.key.index("{") :]),
                ("filter_count", str(len(view.filters))),
            ]
            for view in views
        ]
        printer.records(records, "filter_lists", 2)
        return
    for view in views:
        _verbose_list(process, printer, view)
    printer.say(f"{text.labels['filter_lists']} : {len(views)}")


def _verbose_list(process: Process, printer: _Printer, view: FilterListView) -> None:
    text, labels = process.texts, process.texts.labels
    head = [
        ("filter_list", _named(process, view.name)),
        ("description", _named(process, view.description)),
        ("store", f"{text.local_store} <{process.host.name}>"),
        ("changed", _when(process, view.changed)),
        ("guid", view.key[view.key.index("{") :]),
        ("filter_count", str(len(view.filters))),
    ]
    for key, value in head:
        printer.say(f"{labels[key]} : {value}" if printer.table else f"{labels[key].ljust(_WIDTH)}: {value}")
    printer.say(labels["filters"])
    printer.say("-" * 9)
    for one in view.filters:
        cells = _filter(process, one)
        if printer.table:
            printer.say("\t".join(value for _key, value in cells[:5]))
            printer.say("\t".join(value for _key, value in cells[5:]))
            continue
        for key, value in cells:
            printer.say(f"{labels[key].ljust(_WIDTH)} : {value}")
        printer.say("")


def _filter(process: Process, one: Filter) -> Record:
    text = process.texts
    return [
        ("description", _named(process, one.description)),
        ("mirrored", text.truth(one.mirrored)),
        ("source", _address(process, one.source)),
        ("source_mask", _mask(one.source)),
        ("source_dns", _named(process, one.source_dns)),
        ("destination", _address(process, one.destination)),
        ("destination_mask", _mask(one.destination)),
        ("destination_dns", _named(process, one.destination_dns)),
        ("protocol", text.any if one.protocol == 0 else wording.protocol(one.protocol)),
        ("source_port", str(one.source_port) if one.source_port else text.any),
        ("destination_port", str(one.destination_port) if one.destination_port else text.any),
    ]


def _address(process: Process, side: Side) -> str:
    if side.kind is SideKind.ME:
        return process.texts.me
    if side.kind is SideKind.ANY:
        return process.texts.any_address
    return wording.side(side).partition("/")[0].upper()


def _mask(side: Side) -> str:
    if side.first is not None and side.first.version == 6:
        return str(side.mask)
    return str(IPv4Address(side.mask))


def show_filter_action(process: Process, given: Given) -> None:
    """Show one filter action or all named ones."""
    printer = _Printer(process, given)
    named = [view for view in process.store.list_filter_actions() if view.name is not None]
    views = _of_rule(named, given, lambda rule: rule.filter_action, process)
    views = _chosen(views, given, Code.NO_FILTER_ACTIONS, Code.NO_SUCH_FILTER_ACTION)
    printer.records([_action(process, view, printer.verbose) for view in views], "filter_actions", 2)


def _action(process: Process, view: FilterActionView, verbose: bool) -> Record:
    text, body = process.texts, view.body
    record = [
        ("filter_action", _named(process, view.name)),
        ("description", _named(process, view.description)),
        ("action", body.action.upper()),
        ("inpass", text.truth(body.inpass)),
        ("soft", text.truth(body.soft)),
        ("pfs", text.truth(body.pfs)),
        ("changed", _when(process, view.changed)),
    ]
    if verbose:
        record.append(("methods", " ".join(wording.offer(each) for each in body.offers) or text.none))
    return record


def _of_rule(views: list[View], given: Given, part: Callable[[RuleView], View | None], process: Process) -> list[View]:
    """Keep what a rule uses, if `rule=` asks for it."""
    name = given.get("rule")
    if name is None:
        return views
    rules = [rule for policy in process.store.list_policies() for rule in policy.rules]
    wanted = {used.key for rule in rules if (rule.name or "").lower() == name.lower() and (used := part(rule))}
    if not wanted:
        raise StoreError(Code.NO_SUCH_RULE, name=name)
    return [view for view in views if view.key in wanted]


def show_all(process: Process, given: Given) -> None:
    """Show policies, filter lists and filter actions; an empty class answers with its error line."""
    for shower in (show_policy, show_filter_list, show_filter_action):
        try:
            shower(process, given)
        except StoreError as err:
            process.report(err)
        process.say("")


def show_store(process: Process, _given: Given) -> None:
    """Show which store this process works on."""
    if process.location != "local":
        raise StoreError(Code.STORE_NOT_OPEN)
    process.say(f"{process.texts.local_store} <{process.host.name}>")


def show_gpo_assigned_policy(process: Process, _given: Given) -> None:
    """Show the policy that the domain assigns, which its marks in the registry name."""
    key = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"
    name = process.host.registry.get(key, "DSIPSECPolicyName")
    if name is None:
        process.say(process.texts.labels["gpo"])
    else:
        process.say(f"{process.texts.labels['policy'].ljust(_WIDTH)}: {name.data!s}")
