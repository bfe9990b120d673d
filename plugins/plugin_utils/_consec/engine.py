# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection security of one host as an engine; what is wanted of it is a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._common.errors import IpsecError
from .._windows.engine import Engine, Step
from .._windows.netsh.line import Line
from .._windows.queries import Section
from .host import QUESTIONS, Host, read_host
from .netsh import AddRule, Operation, SetRule, render
from .planning import make_plan, missing
from .request import Request
from .stock import Inventory, enabled_rules, keys_of, take_stock
from .wanted import Wanted, what_is_wanted
from .words import KEY


@dataclass(frozen=True, slots=True)
class Stocked:
    """A host as it was read, and its rules as they are to be changed."""

    host: Host
    inventory: Inventory


class ConnectionSecurity(Engine[Host, Request, Wanted, Operation]):
    """The connection security rules in the local store of a host."""

    questions = QUESTIONS
    # Its words are in the language of the host, and even success is not silent.
    heeds_answers = False

    def __init__(self) -> None:
        """Begin without a host: stock is taken once for each reading."""
        self._latest: Stocked | None = None

    def read(self, sections: Mapping[str, Section]) -> Host:
        """Return the host with everything in its stores."""
        return read_host(sections)

    def inventory(self, have: Host) -> Inventory:
        """Return the rules of a host as they are to be changed."""
        if self._latest is None or self._latest.host is not have:
            self._latest = Stocked(have, take_stock(have.local))
        return self._latest.inventory

    def desired(self, have: Host, want: Request) -> Wanted:
        """Return what shall become of the host."""
        if have.schema is None:
            expected = "a Windows that has connection security rules: Windows Server 2008 and later"
            remedy = "Use winsec.ipsec.policies for this host, or upgrade it."
            raise IpsecError("config", have.version.name, expected, remedy)
        return what_is_wanted(self.inventory(have), want, have.schema)

    def plan(self, have: Host, desired: Wanted, *, revertible: bool = False) -> tuple[Step[Operation], ...]:
        """Return the steps, see :mod:`.planning`."""
        return make_plan(desired)

    def render(self, operation: Operation) -> Line:
        """Return the line of ``netsh advfirewall``."""
        return render(operation)

    def missing(self, have: Host, requires: object) -> tuple[Operation, ...]:
        """Return what makes the rules that must be there."""
        return tuple(missing(self.inventory(have), requires)) if isinstance(requires, tuple) else ()

    def left(self, have: Host, want: Request, done: Iterable[Step[Operation]]) -> tuple[Operation, ...]:
        """Return what is wanted and not there."""
        return tuple(step.operation for step in make_plan(self.desired(have, want)))

    def check(self, have: Host, steps: Sequence[Step[Operation]]) -> None:
        """Refuse to put a rule in force beside a policy of the other engine [ledger: cs-both-engines]."""
        if not have.policy_in_force or not any(_enables(step.operation) for step in steps):
            return
        expected = (
            "no policy of IP Security Policies in force: which of the two engines negotiates is documented nowhere"
        )
        remedy = "Unassign the policy first, or make the rules with enabled: false until it is unassigned."
        raise IpsecError("config", f"rules to enable beside {have.policy_in_force}", expected, remedy)

    def remarks(self, have: Host, desired: Wanted) -> list[str]:
        """Return why rules may not work on this host."""
        return list(_remarks(have, desired))

    def secrets(self, have: Host, steps: Sequence[Step[Operation]]) -> frozenset[str]:
        """Return all pre-shared keys."""
        told = (step.operation.definition for step in steps if isinstance(step.operation, AddRule | SetRule))
        proofs = (proof for definition in told for proof in definition.first_authentication or ())
        keys = frozenset(proof.key.reveal() for proof in proofs if proof.method == KEY and proof.key is not None)
        return keys | keys_of(have.local)


def _enables(operation: Operation) -> bool:
    return isinstance(operation, SetRule) and operation.definition.enabled and "enabled" in operation.options


def _unsided(inventory: Inventory) -> list[str]:
    return sorted(each.name for found in inventory.held.values() for each in found if each.ends and each.definition)


def _remarks(have: Host, desired: Wanted) -> Iterator[str]:
    active = [each for each in enabled_rules(desired.after) if each.definition is not None]
    if not active:
        return
    profiles = have.state.profiles
    locked = [name for name, each in profiles.items() if each.local_rules_count is False]
    if locked:
        yield (
            f"The group policy lets no connection security rules of the host itself work in the profile "
            f"{' and '.join(locked)} (AllowLocalIPsecPolicyMerge)."
        )
    off = [name for name, each in profiles.items() if each.on is False]
    if off:
        yield f"The firewall is off in the profile {' and '.join(off)}: no connection security rule is enforced in it."
    stopped = [name for name, running in have.state.services.items() if not running]
    if stopped:
        yield f"Connection security rules need the service {' and '.join(stopped)}, which does not run."
    if tunnels := _unsided(desired.before):
        names = ", ".join(map(ascii, tunnels))
        yield f"The registry does not say which end of a tunnel is on this host. The document is believed for {names}."
    twins = sorted(name for key, found in desired.before.held.items() if len(found) > 1 for name in (found[0].name,))
    if twins:
        yield f"Several rules have one name, so none of them can be changed: {', '.join(map(ascii, twins))}."
