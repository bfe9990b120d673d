# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two implementations of what connection security rules do to a packet say the same: the collection's and the lab's.

Where the collection says that nobody knows, the lab has made a choice of its own, and there is nothing to compare. A
sample runs here; ``make flows`` (environment: FLOW_CASES, FLOW_SEED) runs more than a hundred thousand cases.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from connection_chain import Bench
from connection_worlds import packets, world

pytestmark = pytest.mark.slow

CASES = int(os.environ.get("FLOW_CASES", "12000"))
SEED = int(os.environ.get("FLOW_SEED", "0"))
FATES = {
    *("clear", "permit", "esp", "ah", "ah_esp", "upgraded", "soft_clear", "no_answer", "one_sided_drop"),
    *("auth_mismatch", "qm_proposal_mismatch", "mm_proposal_mismatch"),
}


def test_both_say_the_same() -> None:
    fates: Counter[str] = Counter()
    seed, cases, unknown = SEED, 0, 0
    while cases < CASES:
        bench = Bench(world(seed))
        for packet in packets(bench.world, 40):
            mine = bench.collection(packet)
            if mine.fate == "unknown":
                unknown += 1
                continue
            cases += 1
            assert mine.agrees(bench.lab(packet)), (
                f"world({seed}), packet {' '.join(map(str, packet))}: {mine} {bench.lab(packet)}"
            )
            fates[mine.fate] += 1
        seed += 1
    print(f"\n{cases} cases in {seed - SEED} pairs of hosts, {unknown} unknown; {dict(fates.most_common())}")
    assert set(fates) <= FATES
    assert len(fates) >= len(FATES) - (2 if CASES < 50_000 else 0), "the worlds are varied enough"
    assert unknown < cases / 3


def test_what_a_host_shows_says_the_same() -> None:
    """Its registry tells no keys, which are taken to fit; all else is what the documents say."""
    compared = 0
    for seed in range(SEED, SEED + max(20, CASES // 200)):
        bench = Bench(world(seed))
        read = bench.as_read()
        for packet in packets(bench.world, 20):
            said, shown = bench.collection(packet), bench.collection(packet, read)
            if said.fate in ("auth_mismatch", "unknown") or "auth_mismatch" in str(bench.lab(packet)):
                continue
            compared += 1
            assert (shown.fate, shown.protection) == (said.fate, said.protection), f"world({seed}), packet {packet}"
    assert compared > 100
