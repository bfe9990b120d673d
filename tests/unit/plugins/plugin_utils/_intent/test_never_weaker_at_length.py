# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated deployments by the thousand: no pair of hosts is ever weaker or cut off.

The gate has time for two thousand; ``DEPLOYMENTS=20000`` takes twenty minutes of a processor.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from deployments import play

pytestmark = pytest.mark.slow

DEPLOYMENTS = int(os.environ.get("DEPLOYMENTS", "2000"))
_PORTION = 250


def broken(first: int) -> list[tuple[int, list[str]]]:
    """Return what breaks in a portion of the deployments, by their numbers."""
    played = ((seed, play(seed).broken) for seed in range(first, min(first + _PORTION, DEPLOYMENTS)))
    return [(seed, sentences) for seed, sentences in played if sentences]


def all_broken() -> Iterator[tuple[int, list[str]]]:
    """Yield what breaks in all of them. Other processes have the same modules as this one."""
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        for portion in pool.map(broken, range(0, DEPLOYMENTS, _PORTION)):
            yield from portion


def test_no_pair_is_ever_weaker_or_cut_off() -> None:
    assert list(all_broken()) == []
