# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused: the option, what stands there, what would do, and what to do. Nothing has been sent by then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, shown
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.planning import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.request import Mode, read_request
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.schema import schema_of
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.stock import Inventory
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.wanted import what_is_wanted
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version

Data = dict[str, Any]


def at_length(data: Any) -> Any:
    """Return data in which ``{long: 3}`` is a text of three letters."""
    if isinstance(data, list):
        return [at_length(each) for each in data]
    if not isinstance(data, dict):
        return data
    return "x" * data["long"] if set(data) == {"long"} else {key: at_length(each) for key, each in data.items()}


REFUSED: list[Data] = at_length(yaml.safe_load(Path(__file__).with_name("refusals.yml").read_text("utf-8")))


@pytest.mark.parametrize("refused", REFUSED, ids=lambda each: each["path"])
def test_refusals(refused: Data) -> None:
    schema = schema_of(parse_version(refused["version"], "version"))
    assert schema is not None
    with pytest.raises(IpsecError) as found:
        for step in make_plan(what_is_wanted(Inventory(), read_request(refused["config"], Mode.MERGED), schema)):
            render(step.operation)
    error = found.value
    said = {"path": error.path, "value": shown(error.value), "expected": error.expected, "remedy": error.remedy}
    assert said == {key: refused[key] for key in said}


def test_there_are_many_and_each_is_of_its_own() -> None:
    assert len({(repr(each["config"]), each["version"]) for each in REFUSED}) == len(REFUSED) >= 100
    assert all(each["remedy"].endswith((".", "?")) for each in REFUSED)
