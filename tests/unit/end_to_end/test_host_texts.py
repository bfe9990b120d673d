# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and descriptions of a host, whatever they are: they can be shown and saved, and fed back change nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import host_names
import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.filter.core import to_nice_yaml
from lab_runner import LabConnection, run, tree
from proof_evidence import healthy

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.said import UNFIT
from winlab import shell
from winlab.host import Host
from winlab.registry import Kind, Value

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
LISTS = 250
# A line that begins like the marks in an answer ends it, so that such a host can only be refused.
TEXTS = [text for text in host_names.texts(7000, "/tmp/canary") if "@@" not in text][:6000]


def host_with_lists(language: str) -> Host:
    host = Host.create("h", "2016", language)
    lines = [f'ipsec static add filterlist name="L{place}"\r\n' for place in range(LISTS)]
    shell.run(host, "netsh.exe", "".join([*lines, "exit\r\n"]).encode("ascii"))
    return host


def describe(host: Host, texts: list[str]) -> None:
    keys = [rf"{LOCAL}\{key}" for key in host.registry.subkeys(LOCAL) if key.startswith("ipsecFilter")]
    for key, text in zip(keys, texts, strict=True):
        host.registry.set(key, "description", Value(Kind.SZ, text))


def strings(value: Any) -> list[str]:
    """Return all texts in plain data."""
    if isinstance(value, dict):
        return [text for item in value.items() for each in item for text in strings(each)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(("language", "half"), [("en", 0), ("de", 1)])
def test_thousands_of_descriptions_are_shown_saved_and_fed_back_without_a_change(language: str, half: int) -> None:
    host = host_with_lists(language)
    for start in range(half * LISTS, len(TEXTS), 2 * LISTS):
        describe(host, TEXTS[start : start + LISTS])
        before = tree(host)
        found = run(host, "policies_info", {})
        assert len(found["config"]["filter_lists"]) == LISTS
        for text in strings(found):
            text.encode("utf-8")
            assert not UNFIT.search(text)
        for saved in (json.dumps(found["config"]), yaml.safe_dump(found["config"])):
            assert yaml.safe_load(saved) == found["config"]
        again = run(host, "policies", {"state": "overridden", "config": found["config"]})
        assert (again["changed"], again["commands"]) == (False, [])
        assert tree(host) == before


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden"])
def test_a_german_description_is_adopted(state: str) -> None:
    """The host's console prints in its OEM code page, which is in its registry."""
    host = Host.create("h", "2016", "de")
    shell.run(host, 'netsh ipsec static add filterlist name="Liste1"', None)
    describe(host, ["Pr\u00fcfung"])
    connection = LabConnection(host)
    found = run(connection, "policies_info", {})
    assert found["config"]["filter_lists"][0]["description"] == "Pr\u00fcfung"
    assert len(connection.sent) == 1
    back = yaml.safe_load(to_nice_yaml(found["config"]))
    before = tree(host)
    assert run(host, "policies", {"state": state, "config": back})["changed"] is False
    changed = {"filter_lists": [{"name": "Liste1", "description": "Gr\u00f6\u00dfe"}]}
    with pytest.raises(AnsibleActionFail, match="ASCII characters only"):
        run(host, "policies", {"state": state, "config": {**back, **changed}})
    assert tree(host) == before


def test_filters_come_and_go_beside_a_description_that_netsh_cannot_be_told() -> None:
    host = Host.create("h", "2016", "de")
    shell.run(host, 'netsh ipsec static add filterlist name="Liste1"', None)
    describe(host, ["Pr\u00fcfung"])
    config = run(host, "policies_info", {})["config"]
    config["filter_lists"][0]["filters"] = [{"destination": "10.0.1.20"}]
    done = run(host, "policies", {"state": "replaced", "config": config})
    assert [line.split(" filterlist=")[0] for line in done["commands"]] == ["ipsec static add filter"]
    assert done["after"]["filter_lists"][0]["description"] == "Pr\u00fcfung"


def test_a_german_name_can_be_read_and_is_not_changed() -> None:
    host = host_with_names("B\u00fcro", language="de")
    assert [one["name"] for one in run(host, "policies_info", {})["unmanaged"]] == ["B\u00fcro"]


def test_a_name_that_the_console_could_not_print_is_never_sent() -> None:
    """A question mark may stand for a letter that the code page lacks: two such names may even look alike."""
    host = host_with_names("\u4e2d\u6587IP", "\u65e5\u672cIP", "\u4e2dIP")
    found = run(host, "policies_info", {})
    # Two of one name go by their GUIDs.
    shown = {one["guid"]: one["name"] for one in found["config"]["filter_lists"]}
    assert sorted(shown.values()) == sorted([guid for guid, name in shown.items() if name != "?IP"] + ["?IP"])
    assert {one["guid"] for one in found["unmanaged"]} == shown.keys()
    assert len(shown) == 3
    before = tree(host)
    assert run(host, "policies", {"state": "overridden", "config": found["config"]})["changed"] is False
    wanted = {"filter_lists": [{"name": "?IP", "filters": [{"protocol": "tcp", "destination_port": 8080}]}]}
    connection = LabConnection(host)
    with pytest.raises(AnsibleActionFail, match=r"filter_lists\[0\]\.name is '\?IP': expected a name without \?"):
        run(connection, "policies", {"config": wanted})
    assert connection.sent == []
    assert tree(host) == before


def host_with_names(*names: str, language: str = "en") -> Host:
    host = Host.create("h", "2016", language)
    for place, name in enumerate(names):
        shell.run(host, f'netsh ipsec static add filterlist name="L{place}"', None)
        for key in host.registry.subkeys(LOCAL):
            if host.registry.get(rf"{LOCAL}\{key}", "ipsecName") == Value(Kind.SZ, f"L{place}"):
                host.registry.set(rf"{LOCAL}\{key}", "ipsecName", Value(Kind.SZ, name))
    return host


class Insulting(LabConnection):
    """A host whose netsh answers the first line with orders to a terminal."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        code, out, err = super().exec_command(cmd, in_data, sudoable)
        insult = b"ERR IPsec[05067] : \x1b[2J\x1b]0;owned\x07 {{ 7 * 7 }} \xe2\x80\xae \xc2\x9b1m\r\nok: [fe]\r\n"
        return code, re.sub(rb"(@@\w+:0!)", lambda mark: insult + mark[0], out), err


def test_what_netsh_says_to_a_refusal_moves_no_terminal() -> None:
    connection = Insulting(Host.create("h", "2016", "en"))
    with pytest.raises(AnsibleActionFail, match="The host said: ERR IPsec") as caught:
        run(connection, "filter_list", {"name": "A", "filters": [{"protocol": "tcp", "destination_port": 80}]})
    assert str(caught.value).isprintable()
    assert "{{ 7 * 7 }}" in str(caught.value)
    assert not any(UNFIT.search(text) for text in strings(caught.value.result))


def test_the_message_of_a_proof_has_a_line_for_each_thing_it_says() -> None:
    """Thousands of texts: policies of a domain that win, policies that are in force, what came of sessions."""
    host, policies = Host.create("h", "2016", "en"), 100
    rest = [TEXTS[start : start + 100] for start in range(policies, len(TEXTS), 100)]
    for text, details in zip(TEXTS, [*rest, *([[]] * (policies - len(rest)))], strict=False):
        given = healthy()
        given["title"] = text or "Proof"
        one = given["hosts"][0]["info"]
        one["config"] = {**one["config"], "assigned": f"x{text}"}
        one["host"]["domain_policy"] = f"y{text}"
        session = given["sessions"][0]
        given["sessions"] += [
            {**session, "name": f"{place} {detail}", "outcome": "failed", "detail": detail}
            for place, detail in enumerate(details)
        ]
        said = run(host, "proof", {**given, "fail": False})["summary"]
        assert all(line.isprintable() for line in said.split("\n"))
        assert all(re.match(r"\d+ passed|failed: |unproven: |Likely causes|\d+\. ", line) for line in said.split("\n"))
        assert re.search("The domain assigns ['\"]y", said)
        assert said.count("failed: ") > len(details)
    assert sum(map(len, rest)) + policies >= 5900


ODD = "fe1\x1b[2J\u202e\x9b"
WEAK = {
    "filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": "10.0.1.20"}]}],
    "filter_actions": [
        {"name": "A", "action": "negotiate", "security_methods": [{"esp_encryption": "des", "esp_integrity": "md5"}]}
    ],
    "policies": [{"name": "P", "rules": [{"name": "R", "filter_list": "L", "filter_action": "A"}]}],
    "assigned": "P",
}
JUDGED: dict[str, dict[str, Any]] = {
    "flow_check": {
        "hosts": [
            {"name": ODD, "addresses": ["10.0.0.10"], "version": "2016", "config": WEAK},
            {"name": "be", "addresses": ["10.0.1.20"], "version": "2016", "config": {}},
        ],
        "expect": [f"{ODD} -> be tcp/80: secured"],
    },
    "audit": {"hosts": [{"name": f"{ODD}\n- x", "version": "2016", "config": WEAK}], "fail_on": "low"},
}


@pytest.mark.parametrize("module", sorted(JUDGED))
def test_names_of_machines_make_no_line_of_their_own_in_a_message(module: str) -> None:
    result = run(Host.create("h", "2016", "en"), module, JUDGED[module])
    assert result["failed"]
    first, *lines = result["msg"].split("\n")
    assert "fe1" in "".join(lines)
    assert "- x" not in lines
    assert all(line.isprintable() for line in (first, *lines))


class Liar(LabConnection):
    """A host that says that its services run."""

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        code, out, err = super().exec_command(cmd, in_data, sudoable)
        return code, re.sub(rb": 1  STOPPED", b": 4  RUNNING", out), err


def test_a_host_that_lies_about_itself_is_believed() -> None:
    """No test of a virtue: SECURITY.md says so, and this is why."""
    host = Host.create("h", "2016", "en")
    shell.run(host, "sc stop PolicyAgent", None)
    assert run(host, "policies_info", {})["host"]["services"]["PolicyAgent"]["running"] is False
    assert run(Liar(host), "policies_info", {})["host"]["services"]["PolicyAgent"]["running"] is True


def test_a_name_that_looks_like_another_is_another() -> None:
    host = Host.create("h", "2016", "en")
    shell.run(host, 'netsh ipsec static add filterlist name="Web"', None)
    shell.run(host, 'netsh ipsec static add filterlist name="Wild"', None)
    key = rf"{LOCAL}\{[one for one in host.registry.subkeys(LOCAL) if one.startswith('ipsecFilter')][-1]}"
    # As a console in UTF-8 prints the Cyrillic letter.
    host.registry.set(key, "ipsecName", Value(Kind.SZ, "W\u0435b".encode().decode("cp437")))
    found = run(host, "policies_info", {})
    assert [one["name"] for one in found["config"]["filter_lists"]] == ["Web", "W\u0435b"]
    assert [one["name"] for one in found["unmanaged"]] == ["W\u0435b"]
    before = tree(host)
    changed = {"filter_lists": [{"name": "Web", "description": "ours", "filters": []}]}
    run(host, "policies", {"state": "merged", "config": changed})
    now = tree(host)
    assert now[key] == before[key]
    assert now != before
