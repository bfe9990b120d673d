# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module firewall on simulated hosts: predicts, arrives, rests, survives interruption, spares what others made."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_runner import LabConnection, Tree, left_by, run, tree

from winlab.host import Host

Data = dict[str, Any]
POLICY = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
RULES = rf"{POLICY}\FirewallRules"
PEERS = ["10.0.1.20", "10.0.2.0/255.255.255.0", "10.0.3.5-10.0.3.9"]
VERSIONS = pytest.mark.parametrize(
    ("version", "language"), [("2003", "de"), ("2008R2", "en"), ("2016", "de"), ("2025", "en")]
)
LATER = [("2008R2", "de"), ("2016", "en"), ("2025", "de")]


def firewall_of(host: Host) -> Tree:
    return tree(host, POLICY)


def lines(connection: LabConnection) -> list[str]:
    """Return the netsh lines that were sent, in order, without markers."""
    texts = [line for request in connection.sent for line in request.script.decode("ascii").splitlines()]
    return [text for text in texts if text.startswith(("advfirewall ", "firewall "))]


def settles(host: Host, args: Data) -> Data:
    """Run a task in check mode, for real and again; return the result of the change."""
    before = firewall_of(host)
    looking = LabConnection(host)
    predicted = run(looking, "firewall", args, check_mode=True, diff=True)
    assert (firewall_of(host), lines(looking), len(looking.sent)) == (before, [], 1)
    changing = LabConnection(host)
    done = run(changing, "firewall", args, diff=True)
    assert {key: done[key] for key in predicted} == predicted
    assert lines(changing) == done["commands"]
    after = firewall_of(host)
    assert done["changed"] == (after != before)
    resting = LabConnection(host)
    again = run(resting, "firewall", args)
    assert (again["changed"], again["commands"], lines(resting), len(resting.sent)) == (False, [], [], 1)
    assert not {"before", "after"} & again.keys()
    assert run(host, "firewall", args, diff=True)["before"] == left_by(done)
    assert firewall_of(host) == after
    return done


@VERSIONS
def test_openings_come_change_and_go(version: str, language: str) -> None:
    host = Host.create("host", version, language)
    fresh = firewall_of(host)
    made = settles(host, {"peers": PEERS, "protocols": ["ike", "nat_traversal", "esp", "ah"]})
    assert made["changed"] is True
    assert made["host"]["firewall"]["running"] is True
    assert len(made["after"]) == (4 if version == "2003" else 8)
    assert bool(made["not_expressible"]) == (version == "2003")
    same = {
        "peers": ["10.0.3.6-10.0.3.9", *reversed(PEERS[:2]), "10.0.3.5"],
        "protocols": ["ah", "esp", "nat_traversal", "ike"],
    }
    assert settles(host, same)["changed"] is False
    fewer = settles(host, {"peers": PEERS[:1], "profiles": ["domain"]})
    assert fewer["changed"] is True
    assert {tuple(item["profiles"]) for item in fewer["after"]} == {("domain",)}
    gone = settles(host, {"state": "absent"})
    assert (gone["after"], gone["changed"]) == ([], True)
    assert {path: values for path, values in firewall_of(host).items() if values} == {
        path: values for path, values in fresh.items() if values
    }


tasks = st.fixed_dictionaries(
    {
        "peers": st.lists(
            st.sampled_from([*PEERS, "10.0.1.0/24", "2001:db8::1", "2001:db8:1::/64"]), min_size=1, unique=True
        )
    },
    optional={
        "protocols": st.lists(st.sampled_from(["ike", "nat_traversal", "esp", "ah"]), min_size=1, unique=True),
        "directions": st.lists(st.sampled_from(["in", "out"]), min_size=1, unique=True),
        "profiles": st.lists(st.sampled_from(["domain", "private", "public"]), min_size=1, unique=True),
    },
)


@settings(max_examples=25)
@given(st.sampled_from([*LATER, ("2003", "en")]), st.lists(tasks, min_size=1, max_size=3))
def test_any_task_after_any_other(where: tuple[str, str], chain: list[Data]) -> None:
    host = Host.create("host", *where)
    for args in chain:
        settles(host, args)


@pytest.mark.parametrize(("version", "language"), LATER)
def test_rules_of_others_survive(version: str, language: str) -> None:
    host = Host.create("host", version, language)
    said = 'netsh advfirewall firewall add rule name="winsec.ipsec {}" dir=in action={} protocol=udp localport={}'
    for text in (said.format("other", "allow", 500), said.format("ike in", "block", 500)):
        LabConnection(host).exec_command("cmd.exe /d /q", f"{text}\r\nexit 0\r\n".encode())
    theirs = dict(host.registry.values(RULES))
    result = settles(host, {"peers": PEERS})
    assert theirs.items() <= dict(host.registry.values(RULES)).items()
    assert {item["name"] for item in result["foreign"]} == {"winsec.ipsec other", "winsec.ipsec ike in"}
    assert "winsec.ipsec ike in 2" in {item["name"] for item in result["after"]}
    settles(host, {"state": "absent"})
    assert dict(host.registry.values(RULES)) == theirs


class Dying(LabConnection):
    """A connection that dies at one request, after some lines of its script; the host carries out what it got."""

    def __init__(self, host: Host, request: int, share: int) -> None:
        super().__init__(host)
        self.request = request
        self.share = share

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command, or a part of it and die."""
        if len(self.sent) == self.request:
            script = (in_data or b"").splitlines(keepends=True)
            super().exec_command(cmd, b"".join(script[: self.share]))
            raise AnsibleConnectionFailure("the connection died")
        return super().exec_command(cmd, in_data)


@pytest.mark.parametrize(("version", "language"), [("2003", "en"), ("2016", "de")])
def test_interrupted_anywhere_the_next_run_arrives(version: str, language: str) -> None:
    start = Host.create("host", version, language)
    run(start, "firewall", {"peers": PEERS, "protocols": ["ike", "ah"]})
    wanted = {"peers": ["10.0.1.20", "10.7.0.1"]}
    expected = run(copy.deepcopy(start), "firewall", wanted)["after"]
    died = 0
    for request in (0, 1, 2):
        for share in range(0, 34, 3):
            host = copy.deepcopy(start)
            connection = Dying(host, request, share)
            with suppress(AnsibleConnectionFailure, AnsibleActionFail):
                run(connection, "firewall", wanted)
            died += len(connection.sent) > request
            after = left_by(run(host, "firewall", wanted, diff=True))
            assert unnumbered(after) == unnumbered(expected)
            assert run(host, "firewall", wanted)["changed"] is False
    assert died >= 24


def unnumbered(openings: list[Data]) -> list[Data]:
    """Return openings without the numbers by which rules of one kind are told apart."""
    return [item | {"name": item["name"].rstrip("0123456789 ")} for item in openings]


class Refusing(LabConnection):
    """A connection to a host whose netsh takes no rule and says so with exit code 0."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command with the word that adds spoilt."""
        return super().exec_command(cmd, (in_data or b"").replace(b"firewall add rule", b"firewall add rool"))


def test_nothing_is_removed_when_nothing_could_be_added() -> None:
    host = Host.create("host", "2016", "de")
    run(host, "firewall", {"peers": PEERS})
    before = firewall_of(host)
    connection = Refusing(host)
    with pytest.raises(AnsibleActionFail, match="the openings are not there") as caught:
        run(connection, "firewall", {"peers": ["10.7.0.1"]})
    assert firewall_of(host) == before
    assert not any("delete rule" in line for line in lines(connection))
    assert 'name="winsec.ipsec ike in 2"' in str(caught.value)


class Stubborn(LabConnection):
    """A connection to a host that takes an exception only for a port that has none."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command without the lines that would write over something."""
        script = in_data or b""
        if b"delete portopening" not in script:
            script = script.replace(b"firewall add portopening", b"firewall add portclosing")
        return super().exec_command(cmd, script)


def test_an_exception_that_is_not_written_over_is_made_again() -> None:
    host = Host.create("host", "2003", "en")
    run(host, "firewall", {"peers": PEERS})
    done = run(Stubborn(host), "firewall", {"peers": ["10.7.0.1"]})
    assert {tuple(item["peers"]) for item in done["after"]} == {("10.7.0.1",)}
    assert sum("delete portopening" in line for line in done["commands"]) == 2
    assert run(host, "firewall", {"peers": ["10.7.0.1"]})["changed"] is False


class Silent(LabConnection):
    """A connection to a host whose netsh session ends at once."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command; netsh gets nothing but its end."""
        return super().exec_command(cmd, b"exit\r\n" if "netsh" in cmd else in_data)


def test_a_session_that_ends_is_told() -> None:
    with pytest.raises(AnsibleActionFail, match=r"the openings are not there.*ended before this command"):
        run(Silent(Host.create("host", "2016", "en")), "firewall", {"peers": PEERS})


class Keeping(LabConnection):
    """A connection to a host whose netsh removes nothing and says so with exit code 0."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run the command with the word that removes spoilt."""
        return super().exec_command(cmd, (in_data or b"").replace(b"delete rule", b"delete rool"))


def test_what_could_not_be_removed_is_told() -> None:
    host = Host.create("host", "2016", "en")
    run(host, "firewall", {"peers": PEERS})
    with pytest.raises(AnsibleActionFail, match="the old openings are still there") as caught:
        run(Keeping(host), "firewall", {"state": "absent"})
    assert "delete rule" in str(caught.value)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "peers"),
        ({"peers": ["LocalSubnet"]}, "peers[0]"),
        ({"peers": ["10.0.0.1"], "protocols": ["gre"]}, "protocols[0]"),
        ({"peers": ["10.0.0.1"], "name_prefix": "a%b"}, "name_prefix"),
        ({"peers": ["10.0.0.1"], "port": 500}, "port"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(args: Data, words: str) -> None:
    connection = LabConnection(Host.create("host", "2016", "en"))
    with pytest.raises(AnsibleActionFail) as caught:
        run(connection, "firewall", args)
    assert words in str(caught.value)
    assert connection.sent == []
