# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base of the actions: options in, results out. Everything in between is values and the converger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Generic, TypeVar

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ...module_utils._argspec import SPECS
from .._common.errors import HostLost, IpsecError, masked
from .._common.said import said_by_host
from .._flows.guard import Guard, read_guard
from .._policies.codec.guids import PREDEFINED
from .._policies.engine import PolicyStore, Want
from .._policies.host import Host
from .._policies.model import FILTER_ACTION, FILTER_LIST, POLICY, Named, Store, folded
from .._remote.connection import Remote
from .._remote.forms import name_of
from .._windows.engine import Desired, Engine, State
from .._windows.engine import Want as Wanted
from .._windows.talk import ChangeError, HostSession
from .._windows.timer import check_timeout
from .converge import Converger, TaskOutcome
from .guard import guard_of
from .options import as_specified, plain
from .prediction import ChangeTerms
from .vault import vaulted, without

Data = dict[str, Any]
Request = TypeVar("Request")


class IpsecAction(ActionBase, Generic[Request]):
    """Runs :meth:`act` between argument validation and error reporting.

    Subclasses name their ``module``, and the options that :meth:`check` reads down to the last value (``read_whole``):
    what Ansible's own validation would say of them is said better by then.
    """

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    module: ClassVar[str]
    read_whole: ClassVar[tuple[str, ...]] = ()
    host: str = ""
    guard: Guard = Guard()
    talk: HostSession[Any] | None = None

    def run(self, tmp: str | None = None, task_vars: Data | None = None) -> Data:
        """Validate, act, and turn refusals into failures that say what the host was told before."""
        super().run(tmp, task_vars)
        given = plain(self._task.args)
        self.host = str((task_vars or {}).get("inventory_hostname", ""))
        try:
            # The core's own refusals come first: they name the option path, the value and the remedy.
            request = self.check(given)
            self.guard = read_guard(given)
            result = self.act(as_specified(SPECS[self.module], given, self.whole(given)), request)
        except IpsecError as error:
            raise self._failure(error.told(self._from_vault()), self._told()) from None
        except HostLost as error:
            return self._lost(error)
        except ChangeError as error:
            result = {
                "changed": bool(error.done) and not error.reverted,
                "commands": error.done,
                "failed_command": error.failed,
                "answer": error.answer,
                "reverted": error.reverted,
            }
            said = f" The command was: {error.failed}." if error.failed else ""
            text = f" The host said: {said_by_host(error.answer)}" if error.answer else ""
            raise self._failure(f"{error}{said}{text}", result) from None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the timeout of a task is no Exception
            told = self._told()
            if not told["commands"]:
                raise
            # The text may be of a library that quotes what the host said.
            message = f"The task ended in the middle of its change. {type(error).__name__}: {said_by_host(error)}"
            raise self._failure(message, told) from None
        return result if "msg" not in result else {**result, "msg": masked(result["msg"], self._from_vault())}

    def _from_vault(self) -> frozenset[str]:
        """Return the texts among the options that no message may show. Only messages need them, so that is late."""
        return frozenset(vaulted(self._task.args))

    def _failure(self, message: str, result: Data) -> AnsibleActionFail:
        """Return the failure of the task. People see its result beside the message."""
        secrets = self._from_vault()
        return AnsibleActionFail(masked(message, secrets), result=without(secrets, result))

    def _told(self) -> Data:
        """Return what the host was told so far, for the result of a task that ends early."""
        commands = self.talk.told if self.talk is not None else []
        return {"changed": bool(commands), "commands": commands}

    def _lost(self, error: HostLost) -> Data:
        """Return the result for a host that no longer answers; raise where nothing had been sent that changes it."""
        told, secrets = self._told(), self._from_vault()
        if not told["commands"]:
            raise AnsibleConnectionFailure(masked(str(error), secrets)) from None
        unknown = len(self.talk.underway) if self.talk is not None else 0
        message = f"{str(error).rstrip('.')}. Commands had been sent: see commands."
        if unknown:
            message += f" Whether the last {unknown} of them were carried out is not known."
        return {"unreachable": True, "msg": masked(message, secrets), **without(secrets, told)}

    def check(self, given: Data) -> Request:
        """Return what the options ask for; refuse those that no host could take, before any host is asked."""
        raise NotImplementedError

    def whole(self, given: Data) -> tuple[str, ...]:
        """Return the options that :meth:`check` has read down to the last value."""
        return self.read_whole

    def act(self, args: Data, request: Request) -> Data:
        """Return the result of the task for the options that were given, and what was read from them."""
        raise NotImplementedError

    def converge(
        self, want: Callable[[Store], Store], args: Data, *, in_force: bool = False
    ) -> TaskOutcome[Host, Host]:
        """Bring the host to what ``want`` makes of its store on the terms that the options name.

        In check mode that is predicted. ``in_force`` says that a policy is meant to work afterwards.
        """
        terms = ChangeTerms(
            check=bool(self._task.check_mode),
            guard=guard_of(self, self.guard),
            in_force=in_force,
            domain_policy_wins=bool(args.get("allow_domain_policy")),
            confirm_seconds=check_timeout(args.get("confirm_timeout")),
        )
        converger = self._converger()
        self.talk = converger.talk
        return converger.converge(want, terms)

    def _converger(self) -> Converger[Host, Want, Host]:
        return self.converger(PolicyStore())

    def converger(self, engine: Engine[State, Wanted, Desired, Any]) -> Converger[State, Wanted, Desired]:
        """Return what brings the host of the task to what an engine is asked for."""
        remote = Remote(self, self.host)
        over_ssh = name_of(self._connection) == "ssh"
        return Converger(engine, remote.run, remote.renew, room=remote.room, tell=remote.tell, over_ssh=over_ssh)

    def report(self, outcome: TaskOutcome[Host, Host], view: Callable[[Store], Any]) -> Data:
        """Return the result of a change, in which ``view`` says what of a store is shown."""
        result: Data = {
            "changed": outcome.changed,
            "commands": list(outcome.commands),
            "host": outcome.host.to_data(),
            "confirmed": outcome.confirmed,
        }
        if outcome.changed or self._task.diff:
            # Ansible copies and cleans every value of a result several times in the one process that all hosts share:
            # no number of forks makes that faster, so a result that says nothing has none.
            before = view(outcome.before.store)
            after = view((outcome.after or outcome.desired).store) if outcome.changed else before
            result |= {"before": before, "after": after}
            if self._task.diff:
                result["diff"] = difference(outcome, before, after)
        if outcome.warnings:
            result["warnings"] = list(outcome.warnings)
        return result


def difference(outcome: TaskOutcome[Host, Host], before: Any, after: Any) -> list[Data]:
    """Return what Ansible shows with --diff: the objects, then the commands that a comparison cannot show."""
    shown = {"before_header": "policy store", "after_header": "policy store", "before": before, "after": after}
    return [shown, *explained(outcome)]


def explained(outcome: TaskOutcome[Any, Any]) -> list[Data]:
    """Return the commands for --diff, each with the reason for it in front; nothing where nothing changed."""
    return [{"prepared": "commands:\n" + "".join(f"{line}\n" for line in _lines(outcome))}] if outcome.changed else []


def _lines(outcome: TaskOutcome[Any, Any]) -> Iterator[str]:
    before = ""
    for command in outcome.commands:
        reason = outcome.reasons.get(command, "")
        if reason and reason != before:
            yield f"# {reason}:"
        before = reason
        yield command


def unmanaged(store: Store) -> list[Data]:
    """Return the objects of which some change, or any, is refused, with the reason; policies first."""
    names = {kind: store.named(kind) for kind in (POLICY, FILTER_LIST, FILTER_ACTION)}
    reasons = [(key, mark.reason, True) for key, mark in store.unmanaged.items()]
    reasons += [(item.key, item.reason, False) for item in store.opaque]
    in_force = (POLICY, folded(store.assigned)) if store.assigned is not None else None
    found = [
        {
            "kind": kind,
            "name": names[kind].get(name, name),
            "guid": store.identities.get((kind, name), ""),
            "reason": reason,
            "known": known,
            "assigned": (kind, name) == in_force,
        }
        for (kind, name), reason, known in reasons
    ]
    return sorted(found, key=lambda item: item["kind"] != POLICY)


def predefined(store: Store) -> Data:
    """Return the names of the objects that Windows itself brought along, by the options of the document.

    ``english`` has the English names of those that have another one in the language of the host.

    [ledger: force-predefined-names]
    """
    names = {
        store.named(kind).get(name, name): PREDEFINED[store.identity(kind, name)]
        for kind, name in sorted(store.predefined)
        if store.identity(kind, name) in PREDEFINED
    }
    return {
        "english": {name: english for name, english in names.items() if name != english},
        "filter_lists": _names(FILTER_LIST, store.filter_lists, store),
        "filter_actions": _names(FILTER_ACTION, store.filter_actions, store),
        "policies": _names(POLICY, store.policies, store),
    }


def _names(kind: str, items: Iterable[Named], store: Store) -> list[str]:
    return [item.name for item in items if (kind, folded(item.name)) in store.predefined]
