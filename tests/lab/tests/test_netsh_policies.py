# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec static`: policies, rules, the default response rule, assignment, show."""

from __future__ import annotations

from typing import Any

import pytest

from winlab import Host, Kind, Value
from winlab.netsh.talk import static
from winlab.store import policy_store
from winlab.store.objects import LOCAL


def _refused(answer: str, number: int) -> bool:
    return answer.startswith(f"ERR IPsec[{number:05d}] : ")


def _policy(host: Host, name: str = "P") -> dict[str, Any]:
    policies = policy_store(host).snapshot()["policies"]
    return next(each for each in policies if each["name"] == name)


def _host(version: str = "2016") -> Host:
    host = Host.create("h", version)
    assert set(
        static(
            host,
            "add filter L me any protocol=tcp dstport=80",
            "add filterlist M",
            "add filteraction A qmsecmethods=ESP[3DES,SHA1]",
            "add filteraction B action=block",
            "add policy P",
        )
    ) == {""}
    return host


def test_minutes_on_the_line_and_seconds_in_the_store() -> None:
    host = Host.create("h")
    line = 'add policy P pollinginterval=30 mmlifetime=60 qmpermm=5 mmpfs=no mmsec="3des-sha1-3 DES-MD5-1"'
    assert static(host, line) == [""]
    policy = _policy(host)
    assert policy["polling_seconds"] == 1800
    assert policy["main_mode"] == {
        "methods": ["3DES-SHA1-3", "DES-MD5-1"],
        "lifetime_seconds": 3600,
        "quick_modes": 5,
        "pfs": False,
        "options": 0,
    }
    assert static(host, "set policy P mmlifetime=10 newname=Q desc=new pollinginterval=5") == [""]
    policy = _policy(host, "Q")
    assert (policy["polling_seconds"], policy["description"]) == (300, "new")
    assert policy["main_mode"]["lifetime_seconds"] == 600
    assert policy["main_mode"]["methods"] == ["3DES-SHA1-3", "DES-MD5-1"]
    assert policy["main_mode"]["quick_modes"] == 5


@pytest.mark.parametrize("version", ["2003", "2016"])
def test_fresh_keys_of_main_mode_set_the_limit_of_quick_modes(version: str) -> None:
    """The help of `add policy`, first remark: where mmpfs is specified, qmpermm is set to 1."""
    host = Host.create("h", version)
    for line in ("add policy P mmpfs=yes qmpermm=0", "set policy P mmpfs=y qmpermm=7", "set policy P mmpfs=yes"):
        assert static(host, line) == [""]
        mode = _policy(host)["main_mode"]
        assert (mode["pfs"], mode["quick_modes"]) == (True, 1)
    assert static(host, "set policy P mmpfs=no qmpermm=7") == [""]
    mode = _policy(host)["main_mode"]
    assert (mode["pfs"], mode["quick_modes"]) == (False, 7)


def test_defaults_of_a_policy() -> None:
    policy = _policy(_host())
    assert policy["polling_seconds"] == 10800
    assert policy["main_mode"]["lifetime_seconds"] == 28800
    assert not policy["assigned"]


@pytest.mark.parametrize("text", ["3DES-SHA1-4", "AES-SHA1-2", "3DES-SHA256-2", "3DES-SHA1", '""', "None-SHA1-2"])
def test_main_mode_methods_that_do_not_exist(text: str) -> None:
    host = Host.create("h")
    assert _refused(static(host, f"add policy P mmsecmethods={text}")[0], 5907)
    assert policy_store(host).list_policies() == []


def test_assignment() -> None:
    host = _host()
    assert static(host, "add policy Q assign=y") == [""]
    value = host.registry.get(LOCAL, "ActivePolicy")
    assert value is not None
    assert value.kind is Kind.SZ
    assert str(value.data).startswith(r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local\ipsecPolicy{")
    assert static(host, "set policy P assign=no") == [""]
    assert policy_store(host).assigned_policy() == "Q"
    assert static(host, "set policy P assign=y") == [""]
    assert policy_store(host).assigned_policy() == "P"
    assert static(host, "set policy p assign=n", "delete policy all") == ["", ""]
    assert host.registry.get(LOCAL, "ActivePolicy") is None
    assert _refused(static(host, "delete policy all")[0], 5072)
    assert _refused(static(host, "set policy assign=y")[0], 5908)
    assert _refused(static(host, "set policy P assign=y")[0], 5900)


@pytest.mark.parametrize("name", ["p", "all"])
def test_the_policy_in_force_can_be_deleted(name: str) -> None:
    """KB 4471134 removes the assigned policy of a worm so, and scripts delete the one that their last run assigned."""
    host = _host()
    static(host, "add rule R P L A", "add policy Q", "set policy P assign=yes")
    assert static(host, f"delete policy {name}") == [""]
    assert host.registry.get(LOCAL, "ActivePolicy") is None
    left = policy_store(host).snapshot()
    assert [each["name"] for each in left["policies"]] == ([] if name == "all" else ["Q"])
    # Nothing of it is left that would hold the list and the action.
    assert static(host, "delete filterlist L", "delete filteraction A") == ["", ""]


def test_names() -> None:
    host = _host()
    assert _refused(static(host, "add policy p")[0], 5005)
    static(host, "add policy Q")
    assert _refused(static(host, "set policy Q newname=p")[0], 5005)
    assert static(host, "set policy P newname=p") == [""]
    assert _policy(host, "p")
    assert _refused(static(host, "set policy p gponame=x")[0], 5917)


def test_rule_with_everything() -> None:
    host = _host()
    line = (
        'add rule name="R 1" policy=P filterlist=L filteraction=A tunnel=192.0.2.7 conntype=lan activate=no desc=d '
        r'psk="a = b" kerberos=yes rootca="CN=Root, O=\'Some Org\' certmap:yes excludecaname:no" '
        'rootca="CN=Two excludecaname:yes"'
    )
    assert static(host, line) == [""]
    rule = _policy(host)["rules"][0]
    assert rule == {
        "name": "R 1",
        "description": "d",
        "default_response": False,
        "filter_list": "L",
        "filter_action": "A",
        "active": False,
        "connection": "lan",
        "tunnel": "192.0.2.7",
        "authentication": [
            {"type": "psk", "psk": "a = b"},
            {"type": "kerberos"},
            {
                "type": "certificate",
                "root_ca": 'CN=Root, O="Some Org"',
                "certificate_mapping": True,
                "exclude_ca_name": False,
            },
            {"type": "certificate", "root_ca": "CN=Two", "certificate_mapping": False, "exclude_ca_name": True},
        ],
    }


def test_set_rule_replaces_the_whole_authentication_and_nothing_else() -> None:
    host = _host()
    static(host, "add rule R P L A psk=one kerberos=yes conntype=dialup tunneldst=192.0.2.1")
    assert static(host, "set rule R policy=P psk=two") == [""]
    rule = _policy(host)["rules"][0]
    assert rule["authentication"] == [{"type": "psk", "psk": "two"}]
    assert (rule["connection"], rule["tunnel"]) == ("dialup", "192.0.2.1")
    assert static(host, "set rule R policy=P newname=S filterlist=M filteraction=B activate=n con=all") == [""]
    rule = _policy(host)["rules"][0]
    assert (rule["name"], rule["filter_list"], rule["filter_action"]) == ("S", "M", "B")
    assert (rule["active"], rule["connection"]) == (False, "all")
    assert rule["authentication"] == [{"type": "psk", "psk": "two"}]
    owners = {each["name"]: each["owners"] for each in policy_store(host).snapshot()["filter_lists"]}
    assert owners == {"L": 0, "M": 1}


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("add rule R Nobody L A", 5900),
        ("add rule R P Nobody A", 5049),
        ("add rule R P L Nobody", 5902),
        ("add rule R P L", 5908),
        ("add rule R P L A kerberos=no", 5916),
        ("add rule R P L A tunnel=no", 5910),
        ("add rule R P L A conntype=wifi", 5907),
        ("set rule R policy=P activate=no", 5901),
        ("delete rule R policy=P", 5901),
        ("set rule id=1 policy=P activate=no", 5919),
        ("delete rule id=1 policy=P", 5919),
        ("show rule R policy=P", 5901),
    ],
)
def test_refused_rules(line: str, number: int) -> None:
    host = _host()
    before = policy_store(host).snapshot()
    assert _refused(static(host, line)[0], number)
    assert policy_store(host).snapshot() == before


def test_duplicate_rules_and_objects_in_use() -> None:
    host = _host()
    answers = static(host, "add rule R P L A", "add rule r P M B", "delete filterlist L", "delete filteraction A")
    assert answers[0] == ""
    assert _refused(answers[1], 5020)
    assert _refused(answers[2], 5904)
    assert _refused(answers[3], 5905)
    static(host, "add policy Q")
    assert static(host, "add rule r Q L A") == [""]
    assert static(host, "del rule all P", "del rule id=1 policy=Q") == ["", ""]
    assert [rule["default_response"] for rule in _policy(host)["rules"]] == [True]
    assert static(host, "delete filterlist L", "delete filteraction A") == ["", ""]


def test_certificate_words_and_ipv6_tunnels_need_vista() -> None:
    host = _host("2003")
    assert _refused(static(host, 'add rule R P L A rootca="CN=Root certmap:yes"')[0], 5909)
    assert _refused(static(host, "add rule R P L A tunnel=2001:db8::1")[0], 5909)
    assert static(host, 'add rule R P L A rootca="CN=Root"') == [""]
    new = _host("2025")
    assert static(new, "add rule R P L A tunnel=2001:db8::1") == [""]
    assert _policy(new)["rules"][0]["tunnel"] == "2001:db8::1"


@pytest.mark.parametrize(("version", "active"), [("2003", True), ("2016", False)])
def test_default_response_rule(version: str, active: bool) -> None:
    host = _host(version)
    assert _policy(host)["rules"][-1]["active"] is active
    assert static(host, "set policy P activatedefaultrule=yes") == [""]
    assert _policy(host)["rules"][-1]["active"] is True
    assert static(host, "set defaultrule P activate=no psk=x qmsec=AH[MD5] qmpfs=yes") == [""]
    rule = _policy(host)["rules"][-1]
    assert (rule["active"], rule["authentication"]) == (False, [{"type": "psk", "psk": "x"}])
    view = policy_store(host).list_policies()[-1].rules[-1]
    assert view.filter_action is not None
    assert view.filter_action.body.default_response
    assert view.filter_action.body.pfs
    assert len(view.filter_action.body.offers) == 1
    assert static(host, "add policy Q activatedefaultrule=no") == [""]
    assert _policy(host, "Q")["rules"][0]["active"] is False


def test_delete_all_wipes_the_store() -> None:
    host = _host("2003")
    static(host, "add rule R P L A", "set policy P assign=yes")
    assert static(host, "delete all") == [""]
    assert host.registry.subkeys(LOCAL) == []
    assert host.registry.get(LOCAL, "ActivePolicy") is None


def test_files_and_batch_mode() -> None:
    host = _host()
    answers = static(host, "exportpolicy file=c:\\x.ipsec", "importpolicy f", "set batch mode=enable", "dump")
    assert _refused(answers[0], 5911)
    assert _refused(answers[1], 5911)
    assert answers[2:] == ["", ""]


def test_show_in_english() -> None:
    host = _host()
    static(host, "add rule R P L A psk=geheim", "set policy P assign=yes")
    (policies,) = static(host, "show policy P")
    assert "Assigned               : YES\r\n" in policies
    assert "Polling Interval       : 180 minutes\r\n" in policies
    (filters,) = static(host, "show filterlist L verbose")
    assert "Source IP Address       : <My IP Address>\r\n" in filters
    assert "Destination Port        : 80\r\n" in filters
    (rules,) = static(host, "show rule all policy=P level=verbose")
    assert "FilterList Name        : Dynamic\r\n" in rules
    assert "R\r\n" in static(host, "show rule policy=P type=transport")[0]
    assert "R\r\n" not in static(host, "show rule policy=P type=tunnel")[0]


def test_show_in_german() -> None:
    host = Host.create("h", language="de")
    (empty,) = static(host, "show all")
    assert [line[:16] for line in empty.split("\r\n") if line] == [
        "ERR IPsec[05072]",
        "ERR IPsec[05067]",
        "ERR IPsec[05068]",
    ]
    static(host, "add policy P", "add filter L me any")
    assert "Zugewiesen             : NEIN" in static(host, "show policy P")[0]
    assert "<Eigene IP-Adresse>" in static(host, "show filterlist L level=verbose")[0]


def test_tables_are_tab_separated() -> None:
    host = _host()
    lines = static(host, "show policy all format=table")[0].split("\r\n")
    # Four lines of header, one policy, five lines of trailer, and what follows the last line break.
    assert len(lines) == 4 + 1 + 5 + 1
    assert lines[4].split("\t")[0] == "P"
    verbose = static(host, "show filterlist L verbose table")[0].split("\r\n")
    assert sum("\t" in line for line in verbose) == 2
    assert "P\r\n" not in static(host, "show filteraction rule=R")[0]


def test_show_the_policy_of_a_domain() -> None:
    host = _host()
    assert "Domain policy" not in static(host, "show gpoassignedpolicy")[0]
    policy_store(host).add_foreign("domain_policy")
    assert "Domain policy" in static(host, "show gpoassignedpolicy")[0]


def test_unreadable_objects_are_reported_when_touched() -> None:
    host = _host()
    store = policy_store(host)
    key = store.policies.require("P")
    isakmp = store.objects.targets(key, "ipsecISAKMPReference")[0]
    host.registry.set(store.objects.path(isakmp), "ipsecData", Value(Kind.BINARY, b"\x01\x02"))
    assert _refused(static(host, "set policy P mmpfs=yes")[0], 5918)
    store.add_foreign("unknown_filter_data", name="Cut")
    assert _refused(static(host, "add filter Cut me any")[0], 5918)
