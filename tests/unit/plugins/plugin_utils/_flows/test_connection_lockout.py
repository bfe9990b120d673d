# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of connection security rules after which a flow that must never stop would stop."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.connection_documents import read_connections
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.connection_model import Connections
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lockout import find_rule_lockouts, management
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

CONTROLLER = ip_address("10.0.9.9")
HOST = Endpoint(name="fe", addresses=(ip_address("10.0.0.10"),))
FLOWS = (management((CONTROLLER,), (5985,)),)
REQUEST, REQUIRE, EXEMPT = "requestinrequestout", "requireinrequireout", "noauthentication"


def rules(*actions: Any) -> Connections | None:
    """Return rules by their actions, with conditions where a pair has them."""
    found = [each if isinstance(each, tuple) else (each, {}) for each in actions]
    document = {"rules": [{"name": f"R{n}", "action": one, **more} for n, (one, more) in enumerate(found)]}
    given = read_connections(document, "config", WindowsVersion(10, 0, 14393), "")
    return given.connections if given is not None else None


NEAR = {"endpoint2": ["10.0.9.0/24"]}


@pytest.mark.parametrize(
    ("before", "after", "stops"),
    [
        ((), (REQUIRE,), True),
        ((), ("requireinrequestout",), True),
        ((), (REQUEST,), False),
        ((), (EXEMPT,), False),
        ((), (REQUIRE, (EXEMPT, NEAR)), False),
        ((REQUIRE,), (REQUIRE, (REQUIRE, NEAR)), False),
        ((REQUIRE, (EXEMPT, NEAR)), (REQUIRE,), True),
        ((), (REQUIRE, (EXEMPT, {})), True),
        ((), (REQUIRE, (EXEMPT, {"endpoint2": ["dns"]})), True),
        ((), ((REQUIRE, {"protocol": "udp"}),), False),
        ((), ((REQUIRE, {"protocol": "tcp", "port1": [5985]}),), True),
        ((), ((REQUIRE, {"profiles": ["public"]}),), True),
        (((REQUIRE, {"profiles": ["public"]}),), ((REQUIRE, {"profiles": ["public"]}),), False),
    ],
)
def test_what_would_stop(before: tuple[Any, ...], after: tuple[Any, ...], stops: bool) -> None:
    found = find_rule_lockouts(rules(*before), rules(*after), HOST, FLOWS)
    assert bool(found) is stops
    assert all(each.packet.source == CONTROLLER for each in found)
