# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What proves a round: associations that are younger than it, at either end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    Associations,
    MainModeAssociation,
    QuickModeAssociation,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.proven import (
    Look,
    Proof,
    Unproven,
    ended,
    first_pair,
    prove,
    read_rows,
    stops,
    together,
    told,
    waits,
)

Data = dict[str, Any]
WEB, SQL = "10.0.0.1", "10.0.1.1"
ROW: Data = {
    "from": "web1",
    "to": "sql1",
    "traffic": "tcp/1433,1434",
    "addresses": {"from": [WEB], "to": [SQL, "fd00::1"]},
    "authentication": ["kerberos"],
    "standing": "required",
    "younger": True,
    "main_mode": True,
}
(FLOW,) = read_rows([ROW])
(SUITE,) = read_rows([{**ROW, "main_mode": False}])
(SAME,) = read_rows([{**ROW, "younger": False, "main_mode": False}])
DARK = Associations(reason="It does not tell.")


def at(name: str, *quick: str, main: str = "m1", port: int = 1433, protocol: str | None = "tcp") -> Associations:
    """Return what a host tells: quick modes of these identities under one main mode, an empty text for no identity."""
    own, peer = (WEB, SQL) if name == "web1" else (SQL, WEB)
    ports = {"peer_port": port} if name == "web1" else {"local_port": port}
    modes = tuple(
        QuickModeAssociation(local=own, peer=peer, protocol=protocol, identities=(one,) if one else (), **ports)
        for one in quick
    )
    mains = (MainModeAssociation(local=own, peer=peer, identities=(main,) if main else ()),) if quick else ()
    return Associations(known=True, quick_mode=modes, main_mode=mains)


def of(before: Associations, after: Associations, name: str = "web1") -> dict[str, Look]:
    return {name: Look(before, after)}


@pytest.mark.parametrize("name", ["web1", "sql1"])
@pytest.mark.parametrize(
    ("before", "after", "proof"),
    [
        (("1",), ("2",), Proof.PROVEN),
        (("1",), ("1",), Proof.SILENT),
        (("1",), ("1", "2"), Proof.PROVEN),
        (("1",), (), Proof.SILENT),
        ((), ("1",), Proof.PROVEN),
        ((), (), Proof.QUIET),
        ((), ("",), Proof.PROVEN),
        (("",), ("",), Proof.UNSEEN),
        (("",), (), Proof.SILENT),
    ],
)
def test_only_what_is_younger_proves(name: str, before: tuple[str, ...], after: tuple[str, ...], proof: Proof) -> None:
    looks = of(at(name, *before), at(name, *after, main="m2"), name)
    assert prove(FLOW, looks) is prove(SUITE, looks) is proof
    assert waits(FLOW, name, looks[name]) is (proof is Proof.SILENT)
    assert not waits(SAME, name, looks[name])
    assert prove(SAME, looks) is (Proof.PROVEN if after else Proof.QUIET)


def test_new_methods_need_a_new_main_mode() -> None:
    """A quick mode under a main mode from before used what was proven then."""
    looks = of(at("web1", "1"), at("web1", "2", main="m1"))
    assert (prove(FLOW, looks), prove(SUITE, looks)) == (Proof.SILENT, Proof.PROVEN)
    unnamed = of(at("web1", "1"), at("web1", "2", main=""))
    assert (prove(FLOW, unnamed), prove(SUITE, unnamed)) == (Proof.UNSEEN, Proof.PROVEN)


@pytest.mark.parametrize(
    ("more", "proof"),
    [
        ({"port": 80}, Proof.QUIET),
        ({"port": 0}, Proof.PROVEN),
        ({"port": 1434}, Proof.PROVEN),
        ({"protocol": "udp"}, Proof.QUIET),
        ({"protocol": "any"}, Proof.PROVEN),
        ({"protocol": None}, Proof.PROVEN),
    ],
)
def test_other_traffic_proves_nothing(more: Data, proof: Proof) -> None:
    assert prove(FLOW, of(at("web1"), at("web1", "1", **more))) is proof


def test_one_end_that_tells_is_enough() -> None:
    """Windows Server 2003 tells nothing; its peer may."""
    assert prove(FLOW, {"web1": Look(DARK, DARK), **of(at("sql1"), at("sql1", "1"), "sql1")}) is Proof.PROVEN
    assert prove(FLOW, {"web1": Look(DARK, DARK), "sql1": Look(DARK, DARK)}) is Proof.UNSEEN
    assert prove(FLOW, {}) is Proof.UNSEEN
    # What one end does not know to be all may have been there before.
    assert prove(FLOW, of(DARK, at("web1", "1"))) is Proof.UNSEEN


LOOKS = st.lists(st.sampled_from(["1", "2", "3", ""]), max_size=2, unique=True)


@given(LOOKS, LOOKS, LOOKS, LOOKS, st.booleans())
def test_nothing_from_before_is_ever_a_proof(a: list[str], b: list[str], c: list[str], d: list[str], new: bool) -> None:
    row = FLOW if new else SUITE
    looks = {"web1": Look(at("web1", *a), at("web1", *b)), "sql1": Look(at("sql1", *c), at("sql1", *d))}
    younger = [set(now) - set(was) - {""} or (now and not was) for was, now in ((a, b), (c, d))]
    mains = [now and not was for was, now in ((a, b), (c, d))]
    assert (prove(row, looks) is Proof.PROVEN) is any(
        one and (main or not new) for one, main in zip(younger, mains, strict=True)
    )


def test_what_is_a_reason_to_go_no_further() -> None:
    quiet, silent = of(at("web1"), at("web1")), of(at("web1", "1"), at("web1"))
    unseen, proven = of(DARK, DARK), of(at("web1"), at("web1", "1"))
    for looks, reasons in ((quiet, (0, 0, 1)), (silent, (1, 0, 1)), (unseen, (0, 0, 1)), (proven, (0, 0, 0))):
        assert tuple(len(stops([FLOW], looks, how)) for how in Unproven) == reasons
        assert not any(stops([SAME], looks, how) for how in Unproven)
    assert stops([FLOW], silent, Unproven.QUIET)[0].startswith("web1 -> sql1 tcp/1433,1434: They had an association")


def test_a_pair_that_talks_goes_first() -> None:
    other = {**ROW, "from": "web0", "addresses": {"from": ["10.0.0.9"], "to": [SQL]}}
    rows, hosts = read_rows([other, ROW]), ["sql1", "web0", "web1"]
    assert first_pair(rows, {"sql1": at("sql1", "1")}, hosts) == ["sql1", "web1"]
    assert first_pair(rows, {}, hosts) == ["sql1", "web0"]
    assert first_pair([SAME], {}, hosts) == []
    assert first_pair([FLOW], {}, ["sql1", "web1"]) == [], "one pair is all of it"
    assert first_pair([FLOW], {}, ["web1", "web2"]) == ["web1"]


def test_what_was_there_before_an_earlier_round() -> None:
    """It went when the earlier round came: whoever talked then must talk again."""
    before = told(together(at("web1", "1").to_data(), at("web1").to_data()), "x")
    assert prove(FLOW, of(before, at("web1"))) is Proof.SILENT
    assert prove(FLOW, of(before, at("web1", "1"))) is Proof.SILENT
    assert prove(FLOW, of(before, at("web1", "2", main="m2"))) is Proof.PROVEN
    assert told(together({}, at("web1", "1").to_data()), "x") == at("web1", "1")
    assert not told(together(DARK.to_data(), at("web1").to_data()), "x").known


def test_sessions_that_worked_before() -> None:
    def answer(*works: bool) -> Data:
        named = zip(("a", "b"), works, strict=False)
        return {"sessions": [{"name": name, "as_expected": one, "detail": "Nothing answered."} for name, one in named]}

    assert ended(answer(True, False), answer(False, False)) == [
        "The session a worked before the round and does not now: Nothing answered."
    ]
    assert ended({}, answer(False)) == ended(answer(True), {"skipped": True}) == []


def test_rows_that_are_none() -> None:
    for wrong in ([{**ROW, "addresses": [[WEB], [SQL]]}], [{**ROW, "colour": "red"}], "web1"):
        with pytest.raises(IpsecError):
            read_rows(wrong)
    assert told({"failed": True}, "x").known is False
