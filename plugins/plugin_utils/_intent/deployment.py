# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way from an intent to stages: what follows, what is refused, and what people should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from .._common.errors import IpsecError
from .._common.packets import format_address, format_port, format_protocol
from .._policies.in_force import InForce, in_force
from .._policies.model import Store, folded
from .bindings import NOBODY, Binding, Form, grouped, keeps_key, put_together, taken_apart, with_other_key
from .ends import Ends, resolve
from .inventory import check_inventory
from .judge import Violation, Wrong, endpoint_of
from .model import Absence, Host, Intent, IpAddress, Level
from .recipes import RECIPES
from .rounds import STAGES, Change, Methods, Plan, Refused, plan_rounds
from .standing import Stand, Standing, stand
from .targets import Targets, make_targets, naming_of

_MOST_NAMED = 5


@dataclass
class Deployment:
    """What follows from an intent. With refusals nothing else is meant to be used.

    ``stands`` says for each flow of a pair, by source, destination and traffic, where it stands at each stage.
    """

    ends: Ends
    targets: Targets = field(default_factory=Targets)
    changes: dict[str, Change] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    stands: dict[tuple[str, str, str], tuple[Stand, ...]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    missing: dict[str, Absence] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    @property
    def intent(self) -> Intent:
        """What was asked."""
        return self.ends.intent

    @cached_property
    def owners(self) -> Mapping[IpAddress, str]:
        """The names of hosts by their addresses."""
        return {address: host.name for address, host in self.ends.owners.items()}


def deploy(intent: Intent, methods: Methods | None = None) -> Deployment:
    """Return what follows from an intent: stages of every host, all of them judged, or refusals."""
    ends = resolve(intent)
    refusals, warnings = check_inventory(ends)
    found = Deployment(ends, refusals=[*ends.refusals, *refusals], warnings=warnings)
    _name_missing(found)
    if found.refusals:
        return found
    found.targets = make_targets(ends)
    found.refusals += found.targets.refusals
    found.warnings += found.targets.warnings
    for host in intent.hosts:
        if host.present and host.store is not None:
            _change(found, host, host.store)
    if found.refusals:
        return found
    looks = intent.switches.only_look
    found.plan = plan_rounds(
        found.changes,
        frozenset(host.name for host in intent.hosts if host.name not in found.changes),
        intent.switches.allow_swap,
        keep_unknown=not intent.switches.remove_unknown_peers,
        leave_refused=intent.switches.leave_refused,
        methods=replace(methods or Methods(), judge=_judge_nothing) if looks else methods,
    )
    found.refusals += [] if looks else [*_refusals(found.plan.refused), *_unknown_keys(found)]
    found.left = list(_refusals(found.plan.left))
    _name_held(found)
    if not found.refusals:
        _stand(found)
    return found


def _judge_nothing(*_of_a_pair: object) -> Iterator[Violation]:
    """Yield nothing: whoever only looks does not go that way."""
    return iter(())


def _name_missing(found: Deployment) -> None:
    used = {end.name for way in found.ends.ways for end in (way.source, way.destination)}
    absent = {host.name: host.absent for host in found.intent.hosts if host.absent and host.name in used}
    found.missing = dict(sorted(absent.items()))
    for absence, words in ((Absence.LIMIT, "Outside of the limit"), (Absence.UNREACHABLE, "No answer from")):
        names = [name for name, why in found.missing.items() if why is absence]
        if names:
            found.warnings.append(f"{words}: {', '.join(names)}. What other hosts have for them stays as it is.")


def _change(found: Deployment, host: Host, store: Store) -> None:
    """Note what becomes of a host; what cannot be read or must not be replaced is a refusal."""
    after = found.targets.forms.get(host.name)
    try:
        before = in_force(store)
    except IpsecError as error:
        if after is None:
            return
        before = None
        _refuse_unknown_policy(found, host, error)
    form = taken_apart(before, host, found.owners)
    naming = naming_of(found.ends, host)
    if after is None:
        after = _without_flows(found, before)
        if after is None:
            found.changes[host.name] = Change(host, form, form, naming, fixed=True, bystander=True)
            return
    if host.domain_policy:
        found.warnings.append(
            f"{host.domain_policy} of the domain decides on {host.name}: a local policy does nothing."
        )
    form = with_other_key(form) if host.keys_differ else form
    name = after.frame.name if after.frame is not None else ""
    ours = form.frame is not None and folded(form.frame.name) == folded(name)
    _refuse_other_policy(found, host, form, name)
    _find(found, host, form, ours=ours)
    fixed = host.name in found.targets.assigned_only
    if fixed:
        after = taken_apart(in_force(replace(store, assigned=name)), host, found.owners)
    found.changes[host.name] = Change(host, form, after, naming, fixed=fixed, ours=ours)


def _without_flows(found: Deployment, before: InForce | None) -> Form | None:
    """Return what becomes of a host that no flow names any more: its policy, if it is ours, without peers."""
    article = found.intent.article
    ours = (
        [found.intent.policy_name] if article is None else [article.frontend_policy_name, article.backend_policy_name]
    )
    if before is None or folded(before.policy.name) not in map(folded, ours) or not before.rules:
        return None
    return Form(replace(before.policy, rules=()))


def _refuse_unknown_policy(found: Deployment, host: Host, error: IpsecError) -> None:
    """Refuse a host of whose policy in force it is not known what it does, or name it where it may be replaced."""
    sentence = f"What is in force on {host.name} cannot be judged. {error}"
    if found.intent.switches.replace_policy or found.intent.switches.only_look:
        found.warnings.append(sentence)
    else:
        found.refusals.append(f"{sentence} Set ipsec_replace_policy to put another policy in its place all the same.")


def _refuse_other_policy(found: Deployment, host: Host, form: Form, name: str) -> None:
    if found.intent.switches.replace_policy or found.intent.switches.only_look:
        return
    if form.frame is not None and form.bindings and folded(form.frame.name) != folded(name):
        other = form.frame.name
        found.refusals.append(
            f"{host.name} has another policy in force, {other!a}. One policy is in force on a host, so its rules would "
            "no longer count. Set ipsec_replace_policy if that is meant."
        )


def _find(found: Deployment, host: Host, form: Form, *, ours: bool) -> None:
    """Note what is odd about what a host has: two methods for one peer, and peers that the inventory does not know."""
    by_peer = form.by_peer()
    for peer, ones in by_peer.items():
        if peer != NOBODY and len({one.rule.authentication for one in ones if one.negotiates}) > 1:
            found.findings.append(
                f"{host.name} has rules with different authentication for {peer}. Two computers have one method for "
                "all their rules, so some of it fails."
            )
    known = {one.selector for one in found.targets.forms.get(host.name, Form(None)).bindings}
    others = [one for one in by_peer.get(NOBODY, ()) if one.selector not in known] if ours else []
    if not others:
        return
    words = list(dict.fromkeys(map(_words, others)))
    found.unknown[host.name] = words
    fate = "are removed" if found.intent.switches.remove_unknown_peers else "are kept"
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    found.warnings.append(
        f"Filters of {host.name} that name no host of this inventory {fate}: {'; '.join(words[:_MOST_NAMED])}{more}."
    )


def _words(one: Binding) -> str:
    found = one.filter
    port = f"/{format_port(found.destination_port)}" if found.destination_port else ""
    ends = f"{format_address(found.source)} -> {format_address(found.destination)}"
    return f"{ends} {format_protocol(found.protocol)}{port}"


def _refusals(refused: Iterable[Refused]) -> Iterator[str]:
    """Yield a refusal for each kind of change that cannot be made, with the pairs and the way to make it."""
    kinds: dict[tuple[object, Wrong], list[Refused]] = {}
    for one in refused:
        kinds.setdefault((one.kind, one.violation.wrong), []).append(one)
    for ones in kinds.values():
        first = ones[0]
        names = ", ".join(" and ".join(one.pair) for one in ones[:_MOST_NAMED])
        more = f" and {len(ones) - _MOST_NAMED} more pairs" if len(ones) > _MOST_NAMED else ""
        recipe = RECIPES[first.kind]
        yield f"{recipe.reason} Pairs: {names}{more}. {_shown(first.violation)} {recipe.recipe}"


def _unknown_keys(found: Deployment) -> Iterator[str]:
    """Yield a refusal for each host where a key that only the host knows would have to be in another rule."""
    for name, change in sorted(found.changes.items()):
        known = {one.rule.name for one in change.before.bindings if keeps_key(one.rule)} if change.ours else set()
        for form in found.plan.stages[name][1:]:
            if not any(keeps_key(rule) for rule, _action in grouped(form.bindings)):
                continue
            rules = [rule for policy in put_together(form).policies for rule in policy.rules]
            if {rule.name for rule in rules if keeps_key(rule)} - known:
                yield (
                    f"{name} would need its pre-shared key in another rule, and nobody can read that key. Give "
                    "the flows that key, or change over Kerberos or a certificate first."
                )
                break


def _shown(violation: Violation) -> str:
    verb = "would be cut off" if violation.wrong is Wrong.INTERRUPTED else "would be weaker than before and after"
    return f"For example {violation.packet} {verb} on the way: {violation.outcome.kind.value}."


def _name_held(found: Deployment) -> None:
    for name, peers in sorted(found.plan.held.items()):
        found.warnings.append(f"{name} keeps what it has for {', '.join(sorted(peers))}, until they take part.")


def _stand(found: Deployment) -> None:
    """Say where each flow stands at each stage, and refuse an end at which one does not do what it says."""
    known: dict[object, tuple[Stand, ...]] = {}
    left = {one.pair for one in found.plan.left}
    for pair, ways in found.targets.flows.items():
        if not all(name in found.changes for name in pair) or not reachable(*(found.ends.hosts[one] for one in pair)):
            continue
        shape = found.plan.shape(pair)
        for way in ways:
            source, destination = way.source.name, way.destination.name
            at = (source, destination, way.flow.traffic)
            key = (shape, source == pair[0], way.flow.traffic)
            if key not in known:
                known[key] = _stands(found, source, destination, way.flow.traffic)
            found.stands[at] = known[key]
            last = known[key][-1]
            enough = (
                (Standing.REQUIRED,) if way.flow.level is Level.REQUIRE else (Standing.REQUIRED, Standing.REQUESTED)
            )
            if last.standing not in enough and pair not in left and not found.intent.switches.only_look:
                found.refusals.append(
                    f"At the end {source} -> {destination} {way.flow.traffic} would be {last.standing.value}, not "
                    f"{enough[-1].value}. {last.why}"
                )


def reachable(one: Host, other: Host) -> bool:
    """Tell whether two hosts have an address family in common."""
    return bool({address.version for address in one.addresses} & {address.version for address in other.addresses})


def _stands(found: Deployment, source: str, destination: str, traffic: str) -> tuple[Stand, ...]:
    here, there = found.changes[source].host, found.changes[destination].host
    mine, its = found.plan.stages_of(source, destination), found.plan.stages_of(destination, source)
    stands: list[Stand] = []
    for at in range(STAGES):
        if at and mine[at] == mine[at - 1] and its[at] == its[at - 1]:
            stands.append(stands[-1])
            continue
        ends = endpoint_of(here, mine[at]), endpoint_of(there, its[at])
        stands.append(stand(*ends, traffic))
    return tuple(stands)
