# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the collection and the lab importable, under pytest in the checkout and under ``ansible-test units``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]

# The lab, inputs that are nearly right, which its tests need as well, and what is ours alone.
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("lab", "lab/tests/support", "unit/support")]

# ansible-test has its own finder in place, for the tree that it runs in.
UNDER_ANSIBLE_TEST = AnsibleCollectionConfig.collection_finder is not None

if not UNDER_ANSIBLE_TEST:
    subprocess.run([sys.executable, str(ROOT / "tools" / "lay_tree.py")], check=True)
    init_plugin_loader([str(ROOT / "collections")])


def pytest_configure(config: pytest.Config) -> None:
    """Say which marks there are, here and not in pyproject.toml: ansible-test has settings of its own."""
    config.addinivalue_line("markers", "slow: takes long; runs in make check and not in make test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out under ansible-test what the gate "slow" runs: there is no way to hand ``-m`` to it."""
    if UNDER_ANSIBLE_TEST:
        left_out = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


# Examples take as long as they take on a shared machine; in a pipeline every run draws the same ones. ansible-test does
# not hand the environment on, so there they are always the same.
PROFILE = {
    "deadline": None,
    "derandomize": UNDER_ANSIBLE_TEST or "CI" in os.environ,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("change", max_examples=30, **PROFILE)
# For what is marked as slow.
settings.register_profile("long", max_examples=60, **PROFILE)
# For further Pythons and cores, where the question is whether the code runs there, not what it does.
settings.register_profile("quick", max_examples=12, **PROFILE)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick" if UNDER_ANSIBLE_TEST else "change"))
