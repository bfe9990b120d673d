# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reading, comparing and planning cost grows as the number of filters does.

Counted in calls of functions, those of the interpreter's own types among them: other than seconds they do not depend on
what else a machine does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from call_count import calls

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import bench_core  # noqa: E402 (the tools are scripts, not a package)

pytestmark = pytest.mark.slow

SIZES = (500, 1_000, 2_000, 4_000)
# n log n, as sorting needs it, is n^1.03 where reading a filter is a hundred calls.
STEEPEST = 1.05


@pytest.fixture(scope="module", name="counted")
def fixture_counted() -> dict[str, list[int]]:
    sizes = [bench_core.steps(size) for size in SIZES]
    return {step: [calls(parts[step]) for parts in sizes] for step in bench_core.STEPS}


@pytest.mark.parametrize("step", bench_core.STEPS)
def test_a_step_grows_as_the_number_of_filters_does(counted: dict[str, list[int]], step: str) -> None:
    assert bench_core.exponent(SIZES, counted[step]) <= STEEPEST, counted[step]


def test_what_compares_each_with_all_would_be_noticed() -> None:
    def squares(size: int) -> int:
        return calls(lambda: [abs(one) for one in range(size) for _other in range(size)])

    assert bench_core.exponent((50, 100, 200), [squares(size) for size in (50, 100, 200)]) > 1.9
