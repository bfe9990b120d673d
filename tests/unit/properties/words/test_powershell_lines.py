# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What PowerShell is given to read, as a parser that others wrote reads it: whole, and as the words that are meant."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import tree_sitter
import tree_sitter_pwsh
from ansible.errors import AnsibleActionFail
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.cim import COMMAND, LISTINGS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec import host as consec
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall import state as firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows import management
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies import host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.forms import FORMS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import READ, Questions

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
SHELL = SimpleNamespace(SHELL_FAMILY="powershell", _encode_script=lambda script, **_options: script)
CONNECTION: Any = SimpleNamespace(_shell=SHELL)

ASKED: dict[str, Questions] = {
    "host": host.QUESTIONS,
    "firewall": firewall.QUESTIONS,
    "connection_security": consec.QUESTIONS,
    "management": Questions({**host.QUESTIONS.commands, **management.QUESTIONS.commands}),
}
LINES = {"batch": READ, **{name: questions.after_netsh for name, questions in ASKED.items()}}


def read(text: str) -> tree_sitter.Node:
    return PARSER.parse(text.encode()).root_node


def all_of(node: tree_sitter.Node, kind: str) -> Iterator[tree_sitter.Node]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from all_of(child, kind)


def words(command: tree_sitter.Node) -> list[str]:
    """Return the words of one command, as they are written."""
    elements = next(iter(all_of(command, "command_elements")), None)
    arguments = (
        [] if elements is None else [one for one in elements.named_children if one.type != "command_argument_sep"]
    )
    texts = [next(iter(all_of(command, "command_name"))), *arguments]
    return [(one.text or b"").decode() for one in texts]


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("form", ["winrm", "ssh"])
def test_a_constant_line_is_one_command(form: str, name: str) -> None:
    line = FORMS[form].line(CONNECTION, LINES[name])
    tree = read(line)
    assert not tree.has_error
    (command,) = all_of(tree, "command")
    program, *arguments = words(command)
    assert program == "cmd.exe"
    if name == "batch":
        assert arguments == ["/d", "/q"]
    else:
        # Whatever stands between the quotes is one word, in which nothing is replaced.
        *switches, last = arguments
        assert all(switch.startswith("/") for switch in switches)
        assert line.endswith(last)
        assert (last[0], last[-1], last.count('"')) == ('"', '"', 2)
        assert not list(all_of(command, "variable")) + list(all_of(command, "sub_expression"))


@pytest.mark.parametrize("name", LINES)
def test_in_a_runspace_what_is_sent_goes_to_one_command(name: str) -> None:
    tree = read(FORMS["psrp"].line(CONNECTION, LINES[name]))
    assert not tree.has_error
    (command,) = all_of(tree, "command")
    assert words(command)[0] == "cmd.exe"
    assert [(one.text or b"").decode() for one in all_of(tree, "variable")] == ["$input", "$LASTEXITCODE"]
    (end,) = all_of(tree, "flow_control_statement")
    assert (end.text or b"").decode() == "exit $LASTEXITCODE"


def test_the_line_that_asks_for_associations() -> None:
    before, text, after = COMMAND.split('"')
    assert (before, after) == ("powershell.exe -NoProfile -NonInteractive -Command ", "")
    tree = read(text)
    assert not tree.has_error
    asked = [words(command) for command in all_of(tree, "command")]
    assert [each[0] for each in asked] == ["Get-CimInstance", "Select-Object", "ConvertTo-Csv"] * len(LISTINGS)
    for listing, get, select in zip(LISTINGS.values(), asked[::3], asked[1::3], strict=True):
        assert get[1:] == ["-Namespace", listing.namespace, "-ClassName", listing.name]
        assert "".join(select[1:]) == ",".join(listing.properties)
    marks = [(one.text or b"").decode() for one in all_of(tree, "string_literal")]
    assert marks == ["'Stop'", *(f"'@{name}'" for name in LISTINGS), "'@end'"]


@pytest.mark.parametrize("broken", ['cmd.exe /d /c "a', "Get-X | ; foo(", "a & b", "$input | & ; exit", "'@mm; Get-X"])
def test_what_is_broken_is_seen(broken: str) -> None:
    assert read(broken).has_error


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF), max_size=40))
def test_nothing_in_a_line_is_replaced(text: str) -> None:
    line = f'cmd.exe /d /c "{text}"'
    try:
        sent = FORMS["psrp"].line(CONNECTION, line)
    except AnsibleActionFail:
        return
    tree = read(sent)
    assert not list(all_of(tree, "sub_expression"))
    assert len(list(all_of(tree, "variable"))) == 2
