# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings about flows."""

from __future__ import annotations

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lint import (
    FindingKind,
    LintFinding,
    lint_host,
    lint_pair,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import PresharedKey
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    BE,
    BLOCK,
    DC,
    FE,
    PERMIT,
    REQUEST,
    REQUIRE,
    Does,
    does,
    filter_of,
    host,
)


def lint(*rules: Does, address: str = FE) -> list[LintFinding]:
    return lint_host(host("fe", address, *rules))


def test_sound_policies_have_no_findings() -> None:
    assert lint() == []
    assert lint(does(REQUIRE, filter_of("me", BE, "tcp", 0, 80)), does(PERMIT, filter_of("me", "any", "icmp"))) == []
    assert lint(does(BLOCK), does(PERMIT, filter_of("me", DC, mirrored=False))) == []


def test_equal_rank_overlap() -> None:
    from_port = does(PERMIT, filter_of("me", BE, "tcp", 25, 0), name="from 25")
    to_port = does(BLOCK, filter_of("me", BE, "tcp", 0, 80), name="to 80")
    (found,) = lint(from_port, to_port)
    assert found.kind is FindingKind.EQUAL_RANK_OVERLAP
    assert str(found.packet) == f"{FE}:25 -> {BE}:80 tcp"
    assert "'from 25'" in found.sentence
    assert "'to 80'" in found.sentence
    both = does(PERMIT, filter_of("me", BE, "tcp", 25, 80), name="both")
    assert lint(from_port, to_port, both) == [], "a more specific filter decides the overlap"
    same = does(PERMIT, filter_of("me", BE, "tcp", 0, 80), name="to 80")
    assert lint(from_port, same) == [], "the same effect"


def test_equal_rank_overlap_of_authentication() -> None:
    rules = [
        does(REQUIRE, filter_of("me", BE, "tcp", port, other), name=f"{port}", authentication=(PresharedKey(key),))
        for port, other, key in ((25, 0, Secret("marker-a")), (0, 80, Secret("marker-b")))
    ]
    (found,) = lint(*rules)
    assert found.kind is FindingKind.EQUAL_RANK_OVERLAP
    assert "marker" not in f"{found!r}{found.to_data()}"


def test_shadowed_filter() -> None:
    shadowed = does(PERMIT, filter_of("me", BE, "tcp", 0, 80), name="weaker")
    found = lint(shadowed, does(BLOCK, filter_of("me", BE, "tcp", 0, 80), name="stricter"))
    assert [(one.kind, one.rule) for one in found] == [
        (FindingKind.EQUAL_RANK_OVERLAP, "stricter"),
        (FindingKind.SHADOWED_FILTER, "weaker"),
    ]
    halves = does(BLOCK, filter_of("me", "0.0.0.0/1"), filter_of("me", "128.0.0.0/1"), name="halves")
    (found_one,) = lint(does(PERMIT, name="all"), halves)
    assert (found_one.kind, found_one.rule) == (FindingKind.SHADOWED_FILTER, "all"), "two together hide it"
    half = does(BLOCK, filter_of("me", "0.0.0.0/1"), name="half")
    assert lint(does(PERMIT, name="all"), half) == []


def test_filter_of_other_hosts() -> None:
    (found,) = lint(does(PERMIT, filter_of(BE, DC), name="others"))
    assert (found.kind, found.rule) == (FindingKind.SHADOWED_FILTER, "others")


def test_not_mirrored() -> None:
    there = filter_of("me", BE, "tcp", 0, 80, mirrored=False)
    back = filter_of(BE, "me", "tcp", 80, 0, mirrored=False)
    (found,) = lint(does(REQUIRE, there, name="web"))
    assert (found.kind, found.rule) == (FindingKind.NOT_MIRRORED, "web")
    assert str(found.packet) == f"{BE}:80 -> {FE}:50000 tcp"
    assert lint(does(REQUIRE, there, back)) == []
    assert lint(does(BLOCK, there)) == []


def test_required_of_a_peer_that_cannot_answer() -> None:
    fe = host("fe", FE, does(REQUIRE, filter_of("me", BE, "tcp", 0, 80), name="web"), does(REQUEST, name="rest"))
    (found,) = lint_pair(fe, host("be", BE))
    assert (found.kind, found.rule, found.host) == (FindingKind.NO_ANSWER, "web", "fe")
    assert str(found.packet) == f"{FE}:50000 -> {BE}:80 tcp"
    assert found.to_data()["kind"] == "no_answer"
    assert lint_pair(fe, host("be", BE, does(REQUIRE))) == []
    wide = lint_pair(fe, host("be", BE, does(BLOCK)))
    assert {one.rule for one in wide} == {"web", "rest"}
