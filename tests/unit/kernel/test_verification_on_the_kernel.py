# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verification with real packets: the healthy pair is proven, and every fault of ``test_verification`` is found again.

This takes minutes: it runs where LAB_KERNEL=all is set, and in no gate.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from verification import Deployment, deployment

from winlab.kernel.carrier import carrier
from winlab.kernel.packages import Unavailable
from winlab.kernel.plane import KernelCrossing, over_the_kernel

_FILE = Path(__file__).parents[1] / "end_to_end" / "test_verification.py"
_SPEC = importlib.util.spec_from_file_location("faults_of_verification", _FILE)
assert _SPEC and _SPEC.loader
faults = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(faults)

pytestmark = pytest.mark.skipif(os.environ.get("LAB_KERNEL") != "all", reason="minutes of real packets: LAB_KERNEL=all")


@pytest.fixture(name="pair", scope="module")
def running_pair() -> Iterator[Deployment]:
    """Run the pair on the kernel data plane."""
    try:
        with (
            carrier(print) as plane,
            deployment(over=partial(over_the_kernel, plane.channel, say=print), patience=15) as found,
        ):
            found.set_up()
            yield found
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(name="damaged")
def pair_that_is_mended_again(pair: Deployment) -> Iterator[Deployment]:
    """Give both hosts back what they had, and forget what stands in the kernel."""
    with pair.undone():
        yield pair
    crossing = pair.lab.exchange.crossing
    assert isinstance(crossing, KernelCrossing)
    crossing.flush()


def test_the_healthy_pair_is_proven_by_the_kernels_associations(damaged: Deployment) -> None:
    """Both ends tell of the same algorithms, and every check passes."""
    result = damaged.verify()
    assert {check["outcome"] for check in result["checks"]} == {"passed"}, result["summary"]
    told = [one["evidence"] for one in result["checks"] if one["id"] == "association.fe.be.80"]
    assert told == ["ESP[3des,sha1], told by fe, be."]


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_found_with_real_packets_too(damaged: Deployment, fault: object) -> None:
    """The first cause is the injected one."""
    assert callable(fault)
    fault(damaged)
    result = damaged.verify()
    assert not result["passed"]
    assert [cause["kind"] for cause in result["causes"]][:1] == [faults.FAULTS[fault]], result["summary"]
