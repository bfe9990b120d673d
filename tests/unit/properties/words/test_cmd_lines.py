# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines for cmd.exe: no text of a user or of a host is an operator, a variable, a second line or a marker in them."""

from __future__ import annotations

from random import Random

import pytest
from hostile import BULK, Tally, cmd_words, hostile, texts
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.cim import COMMAND
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.read import FIRST, further_questions
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall import state as firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies import host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import FILTER_LIST, POLICY, Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.way_back import way_back
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.lines import cmd_line
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Questions, preamble, script
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.services import service_commands
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.timer import arm_command
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version
from winlab.shell import grammar

GUID = "{5f3b0c1e-1111-2222-3333-0123456789ab}"


def is_one_command(text: str) -> bool:
    try:
        line = cmd_line(text)
    except IpsecError:
        return False
    assert line == text
    words = cmd_words(line)
    # The lab's own reader of cmd.exe sees one command too, and the same characters.
    (((simple,),),) = grammar.parse(grammar.expand(line, {"path": "C:\\", "1": "x"}))
    assert simple.text == line
    assert not simple.redirections
    assert "".join(words) == line.replace('"', "").replace(" ", "") or '"' in line
    assert "@@" not in line
    return True


@given(hostile("sc.exe start X", 'a "b c" d'))
def test_a_line_is_one_command_or_refused(text: str) -> None:
    is_one_command(text)


def test_thousands_of_lines() -> None:
    tally = Tally()
    for text in texts(BULK, 1, "sc.exe start X", 'schtasks.exe /tr "netsh x"', 'a "b" c'):
        tally.take(is_one_command(text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 500


def goes_back(identity: str, *, assigned: bool) -> bool:
    """Make the way back to or from a policy that the host says has this identity; tell whether there is one."""
    if assigned:
        store = Store(assigned="n", identities={(POLICY, "n"): identity})
    else:
        store = Store(identities={(POLICY, "front"): identity})
    try:
        command = way_back(store, "Front")
        if command is None:
            return False  # there is none to an empty identity
        line = arm_command(command, 120)
    except IpsecError:
        return False
    words = cmd_words(line)
    assert words[:2] == ["schtasks.exe", "/create"]
    assert words[-1] == command
    assert cmd_words(command)[-2:] == [f"guid={identity}", f"assign={'yes' if assigned else 'no'}"]
    return True


@pytest.mark.parametrize("assigned", [True, False])
@given(identity=hostile(GUID))
@example(identity=GUID)
@example(identity=f"{GUID}\n")
@example(identity=f'{GUID}" & calc & "')
@example(identity=GUID.replace("0", "\u0660"))
def test_the_way_back_names_a_guid_and_nothing_else(assigned: bool, identity: str) -> None:
    assert goes_back(identity, assigned=assigned) == (identity == GUID)


def test_thousands_of_identities() -> None:
    for number, text in enumerate(texts(BULK, 2, GUID)):
        assert goes_back(text, assigned=bool(number % 2)) == (text == GUID)
    assert goes_back(GUID.upper(), assigned=True)


def services(names: tuple[str, str]) -> bool:
    try:
        found = service_commands(*[[name] for name in names])
    except IpsecError:
        return False
    expected = [["sc.exe", "config", names[0], "start=", "auto"], ["sc.exe", "start", names[1]]]
    assert [cmd_words(line) for line in found] == expected
    return True


@given(st.tuples(hostile("IKEEXT"), hostile("PolicyAgent")))
def test_services_are_started_by_one_command_each(names: tuple[str, str]) -> None:
    services(names)


def test_thousands_of_services() -> None:
    tally = Tally()
    for text in texts(BULK, 4, "IKEEXT"):
        tally.take(services(("PolicyAgent", text)))
    assert min(tally.arrived, tally.refused) >= 100


@pytest.mark.parametrize("text", ["a\nb", "a\r", "\u0660", "\ud800", "a\x00", "\x7f", "a\u2028b", "\t"])
def test_standard_input_takes_no_other_line(text: str) -> None:
    with pytest.raises(IpsecError, match="not shown"):
        script(["ver", text])


@pytest.mark.parametrize("before", ["ver\r\ncalc", "ver & calc", "echo %PATH%", 'sc.exe start "X', "echo @@n0:end 0"])
def test_a_script_takes_no_other_command(before: str) -> None:
    with pytest.raises(IpsecError, match=r"one command for cmd\.exe"):
        host.QUESTIONS.script("n0", [before])
    with pytest.raises(IpsecError, match=r"one command for cmd\.exe"):
        Questions({"x": before})


@pytest.mark.parametrize("name", ["a b", "", "begin", "end", "A", "\u0660", "x\n", "x:0"])
def test_a_question_has_a_plain_name(name: str) -> None:
    with pytest.raises(IpsecError, match="a name of letters"):
        Questions({name: "ver"})


def test_behind_netsh_nothing_is_asked_that_has_quotes() -> None:
    with pytest.raises(IpsecError, match="without double quotes"):
        _line = Questions(FIRST).after_netsh


def test_all_questions_of_the_product_are_commands() -> None:
    asked = [*host.QUESTIONS.commands.values(), *firewall.QUESTIONS.commands.values(), COMMAND]
    for version in ("2003", "2008R2", "2012"):
        further = further_questions(parse_version(version, ""))
        asked += further.commands.values() if further else ()
    assert len(asked) > 20
    for command in asked:
        assert cmd_words(command)[0].split(".")[0] in ("ver", "reg", "sc", "schtasks", "powershell", "wevtutil", "wmic")


NAMES = ("begin", *host.QUESTIONS.commands, "end")


def taken_apart(bodies: list[str], nonce: str) -> bool:
    """Take an answer apart whose texts are these; tell whether that was possible."""
    text = "".join(f"{body}\r\n@@{nonce}:{name} {len(name) % 2}\r\n" for name, body in zip(NAMES, bodies, strict=True))
    try:
        found = host.QUESTIONS.sections(text, nonce)
    except StoreError as error:
        assert "a text with @@" in str(error)
        return False
    assert [found[name].text for name in NAMES[1:]] == [f"{body}\r\n" for body in bodies[1:]]
    assert [found[name].code for name in NAMES[1:]] == [len(name) % 2 for name in NAMES[1:]]
    assert preamble(text, nonce) == f"{bodies[0]}\r\n"
    return True


def forged(chance: Random) -> list[str]:
    """Return texts of a host in which some look like our markers. Before the first question nothing of it is shown."""
    bodies = ["said by netsh", *("text" for _name in NAMES[1:])]
    for _time in range(chance.randint(1, 4)):
        marker = (
            f"@@{chance.choice(('after', 'after', 'n0', 'x'))}:{chance.choice((*NAMES, 'other'))} {chance.choice('01')}"
        )
        end = chance.choice(("", "\r\n", "\n", " ", "9", "@@after:"))
        bodies[chance.randint(1, len(bodies) - 1)] += chance.choice(("", "\r\n", " ")) + marker + end
    return bodies


def test_thousands_of_answers_with_forged_markers() -> None:
    chance = Random(3)
    tally = Tally()
    for _time in range(BULK):
        bodies = forged(chance)
        tally.take(taken_apart(bodies, "after"))
        # Nobody can forge a marker that was drawn after it was written.
        assert taken_apart(bodies, "0badf00d")
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 500


@given(st.randoms(use_true_random=False))
def test_a_forged_marker_is_text_or_the_answer_is_refused(chance: Random) -> None:
    taken_apart(forged(chance), "after")


def test_a_description_like_the_marker_of_another_question_is_text() -> None:
    bodies = ["", *("text" for _name in NAMES[1:])]
    bodies[NAMES.index("ipsec")] = "description    REG_SZ    @@after:timer 0"
    assert taken_apart(bodies, "after")
    bodies[NAMES.index("ipsec")] = "description    REG_SZ    x\r\n@@after:ipsec 0"
    assert not taken_apart(bodies, "after")


def test_kinds_are_told_apart() -> None:
    # The way back is about policies; another object has an identity too, and no assignment.
    store = Store(identities={(FILTER_LIST, "front"): "x", (POLICY, "front"): GUID})
    assert way_back(store, "Front").endswith(f"guid={GUID} assign=no")
