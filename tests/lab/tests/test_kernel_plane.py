# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel data plane of a lab, before a stand-in for the program inside: when what is loaded, what hosts tell."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from ipaddress import ip_address
from typing import Any

import pytest

from winlab.dataplane.wire import refresh
from winlab.host import Host
from winlab.ipsec.trail import MAIN_MODE, MAIN_MODE_ENDED, QUICK_MODE, QUICK_MODE_ENDED
from winlab.kernel.channel import Failed
from winlab.kernel.plane import KernelCrossing
from winlab.services import stop
from winlab.testing.policies import in_policy, machine, type_in

FE, BE, CONTROLLER = "10.0.0.10", "10.0.1.20", "10.0.0.250"
REQUIRE = 'action=negotiate qmsec="ESP[3DES,SHA1]"'


def printed(line: str) -> str:
    """Return a policy as iproute2 lists it, from the line that loads it."""
    words = line.split()
    values = dict(itertools.pairwise(words))
    selector = " ".join(
        f"{word} {values[word]}" for word in ("src", "dst", "proto", "sport", "dport") if word in values
    )
    if "tmpl" in words:
        selector = selector.replace("proto esp", f"proto {words[words.index('proto') + 1]}")
    block = "action block " if values["action"] == "block" else ""
    text = f"{selector}\n\tdir {values['dir']} {block}priority {values['priority']} ptype main\n"
    if "tmpl" in words:
        level = "\t\tlevel use\n" if values["level"] == "use" else ""
        text += f"\ttmpl src 0.0.0.0 dst 0.0.0.0\n\t\tproto esp reqid {values['reqid']} mode transport\n{level}"
    return text


class Inside:
    """Does what the program inside is asked for, in memory."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.loaded: dict[str, list[str]] = {}
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.statistics: dict[str, int] = {}
        self.accepts = True
        self.tickets = True

    def call(self, name: str, /, *, patience: float = 60.0, **given: Any) -> Any:
        """Answer a call."""
        self.calls.append((name, given))
        match name:
            case "policies":
                self.loaded[given["name"]] = given["lines"]
                return "".join(map(printed, given["lines"]))
            case "stop_keying":
                self.told.pop(given["name"], None)
            case "keying_associations":
                return self.told.get(given["name"], [])
            case "fallen_back":
                return []
            case "statistics":
                return self.statistics
            case "knock":
                return self.accepts
            case "open":
                return 7 if self.accepts else 0
            case "run_program" if given["command"][0] == "kinit" and not self.tickets:
                raise Failed("kinit: no centre")
        return None

    def count(self, name: str) -> int:
        """Return how often a call was made."""
        return sum(1 for each, _given in self.calls if each == name)


class Bench:
    """A front-end, a back-end, and what is between them."""

    def __init__(self) -> None:
        self.inside, self.said = Inside(), list[str]()
        self.fe = in_policy(machine("fe", FE), (f"me {BE} protocol=tcp dstport=80", REQUIRE))
        self.be = in_policy(machine("be", BE), (f"{FE} me protocol=tcp dstport=80", REQUIRE))
        hosts: dict[str, Host] = {"fe": self.fe, "be": self.be}
        for host in hosts.values():
            host.audit.enabled = True
        self.crossing = KernelCrossing(
            hosts,
            {name: nullcontext() for name in hosts},
            self.inside,  # type: ignore[arg-type]
            services={"fe": (5985,), "be": (5985, 80)},
            outside=frozenset({"fe"}),
            controllers=(ip_address(CONTROLLER),),
            say=self.said.append,
        )


@pytest.fixture
def bench() -> Bench:
    """Return a bench."""
    return Bench()


def test_policies_are_loaded_once_and_again_when_they_change(bench: Bench) -> None:
    """A conversation looks at both ends first."""
    bench.crossing.begin("fe", "be", 80)
    assert bench.inside.count("policies") == 2
    bench.crossing.begin("fe", "be", 80)
    assert bench.inside.count("policies") == 2
    type_in(bench.be, "set policy P assign=n")
    bench.crossing.begin("fe", "be", 80)
    assert bench.inside.count("policies") == 3
    assert bench.inside.loaded["lab-be"] == []
    assert len(bench.inside.loaded["lab-fe"]) == 2


def test_what_cannot_be_enforced_cuts_the_host_off(bench: Bench) -> None:
    """Everything is blocked, and the reason is said, once."""
    type_in(bench.fe, "set filteraction A0 qmsecmethods=AH[SHA1]+ESP[3DES,SHA1]")
    bench.inside.accepts = False
    for _turn in range(2):
        one = bench.crossing.begin("fe", "be", 80)
        assert not one.through
        assert "AH and ESP together" in one.sentence
    assert [line.split()[-2:] for line in bench.inside.loaded["lab-fe"]] == [["action", "block"]] * 2
    assert sum("cut off" in each for each in bench.said) == 1


def associated(initiator: str) -> list[dict[str, Any]]:
    """Return a main mode with a quick mode, as the daemon of the front-end tells of it."""
    child = {
        "name": "t1", "reqid": "1", "state": "INSTALLED", "protocol": "ESP", "spi-in": "11", "spi-out": "22",
        "encr-alg": "3DES_CBC", "integ-alg": "HMAC_SHA1_96", "bytes-in": "100", "packets-in": "2", "bytes-out": "50",
        "packets-out": "1", "life-time": "3000", "install-time": "5", "local-ts": [f"{FE}/32[tcp]"],
        "remote-ts": [f"{BE}/32[tcp/http]"],
    }  # fmt: skip
    main = {
        "state": "ESTABLISHED", "local-host": FE, "remote-host": BE, "initiator": initiator, "initiator-spi": "0a",
        "encr-alg": "3DES_CBC", "integ-alg": "HMAC_SHA1_96", "dh-group": "MODP_1024", "established": "5",
        "child-sas": {"t1-1": child},
    }  # fmt: skip
    return [{"kerberos1": main}]


def test_hosts_tell_what_the_daemon_has(bench: Bench) -> None:
    """Associations, events of their beginning and end, each once, and counters."""
    refresh(bench.fe)
    bench.inside.told["lab-fe"] = associated("yes")
    bench.inside.statistics = {"inbound": 9, "protected": 2, "keying": 3, "XfrmInTmplMismatch": 1}
    for _turn in range(2):
        refresh(bench.fe)
    assert {each.spi for each in bench.fe.associations.quick_mode} == {0x11, 0x22}
    assert len(bench.fe.associations.main_mode) == 1
    assert [each.number for each in bench.fe.audit.events({MAIN_MODE, QUICK_MODE})] == [MAIN_MODE, QUICK_MODE]
    counters = bench.fe.counters
    assert (counters.bytes_received, counters.bytes_sent) == (100, 50)
    received = (counters.inbound_packets_received, counters.inbound_packets_dropped)
    assert (*received, counters.plaintext_packets_received) == (6, 1, 3)
    assert stop(bench.fe, "IKEEXT") == 0
    assert bench.fe.associations.quick_mode == []
    ended = {QUICK_MODE_ENDED, MAIN_MODE_ENDED}
    assert {each.number for each in bench.fe.audit.events(ended)} == ended


def test_a_conversation_is_judged_by_what_stands(bench: Bench) -> None:
    """Protected by the association that covers it, else in clear or not at all."""
    bench.crossing.begin("fe", "be", 143)
    bench.inside.told["lab-fe"] = associated("yes")
    web, mail = bench.crossing.begin("fe", "be", 80), bench.crossing.begin("fe", "be", 143)
    assert (web.fate, web.algorithms, web.through) == ("esp", "ESP[3DES,SHA1]", True)
    assert (mail.fate, mail.algorithms) == ("clear", "")
    bench.inside.accepts = False
    assert bench.crossing.begin("fe", "be", 25).fate == "no_answer"


def test_a_controller_knocks_anew_when_the_policy_changes(bench: Bench) -> None:
    """The answer is remembered for a moment, but not beyond a change."""
    controller = ip_address(CONTROLLER)
    assert bench.crossing.in_clear(controller, "be", 5985)
    assert bench.crossing.in_clear(controller, "be", 5985)
    assert bench.inside.count("knock") == 1
    bench.inside.accepts = False
    type_in(bench.be, "set filteraction A0 action=block")
    assert not bench.crossing.in_clear(controller, "be", 5985)


def test_afterwards_hosts_are_on_their_own(bench: Bench) -> None:
    """Nothing of the network is left, and nobody asks for it any more."""
    bench.crossing.close()
    assert bench.inside.calls[-1] == ("remove", {"prefix": "lab-"})
    before = len(bench.inside.calls)
    refresh(bench.fe)
    assert len(bench.inside.calls) == before


def asking(bench: Bench) -> list[str]:
    """Return how the daemon of the front-end begins: whether it asks when the kernel needs an association."""
    last = [given for name, given in bench.inside.calls if name == "start_keying" and given["name"] == "lab-fe"][-1]
    return [child["start_action"] for one in last["connections"].values() for child in one["children"].values()]


def test_a_host_without_tickets_asks_nobody_and_lets_nothing_go_in_clear(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again after a while; under its policy, and before anything can ask."""
    type_in(bench.fe, "set filteraction A0 soft=yes inpass=yes")
    bench.inside.tickets = False
    bench.crossing.enforce("fe")
    assert asking(bench) == ["none"]
    assert bench.inside.count("watch") == 0
    assert sum("no tickets" in each for each in bench.said) == 1
    order = [name for name, given in bench.inside.calls if given.get("name") == "lab-fe"]
    assert order.index("policies") < order.index("run_program") < order.index("start_keying")
    bench.inside.tickets = True
    bench.crossing.enforce("fe")
    assert asking(bench) == ["none"]
    monkeypatch.setattr("winlab.kernel.plane._LOGON_AGAIN_SECONDS", -1.0)
    bench.crossing.enforce("fe")
    assert asking(bench) == ["trap"]
    assert bench.inside.count("watch") == 1
    logons = [given for name, given in bench.inside.calls if name == "run_program" and given["command"][0] == "kvno"]
    assert {tuple(each["command"]) for each in logons} == {("kvno", "host/be")}


def test_keys_need_no_centre(bench: Bench) -> None:
    """Nobody logs on where nobody asks by Kerberos."""
    type_in(bench.fe, "set rule name=R0 policy=P kerberos=no psk=Secret-1")
    bench.crossing.enforce("fe")
    assert bench.inside.count("run_program") == 0
    assert asking(bench) == ["trap"]
