# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reading, comparing, planning and telling cost grows as the number of rules does, in calls of functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from call_count import calls

from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.document import write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.planning import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.request import Mode, Request, read_request
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.stock import Inventory, take_stock
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.wanted import what_is_wanted
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_answer
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import ROOT

pytestmark = pytest.mark.slow

SCHEMA = (2, 26)
SIZES = (250, 500, 1000, 2000)
# n log n, as sorting needs it, is n^1.03 where a rule is a hundred calls.
STEEPEST = 1.05
GCM = "REG_SZ    AES-GCM256"
ESP = f"    SkipVersion    REG_SZ    2.0\n    2_1Encryption    {GCM}\n    2_1EspHash    {GCM}\n"


def registry_text(count: int) -> str:
    """Rules with sets of their own, as netsh makes them."""
    rules, sets = [f"\n{ROOT}\\ConSecRules\n"], []
    for number in range(count):
        first, quick = f"{{5B1C6C2A-3D6B-4C5E-8A0F-{number:012}}}", f"{{7C2D7D3B-4E7C-4D6F-9B10-{number:012}}}"
        rules.append(
            f"    {{0B0F6C1E-6E0C-4F0C-9C56-{number:012}}}    REG_SZ    v2.26|Action=Boundary|Name=peer {number}|Desc=|"
            f"Protocol=6|Active=TRUE|EP1Port=443|EP2_4=10.1.{number // 250}.{number % 250 + 1}|"
            f"Auth1Set={first}|Crypto2Set={quick}|\n"
        )
        sets.append(
            f"\n{ROOT}\\Phase1AuthenticationSets\\{first}\n    Version    REG_SZ    2.26\n"
            f"\n{ROOT}\\Phase1AuthenticationSets\\{first}\\0000\n    Method    REG_SZ    MachineKerb\n"
            f"\n{ROOT}\\Phase2CryptoSets\\{quick}\n    Version    REG_SZ    2.26\n    PFS    REG_SZ    Disable\n"
            f"\n{ROOT}\\Phase2CryptoSets\\{quick}\\0000\n    Protocol    REG_SZ    ESP\n{ESP}"
            "    TimeOutMinutes    REG_SZ    60\n    TimeOutKbytes    REG_SZ    100000\n"
        )
    return "".join((*rules, *sets))


def document(count: int) -> dict[str, Any]:
    return {
        "rules": [
            {
                "name": f"peer {number}",
                "action": "requestinrequestout",
                "endpoint2": f"10.1.{number // 250}.{number % 250 + 1}",
                "protocol": "tcp",
                "port1": 443,
                "first_authentication": [{"method": "computerkerb"}],
                "quick_mode": {"suites": [{"esp_encryption": "aesgcm256"}]},
            }
            for number in range(count)
        ]
    }


def steps(count: int) -> dict[str, Callable[[], object]]:
    keys = parse_answer(registry_text(count))
    store = read_store(keys, ROOT, SCHEMA)
    stock, wanted = take_stock(store), read_request(document(count), Mode.OVERRIDDEN)
    gone = read_request({"rules": []}, Mode.OVERRIDDEN)

    def planned(have: Inventory, request: Request) -> list[str]:
        return [render(step.operation).clear() for step in make_plan(what_is_wanted(have, request, SCHEMA))]

    assert planned(stock, wanted) == []
    assert len(planned(Inventory(), wanted)) == 2 * count
    return {
        "parse": lambda: parse_answer(registry_text(count)),
        "read": lambda: read_store(keys, ROOT, SCHEMA),
        "take stock": lambda: take_stock(store),
        "document": lambda: read_request(document(count), Mode.OVERRIDDEN),
        "compare": lambda: planned(stock, wanted),
        "make": lambda: planned(Inventory(), wanted),
        "remove": lambda: planned(stock, gone),
        "show": lambda: write_document(store),
    }


@pytest.fixture(scope="module", name="counted")
def fixture_counted() -> dict[str, list[int]]:
    sizes = [steps(size) for size in SIZES]
    return {name: [calls(parts[name]) for parts in sizes] for name in sizes[0]}


@pytest.mark.parametrize("step", ["parse", "read", "take stock", "document", "compare", "make", "remove", "show"])
def test_a_step_grows_as_the_number_of_rules_does(counted: dict[str, list[int]], step: str) -> None:
    found = counted[step]
    exponent = math.log(found[-1] / found[0]) / math.log(SIZES[-1] / SIZES[0])
    assert exponent <= STEEPEST, found
