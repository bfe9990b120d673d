# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible's validation would refuse below options that an action reads whole, the action refuses itself."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from key_places import TREES, paths, replaced

from ansible_collections.winsec.ipsec.plugins.module_utils._argspec import SPECS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.options import as_specified
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError

Data = dict[str, Any]
# In the order of what people mistake for something else. Letter case is no mistake to the readers.
ODD: tuple[Any, ...] = (
    "",
    "odd words",
    -1,
    2**70,
    1.5,
    True,
    [],
    ["a", 2],
    [["a"]],
    {},
    {"odd_option": 1},
    [{}],
    [None],
)


def action(module: str) -> Any:
    found = import_module(f"ansible_collections.winsec.ipsec.plugins.action.{module}").ActionModule
    return found.__new__(found)


MODULES = [module for module in sorted(TREES) if action(module).read_whole]


def odd_trees(module: str) -> Iterator[tuple[tuple[str | int, ...], Any, Data]]:
    tree = TREES[module]
    for path in paths(tree):
        if path and path[0] in action(module).read_whole:
            for value in ODD:
                yield path, value, replaced(tree, path, value)


@pytest.mark.parametrize("module", MODULES)
def test_what_the_specification_refuses_is_refused(module: str) -> None:
    refused = 0
    for path, value, tree in odd_trees(module):
        try:
            as_specified(SPECS[module], tree)
        except IpsecError:
            refused += 1
            with pytest.raises(IpsecError):
                action(module).check(tree)
                pytest.fail(f"{module}: {path} may be {value!r}")
    assert refused >= 10, module


def test_every_action_that_takes_a_document_reads_it_whole() -> None:
    assert {"audit", "flow_check", "policies", "proof", "report", "session_check"} <= set(MODULES)


@pytest.mark.parametrize(
    ("module", "option"), [("filter_list", "filters"), ("filter_action", "security_methods"), ("policy", "rules")]
)
def test_of_an_object_that_goes_nothing_is_read_but_its_name(module: str, option: str) -> None:
    found = action(module)
    assert option in found.whole({"name": "A"})
    given = {"name": "A", "state": "absent", option: [{"odd_option": 1}]}
    found.check(given)
    with pytest.raises(IpsecError):
        as_specified(SPECS[module], given, found.whole(given))
