# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What versions cannot do is refused with the path of the option, and what they ignore is remarked on."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import AddressRange, ServerRole
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Certificate,
    DefaultResponse,
    Filter,
    Kerberos,
    MainMode,
    MainModeMethod,
    Policy,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.limits import check_operations, remarks
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import DhGroup
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    ESP,
    SERVER_2003,
    SERVER_2016,
    XP,
)

RANGE = AddressRange(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.9"))
SIX = IPv6Network("2001:db8::/64")
PLAIN, MAPPED = Certificate(authority="CN=A"), Certificate(authority="CN=A", map_to_account=True)
HIDDEN = Certificate(authority="CN=A", exclude_authority_name=True)
HIGH = MainMode(methods=(MainModeMethod(dh_group=DhGroup.HIGH),))


def rule(**words: object) -> Rule:
    return Rule(**{"name": "R", "filter_list": "L", "filter_action": "A", **words})


def response(*methods: object) -> op.ChangeDefaultResponse:
    answers = DefaultResponse(enabled=True, authentication=methods, methods=(ESP,), perfect_forward_secrecy=False)
    return op.ChangeDefaultResponse("P", answers)


OPERATIONS = [
    (op.AddFilter("L", Filter(source=SIX)), "filter_lists['L'].filters[].source", "an IPv4 address"),
    (op.AddFilter("L", Filter(destination=SIX)), "filter_lists['L'].filters[].destination", "an IPv4 address"),
    (op.AddFilter("L", Filter(destination=RANGE)), "filter_lists['L'].filters[].destination", "instead of a range"),
    (
        op.AddRule("P", rule(tunnel_endpoint=IPv6Address("::1"))),
        "policies['P'].rules['R'].tunnel_endpoint",
        "an IPv4 address",
    ),
    (op.AddRule("P", rule(authentication=(PLAIN, MAPPED))), "policies['P'].rules['R'].authentication", "neither"),
    (op.AddRule("P", rule(authentication=(HIDDEN,))), "policies['P'].rules['R'].authentication", "neither"),
    (response(MAPPED), "policies['P'].default_response.authentication", "neither"),
]


@pytest.mark.parametrize(("operation", "path", "expected"), OPERATIONS)
def test_what_2003_cannot_do(operation: op.Operation, path: str, expected: str) -> None:
    check_operations([operation], SERVER_2016)
    with pytest.raises(IpsecError) as caught:
        check_operations([op.AddFilter("L", Filter()), operation], SERVER_2003)
    assert caught.value.path == path
    assert expected in caught.value.expected
    assert caught.value.expected.endswith(" on Windows Server 2003")


@pytest.mark.parametrize(
    "operation",
    [
        op.AddFilter("L", Filter(destination=IPv4Network("10.0.0.1"))),
        op.AddFilter("L", Filter(destination=ServerRole.DNS)),
        op.AddRule("P", rule(tunnel_endpoint=IPv4Address("10.0.0.1"), authentication=(PLAIN, Kerberos()))),
        op.CreatePolicy(Policy(name="P", main_mode=HIGH)),
        response(PLAIN, Kerberos()),
        op.DeleteFilterList("L"),
    ],
)
def test_what_2003_can_do(operation: op.Operation) -> None:
    check_operations([operation], SERVER_2003)


def test_versions_without_netsh_ipsec_can_do_nothing() -> None:
    with pytest.raises(IpsecError, match="no netsh ipsec") as caught:
        check_operations([], XP)
    assert caught.value.path == "host"


RESPONDER = Policy(
    name="Client",
    default_response=DefaultResponse(
        enabled=True, authentication=(Kerberos(),), methods=(ESP,), perfect_forward_secrecy=False
    ),
)
WANTED = Store(policies=(Policy(name="Other"), RESPONDER), assigned="Client")


def test_a_policy_that_only_responds_is_remarked_on_where_that_is_ignored() -> None:
    (said,) = remarks(WANTED, SERVER_2016)
    assert "policies['Client']" in said
    assert "Windows Server 2016 ignores" in said


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (WANTED, SERVER_2003),
        (replace(WANTED, assigned=None), SERVER_2016),
        (replace(WANTED, assigned="Other"), SERVER_2016),
        (replace(WANTED, policies=(replace(RESPONDER, rules=(rule(),)),)), SERVER_2016),
        (
            replace(
                WANTED,
                policies=(replace(RESPONDER, default_response=replace(RESPONDER.default_response, enabled=False)),),
            ),
            SERVER_2016,
        ),
    ],
)
def test_other_policies_are_not(wanted: Store, version: WindowsVersion) -> None:
    assert remarks(wanted, version) == []
