# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many small mistakes in codec, planners and flow analysis the tests notice: make mutation; the gates try a sample.

Cosmic Ray makes the mistakes in a copy of the tree, one at a time, and runs the tests of the room until one fails. A
mistake that no test notices has survived; its lines are shown.
"""

from __future__ import annotations

import argparse
import random
import shlex
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from copies import second_checkout
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult
from pipeline import command, environment

CORE = "plugins/plugin_utils"
TESTS = "tests/unit/plugins/plugin_utils"
# What a room's tests begin with, the quickest first, since pytest stops at the first failure; all others of the room
# follow. The codec's are few: what it reads and writes is asked through the store.
ROOMS = {
    "_policies/codec": (
        "_policies/codec/test_vectors",
        "_policies/codec/test_filter_list",
        "_policies/store/test_store",
        "_policies/store/test_unmanaged",
        "_policies/store/test_roundtrip",
    ),
    "_policies/planning": (
        "_policies/planning/test_limits",
        "_policies/planning/test_intent",
        "_policies/planning/test_plan_rules",
        "_policies/document/test_document",
    ),
    "_flows": ("_flows/test_management", "_flows/test_guard", "_flows/test_lockout", "_flows/test_outcome"),
    "_intent": ("_intent/test_names", "_intent/test_read", "_intent/test_inventory", "_intent/test_documents"),
}
# By the thousand or ten thousand: a mistake that only these notice counts as one that is not noticed.
TOO_LONG = "not ten_thousand and not at_length"
# Types are not evaluated, decorators only say how a class stores its fields, and small numbers are what they equal.
WITHOUT_MEANING = ("_BitOr_", "RemoveDecorator", "_Eq_Is", "_Is_Eq", "_NotEq_IsNot", "_IsNot_NotEq")
SECONDS = 180.0
SEED = 2026


@dataclass(frozen=True, slots=True)
class Score:
    """How many mistakes were noticed, of how many, and the others as lines for people."""

    noticed: int
    made: int
    survivors: tuple[str, ...]


def sample(items: Iterable[WorkItem], count: int, seed: int) -> list[WorkItem]:
    """Return ``count`` mistakes, each at another place of the code of functions."""
    places = defaultdict(list)
    for item in items:
        made = item.mutations[0]
        if made.definition_name and not any(name in made.operator_name for name in WITHOUT_MEANING):
            places[str(made.module_path), made.start_pos].append(item)
    chosen = random.Random(seed)
    taken = chosen.sample(sorted(places), min(count, len(places)))
    return [chosen.choice(sorted(places[place], key=lambda item: item.mutations[0].operator_name)) for place in taken]


def score_of(room: str, count: int, seed: int, tree: Path, scratch: Path) -> Score:
    """Make ``count`` mistakes in a room of the core, in ``tree``, and see which of them its tests notice."""
    tests = [*(f"{TESTS}/{name}.py" for name in ROOMS[room]), f"{TESTS}/{room}"]
    name = room.replace("/", "-")
    settings, session = scratch / f"{name}.toml", scratch / f"{name}.sqlite"
    words = [".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", TOO_LONG, *tests]
    settings.write_text(
        f'[cosmic-ray]\nmodule-path = "{CORE}/{room}"\ntimeout = {SECONDS}\nexcluded-modules = []\n'
        f'test-command = """{shlex.join(words)}"""\n[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    env = environment(HYPOTHESIS_PROFILE="quick", PYTHONDONTWRITEBYTECODE="1")
    command("cosmic-ray", "baseline", settings, cwd=tree, env=env)
    command("cosmic-ray", "init", settings, session, cwd=tree, env=env)
    with use_db(session, WorkDB.Mode.open) as work:
        chosen = sample(work.work_items, count, seed)
        work.clear()
        work.add_work_items(chosen)
    command("cosmic-ray", "exec", settings, session, cwd=tree, env=env)
    with use_db(session, WorkDB.Mode.open) as work:
        results = [(item, result) for item, result in work.completed_work_items if result.test_outcome is not None]
    lost = [shown(item, result) for item, result in results if result.test_outcome == TestOutcome.SURVIVED]
    return Score(len(results) - len(lost), len(results), tuple(sorted(lost)))


def shown(item: WorkItem, result: WorkResult) -> str:
    """Return where a mistake was made, and its two lines."""
    made = item.mutations[0]
    lines = [line.strip() for line in (result.diff or "").splitlines()]
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    return f"{made.module_path}:{made.start_pos[0]} {made.definition_name}: {'  '.join(changed)}"


def main() -> int:
    """Measure and print; the exit code tells whether the floor was reached."""
    parser = argparse.ArgumentParser(prog="tools/mutation.py", description="See which mistakes the tests notice.")
    parser.add_argument("--sample", type=int, default=100, help="mistakes in each room (default: %(default)s)")
    parser.add_argument("--floor", type=int, default=0, help="percent that must be noticed in all (default: none)")
    parser.add_argument(
        "--seed", type=int, default=SEED, help="another one makes other mistakes (default: %(default)s)"
    )
    arguments = parser.parse_args()
    noticed = made = 0
    with tempfile.TemporaryDirectory(prefix="winsec-ipsec-") as folder:
        tree = second_checkout(Path(folder) / "tree")
        command(sys.executable, "tools/lay_tree.py", cwd=tree)
        for room in ROOMS:
            score = score_of(room, arguments.sample, arguments.seed, tree, Path(folder))
            noticed, made = noticed + score.noticed, made + score.made
            print(f"{room}: {score.noticed} of {score.made} mistakes noticed", flush=True)
            for line in score.survivors:
                print(f"  not noticed: {line}")
    if not made or noticed * 100 < arguments.floor * made:
        print(f"The floor is {arguments.floor} % of at least one mistake.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
