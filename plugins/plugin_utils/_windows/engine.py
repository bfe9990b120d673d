# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine is to those who bring a host to what it shall be.

An engine knows one subject of a Windows host: what is asked, what the answers mean, which steps lead to what is wanted,
how a step is said to netsh, and what is missing afterwards. It is pure: whoever uses it talks to the host.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from .netsh.line import Line
from .queries import Questions, Section
from .services import Service
from .versions import WindowsVersion


class Known(Protocol):
    """What is known of every host, whatever the subject."""

    @property
    def version(self) -> WindowsVersion:
        """The version of Windows."""


State = TypeVar("State", bound=Known)
Want = TypeVar("Want")
Desired = TypeVar("Desired")
Operation = TypeVar("Operation")
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Step(Generic[Operation]):
    """One operation and why it is done.

    A ``barrier`` may be sent only when all steps before it have been carried out and their result has been read;
    ``requires`` is then what must be there, in the engine's own terms. The step that ``decides`` is the moment from
    which packets may have another fate.
    """

    operation: Operation
    reason: str
    barrier: bool = False
    requires: object = None
    decides: bool = False


class Engine(ABC, Generic[State, Want, Desired, Operation]):
    """One subject of a host. What a subject does not have, it leaves as it is here.

    ``heeds_answers`` says that whatever netsh says to a command is a refusal; else only what is read afterwards counts.
    """

    questions: ClassVar[Questions]
    heeds_answers: ClassVar[bool] = True

    @abstractmethod
    def read(self, sections: Mapping[str, Section]) -> State:
        """Return what the answers to ``questions`` say: all that is there, whether it can be changed or not."""

    @abstractmethod
    def desired(self, have: State, want: Want) -> Desired:
        """Return what the host shall have, in the engine's own terms; IpsecError for what it cannot have."""

    @abstractmethod
    def plan(self, have: State, desired: Desired, *, revertible: bool = False) -> tuple[Step[Operation], ...]:
        """Return the steps from one to the other, in order; none where nothing differs.

        With ``revertible`` one single step decides, and :meth:`way_back` undoes it.
        """

    @abstractmethod
    def render(self, operation: Operation) -> Line:
        """Return the line for an operation; IpsecError for what cannot be sent."""

    @abstractmethod
    def missing(self, have: State, requires: object) -> tuple[Operation, ...]:
        """Return what is to be done until the host has what a step ``requires``."""

    def again(self, have: State, want: Want) -> tuple[Operation, ...]:
        """Return what is to be sent because the steps just sent turn out to have done nothing on this host."""
        return ()

    @abstractmethod
    def left(self, have: State, want: Want, done: Iterable[Step[Operation]]) -> tuple[Operation, ...]:
        """Return what this task still wants after its change. What others changed meanwhile is no matter of it."""

    def check(self, have: State, steps: Sequence[Step[Operation]]) -> None:
        """Refuse operations that this version of Windows cannot carry out."""

    def unmet(self, operations: Sequence[Operation], *, sent: bool) -> str:
        """Return what is said of operations that reading the host again shows to be needed still.

        ``sent`` is False while what relies on them has not been sent.
        """
        needed = ", ".join(self.render(operation).redacted() for operation in operations[:_MOST_SHOWN])
        begin = "The host reported no error, but" if sent else "Not sent, because"
        return f"{begin} reading {'it' if sent else 'the host'} again shows that it still needs: {needed}."

    def remarks(self, have: State, desired: Desired) -> list[str]:
        """Return what a person should know."""
        return []

    def secrets(self, have: State, steps: Sequence[Step[Operation]]) -> frozenset[str]:
        """Return the texts that no answer of the host may show."""
        return frozenset()


class Acting(Engine[State, Want, State, Operation]):
    """A subject that decides about packets: what is in force can be told, and the host itself can go back to it.

    What is desired is the host itself, as it shall be.

    One run at a time changes it in several commands; a run that has its turn has a mark on the host.
    """

    @abstractmethod
    def differs(self, one: State, other: State) -> bool:
        """Tell whether a plan for one host fits the other no longer."""

    @abstractmethod
    def services(self, have: State) -> Mapping[str, Service]:
        """Return the services without which nothing acts, in the order in which they are started."""

    @abstractmethod
    def timer(self, have: State) -> bool:
        """Tell whether the task is there with which the host would take an unconfirmed change back."""

    @abstractmethod
    def in_force(self, have: State) -> str | None:
        """Return what tells apart what decides about packets now, or will when the services run; None for nothing."""

    @abstractmethod
    def acts(self, have: State) -> bool:
        """Tell whether anything acts on packets at all: without its service nothing does."""

    @abstractmethod
    def target(self, operation: Operation) -> tuple[str | None] | None:
        """Return what is in force after an operation, for those after which that is certain; None for all others."""

    @abstractmethod
    def refuse_without_effect(self, have: State, desired: State) -> None:
        """Refuse what the domain would keep from working."""

    @abstractmethod
    def way_back(self, have: State, target: str | None, *, asleep: bool = False) -> str | None:
        """Return the command that restores what packets met before ``target`` is in force; None when there is none yet.

        With ``asleep`` nothing acted before.
        """

    @abstractmethod
    def predicted_way_back(self, have: State, target: str | None, *, staged: bool, asleep: bool) -> str:
        """Return that command as far as it is known before anything is made.

        ``staged`` says that a copy of what is in force stands in by then.
        """

    @abstractmethod
    def steps_back(self, have: State, original: State, *, asleep: bool) -> tuple[Step[Operation], ...]:
        """Return the steps that remove what a change had built, after the host went back by itself."""

    @abstractmethod
    def mark(self, nonce: str) -> str:
        """Return the mark of one run; ``nonce`` is eight hexadecimal digits."""

    @abstractmethod
    def marks(self, have: State) -> frozenset[str]:
        """Return the marks of all runs."""

    @abstractmethod
    def without_mark(self, have: State, mark: str) -> State:
        """Return the host without a mark, as if its run had not begun."""

    @abstractmethod
    def window(self, have: State) -> int:
        """Return the longest time in seconds within which a run with a mark wants its change confirmed, 0 for none."""

    @abstractmethod
    def take_command(self, mark: str, seconds: int | None) -> str:
        """Return the command that puts a mark on the host; ``seconds`` is the time in which the change is confirmed."""

    @abstractmethod
    def leave_command(self, mark: str) -> str:
        """Return the command that takes a mark away."""

    @abstractmethod
    def leave_line(self, mark: str) -> Line:
        """Return the line of netsh that does the same."""
