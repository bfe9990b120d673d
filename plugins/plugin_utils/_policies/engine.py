# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy store as an engine; what is wanted of it is a function of the store that a host has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from .._common.errors import IpsecError
from .._windows.engine import Acting, Step
from .._windows.netsh.line import Line
from .._windows.queries import Section
from .._windows.services import Service
from .host import QUESTIONS, Host, read_host
from .model import Store
from .netsh import render
from .planning import turns
from .planning import way_back as back
from .planning.limits import check_operations, remarks
from .planning.operations import Assign, DeleteFilterList, Operation, Unassign
from .planning.plan import make_plan, shortfall
from .planning.renames import renamed, renames
from .planning.secrets import secrets_of
from .planning.staging import settled

Want = Callable[[Store], Store]


class PolicyStore(Acting[Host, Want, Operation]):
    """The policies of *IP Security Policies* in the local store of a host."""

    questions = QUESTIONS

    def read(self, sections: Mapping[str, Section]) -> Host:
        """Return the host with everything in its store."""
        return read_host(sections)

    def desired(self, have: Host, want: Want) -> Host:
        """Return the host with the store that is wanted; what an interrupted change left is taken up again."""
        return replace(have, store=want(settled(have.store)))

    def plan(self, have: Host, desired: Host, *, revertible: bool = False) -> tuple[Step[Operation], ...]:
        """Return the steps, see :mod:`.planning.plan`."""
        return make_plan(have.store, desired.store, revertible=revertible)

    def render(self, operation: Operation) -> Line:
        """Return the line of ``netsh ipsec static``."""
        return render(operation)

    def missing(self, have: Host, requires: object) -> tuple[Operation, ...]:
        """Return what is to be done to the objects of a part of a store."""
        return shortfall(have.store, requires) if isinstance(requires, Store) else ()

    def left(self, have: Host, want: Want, done: Iterable[Step[Operation]]) -> tuple[Operation, ...]:
        """Return what is wanted and not there. Copies of this task must be gone; those of others are their matter."""
        found = settled(have.store)
        own = {step.operation.key for step in done}
        steps = make_plan(found, want(found))
        steps += tuple(step for step in make_plan(have.store, found) if step.operation.key in own)
        return tuple(step.operation for step in steps)

    def differs(self, one: Host, other: Host) -> bool:
        """Tell whether the stores differ."""
        return one.store != other.store

    def check(self, have: Host, steps: Sequence[Step[Operation]]) -> None:
        """Refuse what this version of Windows has not."""
        check_operations((step.operation for step in steps), have.version)

    def remarks(self, have: Host, desired: Host) -> list[str]:
        """Return what was found while the store was read, and what works otherwise on this version."""
        return [*have.store.findings, *remarks(desired.store, have.version)]

    def secrets(self, have: Host, steps: Sequence[Step[Operation]]) -> frozenset[str]:
        """Return all pre-shared keys."""
        return secrets_of(have.store, steps)

    def services(self, have: Host) -> Mapping[str, Service]:
        """Return IKEEXT, where it is a service of its own, and PolicyAgent. [ledger: force-service-order]"""
        return have.services

    def timer(self, have: Host) -> bool:
        """Tell whether the task is there."""
        return have.timer

    def in_force(self, have: Host) -> str | None:
        """Return the name of the assigned policy."""
        return have.store.assigned

    def acts(self, have: Host) -> bool:
        """Tell whether the policy agent runs."""
        return have.agent_running

    def target(self, operation: Operation) -> tuple[str | None] | None:
        """Return the policy that is assigned, or that none is."""
        if isinstance(operation, Assign):
            return (operation.policy,)
        return (None,) if isinstance(operation, Unassign) else None

    def refuse_without_effect(self, have: Host, desired: Host) -> None:
        """Refuse while a policy of the domain wins, or the domain lets no local policy work."""
        remedy = "Change the group policy object, or set allow_domain_policy if you know that it will change."
        if have.domain_policy:
            expected = "no policy assigned by the domain, since that one wins over a local policy"
            value = f"{desired.store.assigned}, while the domain assigns {have.domain_policy}"
            raise IpsecError("assigned", value, expected, remedy)
        if not have.local_policy_counts:
            expected = "a domain that lets local policies work (AllowLocalIPsecPolicyMerge is 0)"
            raise IpsecError("assigned", desired.store.assigned, expected, remedy)

    def way_back(self, have: Host, target: str | None, *, asleep: bool = False) -> str | None:
        """Return the command that assigns the policy that was in force, or that unassigns the new one."""
        return back.way_back(have.store, target, asleep=asleep)

    def predicted_way_back(self, have: Host, target: str | None, *, staged: bool, asleep: bool) -> str:
        """Return that command, with a placeholder for the GUID of a policy that is yet to be made."""
        return back.predicted_way_back(have.store, target, staged=staged, asleep=asleep)

    def steps_back(self, have: Host, original: Host, *, asleep: bool) -> tuple[Step[Operation], ...]:
        """Return the steps to the original store; a policy that slept is not assigned again, since services run now."""
        wanted = settled(original.store)
        if asleep:
            wanted = replace(wanted, assigned=None)
        # A name that netsh could not be told does not come back; what has another name now is still the same object.
        for change in tuple(renames(wanted, have.store)):
            wanted = renamed(wanted, change)
        return make_plan(have.store, wanted)

    def mark(self, nonce: str) -> str:
        """Return the name of a filter list."""
        return turns.mark_of(nonce)

    def marks(self, have: Host) -> frozenset[str]:
        """Return the filter lists that are marks."""
        return turns.marks(have.store)

    def without_mark(self, have: Host, mark: str) -> Host:
        """Return the host without a filter list that is a mark."""
        return replace(have, store=turns.without_mark(have.store, mark))

    def window(self, have: Host) -> int:
        """Return what the descriptions of marks say."""
        return turns.window(have.store)

    def take_command(self, mark: str, seconds: int | None) -> str:
        """Return the command that adds an empty filter list."""
        return turns.take_command(mark, seconds)

    def leave_command(self, mark: str) -> str:
        """Return the command that deletes it."""
        return turns.leave_command(mark)

    def leave_line(self, mark: str) -> Line:
        """Return the line that deletes it."""
        return render(DeleteFilterList(mark))
