# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec static`: filters, filter lists, filter actions, and the word forms found in scripts."""

from __future__ import annotations

from typing import Any

import pytest

from winlab import Host
from winlab.netsh.talk import static
from winlab.store import policy_store


def _filters(host: Host, name: str = "L") -> list[dict[str, Any]]:
    lists = policy_store(host).snapshot()["filter_lists"]
    return next(each["filters"] for each in lists if each["name"] == name)


def _actions(host: Host) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in policy_store(host).snapshot()["filter_actions"]}


def _refused(answer: str, number: int) -> bool:
    return answer.startswith(f"ERR IPsec[{number:05d}] : ")


@pytest.mark.parametrize(
    "line",
    [
        'add filter filterlist=L srcaddr=me dstaddr=10.0.0.0 description="a b" protocol=TCP mirrored=no dstmask=8 '
        "dstport=80",
        'ADD FILTER FilterList = L SrcAddr= ME dstaddr =10.0.0.0 desc="a b" proto=tcp mir=n dstmask=255.0.0.0 dstp=80',
        'ad filter L me 10.0.0.0 "a b" 6 no any 8 0 80',
        'add filter "L" srca=me dsta=10.0.0.0 desc = "a b" protocol=6 mirror=no dstm=8 srcport=0 dstport="80"',
    ],
)
def test_word_forms(line: str) -> None:
    host = Host.create("h")
    assert static(host, line) == [""]
    assert _filters(host) == [
        {
            "source": "me",
            "destination": "10.0.0.0/8",
            "protocol": "TCP",
            "source_port": 0,
            "destination_port": 80,
            "mirrored": False,
            "description": "a b",
        }
    ]


def test_defaults_and_positional_source() -> None:
    host = Host.create("h")
    assert static(host, 'add filter filterlist="block" any srcmask=32 dstaddr=me') == [""]
    (one,) = _filters(host, "block")
    assert (one["source"], one["destination"], one["protocol"], one["mirrored"]) == ("any", "me", "ANY", True)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        # Both from the help of netsh: of static add filter, and as dynamic set rule has it.
        ("dhcp", "srcaddr=DHCP dstaddr=0.0.0.0 protocol=ICMP srcmask=255.255.255.255 dstmask=255.255.255.255"),
        ("wins", "srca=WINS dsta=0.0.0.0 dstmask=32"),
        ("10.0.0.1", "srcaddr=10.0.0.1 dstaddr=0.0.0.0"),
    ],
)
@pytest.mark.parametrize("version", ["2003", "2016"])
def test_the_zero_address_is_me(version: str, source: str, line: str) -> None:
    host = Host.create("h", version)
    assert static(host, f"add filter filterlist=F {line}") == [""]
    (one,) = _filters(host, "F")
    assert (one["source"], one["destination"]) == (source, "me")
    assert static(host, f"delete filter F {source} me") == [""]
    assert _filters(host, "F") == []


@pytest.mark.parametrize(
    ("tags", "number"),
    [
        ("srcaddr=me", 5908),
        ("srcaddr=me dstaddr=host.example.com", 5910),
        ("srcaddr=me dstaddr=10.0.0.256", 5907),
        ("srcaddr=me dstaddr=10.0.0.1 dstmask=33", 5907),
        ("srcaddr=me dstaddr=10.0.0.1 dstmask=0", 5907),
        ("srcaddr=me dstaddr=10.0.0.1 dstmask=255.0.255.0", 5907),
        ("srcaddr=dns dstaddr=any", 5912),
        ("srcaddr=10.0.0.1 dstaddr=gateway", 5912),
        ("srcaddr=me dstaddr=any dstport=80", 5913),
        ("srcaddr=me dstaddr=any protocol=icmp srcport=1", 5913),
        ("srcaddr=me dstaddr=any protocol=tcp dstport=80,81", 5907),
        ("srcaddr=me dstaddr=any protocol=tcp dstport=65536", 5907),
        ("srcaddr=me dstaddr=any protocol=256", 5907),
        ("srcaddr=me dstaddr=any mirrored=maybe", 5907),
        ("srcaddr=10.0.0.1 dstaddr=2001:db8::1", 5914),
        ("srcaddr=me dstaddr=10.0.0.9-10.0.0.1", 5907),
        ("srcaddr=me dstaddr=10.0.0.1-10.0.0.9 dstmask=24", 5915),
        ("srcaddr=me dstaddr=0.0.0.0 dstmask=8", 5907),
    ],
)
def test_refused_filters_leave_no_list_behind(tags: str, number: int) -> None:
    host = Host.create("h", "2016")
    (answer,) = static(host, f"add filter filterlist=L {tags}")
    assert _refused(answer, number)
    assert policy_store(host).snapshot()["filter_lists"] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9"),
    ],
)
def test_ranges_and_ipv6_from_vista_on(text: str, shown: str) -> None:
    new, old = Host.create("h", "2008R2"), Host.create("h", "2003")
    lines = ("add filter L me any", f"add filter L me {text}", "add filter L any me")
    assert static(new, *lines) == ["", "", ""]
    assert [each["destination"] for each in _filters(new)] == ["any", "me", shown]
    assert _refused(static(old, f"add filter L me {text}")[0], 5909)
    assert static(new, f"delete filter L me {text}") == [""]
    assert [each["destination"] for each in _filters(new)] == ["any", "me"]


def test_ipv6_prefix() -> None:
    host = Host.create("h")
    assert static(host, "add filter L me 2001:db8:: dstmask=32") == [""]
    assert _filters(host)[0]["destination"] == "2001:db8::/32"


@pytest.mark.parametrize("word", ["dns", "WINS", "dhcp", "Gateway"])
def test_server_types(word: str) -> None:
    host = Host.create("h", "2003")
    assert static(host, f"add filter L me {word}", f"add filter L {word} me") == ["", ""]
    assert [each["destination"] for each in _filters(host)] == [word.lower(), "me"]
    assert static(host, f"delete filter L {word} me") == [""]
    assert len(_filters(host)) == 1


def test_duplicates_are_accepted_and_deleted_together() -> None:
    host = Host.create("h")
    line = "add filter L me 10.0.0.1 protocol=tcp dstport=80"
    other = "add filter L me 10.0.0.1 protocol=udp dstport=80"
    assert static(host, line, line, other) == ["", "", ""]
    assert len(_filters(host)) == 3
    assert static(host, "delete filter L me 10.0.0.1 protocol=tcp") == [""]
    assert [each["protocol"] for each in _filters(host)] == ["UDP"]
    assert _refused(static(host, "delete filter L me 10.0.0.1 protocol=tcp")[0], 5903)
    assert _refused(static(host, "delete filter M me any")[0], 5049)


def test_a_mask_that_is_given_is_compared() -> None:
    host = Host.create("h")
    static(host, "add filter L me 10.0.0.0 dstmask=8", "add filter L me 10.0.0.0 dstmask=16")
    assert static(host, "delete filter L me 10.0.0.0 dstmask=255.255.0.0") == [""]
    assert [each["destination"] for each in _filters(host)] == ["10.0.0.0/8"]


def test_a_write_of_somebody_else_is_noticed() -> None:
    host = Host.create("h")
    store = policy_store(host)
    static(host, "add filter L me 10.0.0.1")
    key = store.filter_lists.require("L")
    assert len(store.filter_lists.filters(key)) == 1
    static(host, "add filter L me 10.0.0.2")
    assert len(store.filter_lists.filters(key)) == 2


def test_filter_lists() -> None:
    host = Host.create("h")
    answers = static(
        host,
        'add filterlist "L" desc=x',
        "add filterlist name=l",
        "set filterlist l newname=M description=y",
        "delete filterlist L",
    )
    assert answers[0] == answers[2] == ""
    assert _refused(answers[1], 5010)
    assert _refused(answers[3], 5049)
    static(host, "add filterlist N")
    assert _refused(static(host, "set filterlist name=N newname=m")[0], 5010)
    (first, _second) = policy_store(host).list_filter_lists()
    assert (first.name, first.description) == ("M", "y")
    guid = first.key.removeprefix("ipsecFilter")
    assert static(host, f"set filterlist guid={guid} newname=G", "del filterlist all") == ["", ""]
    assert policy_store(host).list_filter_lists() == []
    assert _refused(static(host, "delete filterlist all")[0], 5067)


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("ESP[3DES,SHA1]", ["ESP[3DES,SHA1]:0k/0s"]),
        ("esp[3des,md5]:3600s", ["ESP[3DES,MD5]:0k/3600s"]),
        ("ESP[None,SHA1]:100000k", ["ESP[None,SHA1]:100000k/0s"]),
        ("ESP[DES,None]:100000k/2000s", ["ESP[DES,None]:100000k/2000s"]),
        ('"AH[MD5]:100000k/1000s AH[SHA1]:1k/2s"', ["AH[MD5]:100000k/1000s", "AH[SHA1]:1k/2s"]),
        ('"AH[SHA1]+ESP[3DES, MD5]:5s"', ["AH[SHA1]+ESP[3DES,MD5]:0k/5s"]),
    ],
)
def test_quick_mode_methods(text: str, methods: list[str]) -> None:
    host = Host.create("h")
    assert static(host, f"add filteraction name=A action=negotiate qmsecmethods={text}") == [""]
    assert _actions(host)["A"]["methods"] == methods


@pytest.mark.parametrize(
    "text",
    [
        "AES[128,SHA1]",
        "ESP[AES128,SHA1]",
        "ESP[None,None]",
        "ESP[3DES]",
        "AH[SHA256]",
        "ESP[3DES,SHA1]:",
        "ESP[3DES,SHA1]:5k5s",
        "AH[MD5]+AH[SHA1]",
        "ESP[3DES,SHA1]:/5s",
        '"ESP[3DES,SHA1];AH[MD5]"',
    ],
)
def test_quick_mode_methods_that_do_not_exist(text: str) -> None:
    host = Host.create("h")
    assert _refused(static(host, f"add filteraction A qmsecmethods={text}")[0], 5907)
    assert _actions(host) == {}


def test_filter_actions() -> None:
    host = Host.create("h")
    assert static(
        host,
        "add filteraction Allow action=permit",
        "add filteraction Stop action=BLOCK",
        'add filteraction Ask qmpfs=yes inpass=y soft=yes action=negotiate qmsec="ESP[3DES,SHA1]:1k/2s"',
    ) == ["", "", ""]
    actions = _actions(host)
    assert (actions["Allow"]["action"], actions["Allow"]["methods"]) == ("permit", [])
    assert actions["Stop"]["action"] == "block"
    ask = actions["Ask"]
    assert (ask["action"], ask["inpass"], ask["soft"], ask["pfs"]) == ("negotiate", True, True, True)
    assert _refused(static(host, "add filteraction ask")[0], 5014)
    assert static(host, "set filteraction Ask newname=Demand soft=no inpass=n qmpfs=no") == [""]
    demand = _actions(host)["Demand"]
    assert (demand["inpass"], demand["soft"], demand["pfs"]) == (False, False, False)
    assert demand["methods"] == ["ESP[3DES,SHA1]:1k/2s"]
    assert static(host, "set filteraction name=Demand action=block") == [""]
    assert _actions(host)["Demand"]["action"] == "block"
    assert _refused(static(host, "set filteraction name=Nobody soft=no")[0], 5902)
    assert static(host, "delete filteraction allow", "delete filteraction all") == ["", ""]
    assert _refused(static(host, "delete filteraction all")[0], 5068)


def test_soft_is_one_more_empty_offer_on_disk() -> None:
    host = Host.create("h")
    static(host, "add filteraction A soft=yes qmsecmethods=ESP[3DES,SHA1]")
    store = policy_store(host)
    blob = store.objects.data(store.filter_actions.require("A")) or b""
    assert len(blob) == 25 + 2 * 80
    assert blob[24 + 80 : 24 + 160] == bytes(80)


@pytest.mark.parametrize(
    "line",
    [
        "add filter L src=me dstaddr=any",
        "add filter L me any colour=red",
        "add filter L me any protocol=tcp protocol=udp",
        "add filterlist L description too-many",
    ],
)
def test_words_that_do_not_fit_are_refused_without_a_number(line: str) -> None:
    host = Host.create("h")
    (answer,) = static(host, line)
    assert answer
    assert "ERR" not in answer
    assert policy_store(host).list_filter_lists() == []
