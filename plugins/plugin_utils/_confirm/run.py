# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One confirmation run: it refuses, removes what earlier runs left, asks, removes what it made, and compares the store.

All that it makes is unassigned or disabled. Nothing is made before the host was read twice: once for what runs have
left there, and once for the store that is compared at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from .._common.errors import HostLost, IpsecError, StoreError
from .._windows.registry.keys import Value
from .._windows.registry.query import parse_answer
from . import cleanup, compare, host_checks, netsh_checks, rule_checks
from .groups import ASKED, NOT_ASKED
from .model import Check, Point, point, unasked
from .objects import Wanted
from .talk import Answer, Talk

_CONTROL = r"HKLM\SYSTEM\CurrentControlSet"
_COMPUTER = rf"{_CONTROL}\Control\ComputerName\ActiveComputerName"
_DOMAIN = rf"{_CONTROL}\Services\Tcpip\Parameters"
_STILL_THERE = "What the run made may still be there: it sleeps, and the next run removes it first."
Answers = Sequence[tuple[Wanted, Answer]]


@dataclass(slots=True)
class Report:
    """What a run found. ``left`` is what it could not remove, ``found`` what an earlier run had left."""

    checks: tuple[Check, ...] = ()
    version: str = ""
    found: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    store_as_before: bool = True


def refuse(talk: Talk, *, in_force: bool) -> None:
    """Refuse a host with a policy in force, unless told otherwise; IpsecError says why."""
    host = talk.read()
    effective = host.store.assigned or host.domain_policy
    if effective and not in_force:
        expected = "a host without a policy in force"
        remedy = "Choose a host that may be touched, or set allow_policy_in_force: the run assigns nothing."
        raise IpsecError("host", f"the policy {effective!r}", expected, remedy)


def look(talk: Talk, *, in_force: bool) -> Report:
    """Return what a run would find before it makes anything; every check is not asked."""
    refuse(talk, in_force=in_force)
    reason = "Check mode makes nothing, so nothing is asked."
    checks = tuple(Check(name=name, reason=reason) for name in (*ASKED, *NOT_ASKED))
    return Report(checks=checks, version=str(talk.version), found=cleanup.look(talk).words)


def _learn(talk: Talk) -> None:
    """Ask the names of the host, which no bundle may show."""
    asked = talk.ask(
        {"computer": f"reg.exe query {_COMPUTER} /v ComputerName", "domain": f"reg.exe query {_DOMAIN} /v Domain"}
    )
    for section in asked.values():
        keys = parse_answer(section.text) if section.code == 0 else {}
        talk.hidden |= {str(value.data) for key in keys.values() for value in key.values.values() if value.data}


def confirm(talk: Talk, key: str, *, in_force: bool, renew: Callable[[], None] | None = None) -> Report:
    """Run all checks on a host; ``key`` is a key for its rules, ``renew`` makes a new connection for the end."""
    refuse(talk, in_force=in_force)
    report = Report(version=str(talk.version))
    _learn(talk)
    earlier = cleanup.look(talk)
    if earlier:
        report.found = earlier.words
        left = cleanup.remove(talk)
        if left:
            remedy = "Remove it by hand, then run again."
            raise IpsecError("host", ", ".join(left.words), "nothing that an earlier run left", remedy)
    before = snapshot(talk)
    try:
        report.checks = tuple(_checks(talk, key))
    finally:
        report.left = _remove(talk, renew)
    report.store_as_before = snapshot(talk) == before
    return report


def _remove(talk: Talk, renew: Callable[[], None] | None) -> list[str]:
    """Remove what the run made, over a new connection where the old one is lost."""
    try:
        return cleanup.remove(talk).words
    except HostLost as lost:
        if renew is None:
            raise HostLost(f"{lost} {_STILL_THERE}") from None
    try:
        renew()
        return cleanup.remove(talk).words
    except HostLost as lost:
        raise HostLost(f"{lost} {_STILL_THERE}") from None


def snapshot(talk: Talk) -> dict[str, dict[str, Value]]:
    """Return the whole store as it was read last, keys and values, without times of changes and keys without values.

    Where there is no store, the first object makes its key, which stays.

    [ledger: store-when-changed, force-missing-store-vista]
    """
    section = talk.last["ipsec"]
    keys = parse_answer(section.text) if section.code == 0 else {}
    values = {
        path: {name: value for name, value in key.values.items() if name != "whenchanged"} for path, key in keys.items()
    }
    return {path: found for path, found in values.items() if found}


def _checks(talk: Talk, key: str) -> Iterator[Check]:
    """Yield all checks, those first that are asked."""
    points = _asked(talk, key)
    for name in (*ASKED, *NOT_ASKED):
        found = tuple(points.get(name, ()))
        reason = NOT_ASKED.get(name) or "This version of Windows has nothing to ask."
        yield Check(name=name, points=found, reason="" if found else reason)


def _asked(talk: Talk, key: str) -> dict[str, list[Point]]:
    points: dict[str, list[Point]] = {}

    def ask(name: str, asked: Iterator[Point]) -> None:
        try:
            points.setdefault(name, []).extend(asked)
        except (StoreError, IpsecError) as error:
            points[name].append(unasked("", "the answer of the host", f"It could not be read: {error}"))

    things = compare.wanted(talk, key)
    answers = compare.make(talk, things)
    ask("netsh.silence", _silence(answers))
    ask("netsh.languages", _languages(answers))
    for name, found in compare.compared(talk, things).items():
        points.setdefault(name, []).extend(found)
    ask("store.layout", _layout(talk))
    ask("store.bytes", _bytes(points))
    for name, check in (
        ("netsh.echo", netsh_checks.prompt_and_echo),
        ("way.line-length", netsh_checks.long_lines),
        ("object.defaults", netsh_checks.defaults),
        ("host.predefined", host_checks.predefined),
        ("netsh.error-forms", netsh_checks.error_forms),
        ("netsh.goes-on", netsh_checks.goes_on),
        ("netsh.quoting", netsh_checks.quoting),
        ("netsh.tags", netsh_checks.tags),
        ("netsh.show-key", lambda each: netsh_checks.show_key(each, key)),
        ("object.filter", netsh_checks.filters),
        ("object.edit", netsh_checks.edit),
        ("names.guid", netsh_checks.guids),
        ("names.rename", netsh_checks.rename),
        ("names.case", netsh_checks.case),
        ("names.length", netsh_checks.length),
        ("rules.id", netsh_checks.rule_numbers),
        ("netsh.exit-codes", host_checks.exit_codes),
        ("host.version", host_checks.version),
        ("host.code-page", host_checks.code_page),
        ("host.services", host_checks.services),
        ("host.service-texts", host_checks.service_texts),
        ("registry.form", host_checks.registry_form),
        ("timer.create", host_checks.task),
    ):
        ask(name, check(talk))
    if rule_checks.is_there(talk.version):
        ask("firewall.rule-strings", rule_checks.firewall(talk))
        ask("consec.rule-strings", rule_checks.consec(talk))
    for name, source, ids in _SHARED:
        points[name] = [each for each in points.get(source, ()) if set(ids.split()) & set(each.about)]
    return points


# Checks whose answers other checks already hold: name, where it was asked, by which statements.
_SHARED = (
    ("way.netsh-stdin", "netsh.echo", "netsh-stdin-pipe"),
    ("way.netsh-behind-cmd", "netsh.echo", "netsh-behind-cmd"),
    ("netsh.prompt", "netsh.echo", "netsh-prompt-on-pipe"),
    ("names.duplicates", "netsh.error-forms", "netsh-duplicate-names-refused"),
    ("force.delete-in-use", "names.rename", "force-delete-in-use"),
    ("rules.delete-all", "rules.id", "netsh-delete-rule-all-spares-default"),
    ("store.order", "rules.id", "store-new-first"),
    ("registry.empty-key", "registry.form", "reg-empty-key-unnamed reg-empty-key-5 reg-error-code"),
    ("registry.order", "registry.form", "reg-keys-sorted"),
    ("firewall.answers", "firewall.rule-strings", "fw-ok-is-success"),
    ("firewall.duplicates", "firewall.rule-strings", "fw-duplicates-taken fw-delete-by-name fw-names-fold"),
    ("consec.input", "consec.rule-strings", "cs-netsh-on-stdin cs-stored-text-of-netsh"),
    ("consec.duplicates", "consec.rule-strings", "cs-names-repeat cs-every-match"),
)


def _silence(answers: Answers) -> Iterator[Point]:
    for each, answer in answers:
        what = f"making {each.found.name.split(' ', 1)[1]}"
        yield point("netsh-silence-is-success", what, "silence", netsh_checks.said(answer))


def _languages(answers: Answers) -> Iterator[Point]:
    refused = [each.found.name.split(" ", 1)[1] for each, answer in answers if netsh_checks.ERROR.search(answer.text)]
    about = "netsh-keywords-in-every-language netsh-full-tags"
    yield point(about, "objects whose full tags and words were refused", [], refused)


def _layout(talk: Talk) -> Iterator[Point]:
    ours = [each for each in talk.stored() if cleanup.is_ours(each)]
    yield point("store-local-root store-five-classes", "objects of the run lie in the local store", True, bool(ours))
    owners = [bool(each.owners) for each in ours if each.name.endswith(" L empty")]
    yield point("store-owners", "a list that nobody uses has no owners", [False], owners)
    types = sorted({each.data_type for each in ours if each.data_type is not None})
    yield point("store-attributes", "types of data", [256], types)


def _bytes(points: dict[str, list[Point]]) -> Iterator[Point]:
    found = [each for name, many in points.items() if name.startswith("object.") for each in many]
    different = [each.what for each in found if each.expected != each.seen]
    about = "data-frame data-strings"
    yield point(about, "objects whose data is not as predicted", [], different)
