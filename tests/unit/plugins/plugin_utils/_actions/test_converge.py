# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop that brings a host to what it shall be, with an engine that has nothing to do with IPsec.

A host has things. New ones come before old ones go; some hosts do nothing with some commands, and say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.converge import Converger
from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.prediction import ChangeTerms
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.engine import Engine, Step
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.line import Line
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Questions, Section
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.talk import ChangeError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

Things = frozenset[str]
Operation = tuple[str, str]
VERSION = WindowsVersion(10, 0, 14393)


@dataclass(frozen=True)
class Shelf:
    things: Things
    version: WindowsVersion = VERSION


class Shelves(Engine[Shelf, Things, Things, Operation]):
    questions = Questions({"things": "dir"})

    def __init__(self, stubborn: Iterable[str] = ()) -> None:
        self.stubborn = frozenset(stubborn)

    def read(self, sections: Mapping[str, Section]) -> Shelf:
        return Shelf(frozenset(sections["things"].text.split()))

    def desired(self, have: Shelf, want: Things) -> Things:
        return want

    def plan(self, have: Shelf, desired: Things, *, revertible: bool = False) -> tuple[Step[Operation], ...]:
        come = [Step(("add", each), "it is missing") for each in sorted(desired - have.things)]
        go = [Step(("delete", each), "it shall not be there") for each in sorted(have.things - desired)]
        first = [Step(go[0].operation, go[0].reason, barrier=True, requires=desired)] if go else []
        return (*come, *first, *go[1:])

    def render(self, operation: Operation) -> Line:
        return Line(f"shelf {operation[0]} thing", (("name", operation[1]),))

    def missing(self, have: Shelf, requires: object) -> tuple[Operation, ...]:
        assert isinstance(requires, frozenset)
        return tuple(("add", each) for each in sorted(requires - have.things))

    def again(self, have: Shelf, want: Things) -> tuple[Operation, ...]:
        return tuple(("again", each) for each in sorted((want - have.things) & self.stubborn))

    def left(self, have: Shelf, want: Things, done: Iterable[Step[Operation]]) -> tuple[Operation, ...]:
        return tuple(step.operation for step in self.plan(have, want))


@dataclass
class Talk:
    """A talk with a host that ignores the words ``deaf``; things in ``stubborn`` are added at the second try."""

    things: set[str]
    deaf: frozenset[Operation] = frozenset()
    stubborn: frozenset[str] = frozenset()
    sent: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    said: str = ""
    asked: str = ""
    most: int = 0
    hidden: frozenset[str] = frozenset()

    def read(self) -> Shelf:
        return Shelf(frozenset(self.things))

    def send(self, lines: Sequence[Line]) -> Shelf:
        for line in lines:
            _shelf, word, _thing, name = line.clear().split()
            name = name.removeprefix("name=")
            self.sent.append(f"{word} {name}")
            self.done.append(line.redacted())
            if (word, name) in self.deaf or (word == "add" and name in self.stubborn):
                continue
            (self.things.discard if word == "delete" else self.things.add)(name)
        return self.read()


def task(engine: Shelves, talk: Talk) -> Converger[Shelf, Things, Things]:
    converger: Converger[Shelf, Things, Things] = Converger(engine, lambda _line, _script: "")
    heard: Any = talk
    converger.talk = heard
    return converger


THINGS = st.frozensets(st.sampled_from(["a", "b", "c", "d", "e"]))


@given(THINGS, THINGS)
def test_it_arrives_as_predicted_and_a_second_time_does_nothing(start: Things, want: Things) -> None:
    talk = Talk(set(start))
    predicted = task(Shelves(), talk).converge(want, ChangeTerms(check=True))
    assert (talk.sent, predicted.after, predicted.desired) == ([], None, want)
    outcome = task(Shelves(), talk).converge(want, ChangeTerms())
    assert outcome.commands == predicted.commands
    assert outcome.changed is predicted.changed is (start != want)
    assert talk.things == want
    again = task(Shelves(), Talk(set(want))).converge(want, ChangeTerms())
    assert (again.changed, again.commands) == (False, ())


@given(THINGS, THINGS, THINGS, THINGS)
def test_nothing_goes_before_what_comes_is_there(start: Things, want: Things, unheard: Things, kept: Things) -> None:
    deaf = frozenset({("add", each) for each in unheard} | {("delete", each) for each in kept})
    talk = Talk(set(start), deaf)
    try:
        outcome = task(Shelves(), talk).converge(want, ChangeTerms())
    except ChangeError as error:
        event("refused")
        assert talk.things != want
        assert error.done == talk.done
        if unheard & want - start:
            assert not [line for line in talk.sent if line.startswith("delete")]
            assert start <= talk.things
    else:
        event("arrived")
        assert talk.things == want == (outcome.after or Shelf(start)).things


def test_what_did_nothing_is_sent_in_another_way() -> None:
    talk = Talk({"old"}, stubborn=frozenset({"new"}))
    outcome = task(Shelves(["new"]), talk).converge(frozenset({"new"}), ChangeTerms())
    assert talk.sent == ["add new", "again new", "delete old"]
    assert len(outcome.commands) == 3
    assert talk.things == {"new"}


def test_what_is_said_of_a_host_that_does_nothing() -> None:
    with pytest.raises(ChangeError, match=r"Not sent, because .* still needs: shelf add thing name=new\.") as caught:
        task(Shelves(), Talk({"old"}, frozenset({("add", "new")}))).converge(frozenset({"new"}), ChangeTerms())
    assert caught.value.failed == "shelf delete thing name=old"
    with pytest.raises(ChangeError, match=r"no error, but .* still needs: shelf delete thing name=old\."):
        task(Shelves(), Talk({"old"}, frozenset({("delete", "old")}))).converge(frozenset(), ChangeTerms())


def test_an_engine_that_decides_about_no_packets_has_no_turn() -> None:
    converger = task(Shelves(), Talk(set()))
    assert converger.turn is None
    with pytest.raises(TypeError, match="decides about no packets"):
        assert converger.acting
