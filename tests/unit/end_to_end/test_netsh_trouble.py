# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""netsh that refuses in the middle, does not know a command, or says nothing and does nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from lab_runner import LabConnection, Lost, run
from meaning import differences, in_force, seen

from winlab.host import Host
from winlab.netsh.talk import static
from winlab.store import policy_store

Data = dict[str, Any]
LANGUAGES = pytest.mark.parametrize("language", ["en", "de"])
KEY = "Quiet-Harbour-41"
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}


class MeddlingConnection(LabConnection):
    """A connection at whose request that changes somebody meddles with the host, and whose script is rewritten."""

    def __init__(
        self, host: Host, *, meddle: tuple[str, ...] = (), rewrite: Callable[[int, str], str] | None = None
    ) -> None:
        super().__init__(host)
        self._meddle = meddle
        self._rewrite = rewrite
        self.lines = 0

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command after the meddling."""
        if b"\nipsec static " in (in_data or b""):
            static(self.host, *self._meddle)
            self._meddle = ()
        found = []
        for line in (in_data or b"").decode("ascii").splitlines():
            if line.startswith("ipsec static ") and self._rewrite:
                line = self._rewrite(self.lines, line)
                self.lines += 1
            found.append(line)
        return super().exec_command(cmd, "".join(f"{line}\r\n" for line in found).encode("ascii"))


def document(destination: str, key: str = KEY) -> Data:
    rule = {"name": "R", "filter_list": "L", "filter_action": "A"}
    return {
        "filter_lists": [{"name": "L", "filters": [{"destination": destination}]}],
        "filter_actions": [{"name": "A", "action": "negotiate", "security_methods": [ESP]}],
        "policies": [
            {"name": "P", "rules": [{**rule, "authentication": [{"method": "preshared_key", "preshared_key": key}]}]}
        ],
        "assigned": "P",
    }


def overridden(target: Host | LabConnection, data: Data) -> Data:
    return run(target, "policies", {"config": data, "state": "overridden"}, diff=True)


def failure(connection: LabConnection, data: Data) -> tuple[str, Data]:
    with pytest.raises(AnsibleActionFail) as caught:
        overridden(connection, data)
    result: Data = dict(caught.value._result)
    assert KEY not in str(caught.value) + repr(caught.value) + str(result)
    return str(caught.value), result


@LANGUAGES
@pytest.mark.parametrize(
    ("meddling", "known", "failed", "done"),
    [
        (('add filterlist name="L"',), "a filter list of that name exists already", 'add filterlist name="L"', 5),
        (('add filteraction name="A" action=permit',), "a filter action of that name", 'add filteraction name="A"', 5),
        (('add policy name="P"',), "a policy of that name exists already", 'add policy name="P"', 5),
    ],
)
def test_a_refusal_in_the_middle(language: str, meddling: tuple[str, ...], known: str, failed: str, done: int) -> None:
    host = Host.create("host", "2016", language)
    message, result = failure(MeddlingConnection(host, meddle=meddling), document("10.0.0.1"))
    assert f"netsh refused a command: {known}" in message
    assert f"The command was: ipsec static {failed}" in message
    assert "The host said: " in message
    assert "ERR IPsec" in result["answer"]
    assert result["failed_command"].startswith(f"ipsec static {failed}")
    commands = [line for line in result["commands"] if line.startswith("ipsec")]
    assert len(commands) == done
    assert result["changed"] is True
    assert policy_store(host).assigned_policy() is None
    overridden(host, document("10.0.0.1"))
    assert overridden(host, document("10.0.0.1"))["changed"] is False


@LANGUAGES
def test_a_refused_rule_keeps_its_key_to_itself(language: str) -> None:
    host = Host.create("host", "2016", language)

    def refuse(_number: int, line: str) -> str:
        return line.replace(" filteraction=", " filteraction=x") if "add rule" in line else line

    message, result = failure(MeddlingConnection(host, rewrite=refuse), document("10.0.0.1"))
    assert 'add rule name="R" policy="P"' in message
    assert 'psk="(hidden)"' in result["failed_command"]
    assert policy_store(host).assigned_policy() is None


@LANGUAGES
def test_a_command_that_is_not_known_is_repeated_without_the_key(language: str) -> None:
    host = Host.create("host", "2016", language)

    def misspell(_number: int, line: str) -> str:
        return line.replace("static add rule", "static addd rule")

    message, result = failure(MeddlingConnection(host, rewrite=misspell), document("10.0.0.1"))
    assert "addd rule" in result["answer"]
    assert "(hidden)" in result["answer"]
    assert 'add rule name="R"' in message


def test_what_is_said_of_a_refused_command_does_not_show_what_came_from_a_vault() -> None:
    tags = pytest.importorskip("ansible._internal._datatag._tags")
    host = Host.create("host", "2016")
    data = document("10.0.0.1")
    data["policies"][0]["description"] = tags.VaultedValue(ciphertext="x").tag("Canary 7f3a9Zq")
    message, result = failure(MeddlingConnection(host, meddle=('add policy name="P"',)), data)
    assert 'The command was: ipsec static add policy name="P" description="(not shown)"' in message
    assert "7f3a9Zq" not in message
    # Ansible prints the result beside the message.
    assert 'description="(not shown)"' in result["failed_command"]
    assert "7f3a9Zq" not in repr(result)


class BreakingConnection(LabConnection):
    """A connection that breaks behind the request that changes, with an error of a library."""

    def __init__(self, host: Host, error: Exception, *, lost: bool) -> None:
        super().__init__(host)
        self.error = AnsibleConnectionFailure(str(error)) if lost else error

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command; no answer to a change comes back."""
        answer = super().exec_command(cmd, in_data, sudoable)
        if b"add policy" in (in_data or b""):
            raise self.error
        return answer


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("error", [AnsibleError, ValueError])
def test_an_error_of_a_library_in_the_middle_moves_no_terminal_and_shows_nothing_from_a_vault(
    error: type[Exception], lost: bool
) -> None:
    tags = pytest.importorskip("ansible._internal._datatag._tags")
    data = document("10.0.0.1")
    data["policies"][0]["description"] = tags.VaultedValue(ciphertext="x").tag("Canary-7f3a9Zq")
    connection = BreakingConnection(
        Host.create("host", "2016"), error("it said Canary-7f3a9Zq \x1b[2J\u202e\nok: all is well"), lost=lost
    )
    with pytest.raises((AnsibleActionFail, Lost)) as caught:
        run(connection, "policies", {"config": data, "state": "overridden"})
    result = caught.value.result
    assert 'add policy name="P" description="(not shown)"' in str(result["commands"])
    for text in (str(caught.value), repr(result)):
        assert "7f3a9zq" not in text.casefold()
        assert text.isprintable()


def lines_of(host: Host, data: Data) -> list[str]:
    connection = LabConnection(copy.deepcopy(host))
    overridden(connection, data)
    return connection.netsh_lines()


@LANGUAGES
@pytest.mark.parametrize("trouble", ["silent", "refused"])
def test_every_single_line_may_fail_and_nothing_half_built_is_in_force(language: str, trouble: str) -> None:
    start = Host.create("host", "2016", language)
    overridden(start, document("10.0.0.1"))
    wanted = document("10.0.0.2")
    wanted["filter_lists"][0]["filters"] += [{"destination": "10.7.0.0/16"}]
    wanted["filter_actions"][0]["fallback_to_clear"] = True
    wanted["policies"][0]["main_mode"] = {"lifetime_minutes": 30}
    goal = copy.deepcopy(start)
    overridden(goal, wanted)
    old, new = in_force(seen(start)), in_force(seen(goal))
    lines = lines_of(start, wanted)
    assert sum("~winsec~" in line for line in lines) > 4
    failures = 0
    for number in range(len(lines)):
        host = copy.deepcopy(start)

        def spoil(index: int, line: str, number: int = number) -> str:
            if index != number:
                return line
            return "ipsec static set batch mode=disable" if trouble == "silent" else f"{line} nonsense=1"

        connection = MeddlingConnection(host, rewrite=spoil)
        try:
            overridden(connection, wanted)
        except AnsibleActionFail as error:
            failures += 1
            assert KEY not in str(error)
            said = ("netsh refused a command", "still needs", "The policy in force is")
            assert any(words in str(error) for words in said)
        else:
            # The line was not needed: adding a filter makes its list, and a host's own default may be the wanted one.
            assert trouble == "silent"
            assert differences(seen(goal), seen(host)) == [], lines[number]
        assert in_force(seen(host)) in (old, new), lines[number]
        overridden(host, wanted)
        assert differences(seen(goal), seen(host)) == [], lines[number]
        assert overridden(host, wanted)["changed"] is False
    assert failures >= len(lines) - 2


@LANGUAGES
def test_netsh_that_lies_about_everything(language: str) -> None:
    host = Host.create("host", "2016", language)
    connection = MeddlingConnection(host, rewrite=lambda _number, _line: "ipsec static set batch mode=disable")
    message, result = failure(connection, document("10.0.0.1"))
    assert "reading" in message
    assert "still needs" in message
    assert 'add filterlist name="L"' in message
    assert result["changed"] is True
    assert seen(host) == seen(Host.create("host", "2016", language))
