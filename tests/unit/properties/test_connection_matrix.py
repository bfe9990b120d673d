# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What flow_check and the lab say of 150 pairs of hosts is what was expected from documents before the first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from connection_chain import KEY, RULE_WORDS, Side, lab_fate, our_fate

EXPECTED: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("expected_connections.yml").read_text(encoding="utf-8")
)
WORDS: list[str] = EXPECTED["words"]
ENGINES = ("connection_to_connection", "connection_to_policy", "policy_to_connection")
CELLS = [
    (engines, ike, sender, receiver, EXPECTED[engines][ike][sender][column])
    for engines in ENGINES
    for ike in ("open", "closed")
    for sender in WORDS
    for column, receiver in enumerate(WORDS)
]
FE, BE = "10.0.0.10", "10.0.1.20"


def side(engine: str, word: str, name: str, own: str, peer: str) -> Side:
    """Return a host with one rule for all traffic with its peer, or without any."""
    return Side.of(engine, word, name=name, own=own, peer=peer)


@pytest.mark.parametrize(("engines", "ike", "sender", "receiver", "expected"), CELLS)
def test_a_cell(engines: str, ike: str, sender: str, receiver: str, expected: str) -> None:
    here, there = engines.split("_to_")
    a, b = side(here, sender, "a", FE, BE), side(there, receiver, "b", BE, FE)
    packet = (FE, BE, 6, 50_000, 80)
    assert our_fate(a, b, packet, ike=ike == "open") == expected
    assert lab_fate(a, b, packet, ike=ike == "open") == expected


def test_the_matrix_is_whole() -> None:
    assert len(CELLS) == 150
    assert set(RULE_WORDS) | {"none"} == set(WORDS)
    assert KEY not in str(list(CELLS))
