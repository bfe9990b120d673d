# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a deployment that cannot be read are refused with their paths."""

from __future__ import annotations

from typing import Any

import pytest
from inventories import host

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.model import Level, Swap
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.read import read_intent

Data = dict[str, Any]
FLOW: Data = {"name": "Web", "from": "web", "to": "sql", "ports": [1433]}
HOSTS = [host("web1", "10.0.0.1")]


def refusal(flow: Data | None = None, **more: Any) -> IpsecError:
    with pytest.raises(IpsecError) as found:
        read_intent({"flows": [{**FLOW, **(flow or {})}], "hosts": HOSTS, **more})
    return found.value


@pytest.mark.parametrize(
    ("flow", "path"),
    [
        ({"ports": ["http"]}, "flows[0].ports[0]"),
        ({"ports": [0]}, "flows[0].ports[0]"),
        ({"protocol": "icmp"}, "flows[0].ports"),
        ({"level": "insist"}, "flows[0].level"),
        ({"from": []}, "flows[0].from"),
        ({"name": " "}, "flows[0].name"),
        ({"form": "web"}, "flows[0].form"),
        ({"authentication": [{"method": "ntlm"}]}, "flows[0].authentication[0].method"),
        ({"authentication": []}, "flows[0].authentication"),
        ({"security_methods": [{"esp_encryption": "aes"}]}, "flows[0].security_methods[0].esp_encryption"),
        ({"security_methods": []}, "flows[0].security_methods"),
    ],
)
def test_flows(flow: Data, path: str) -> None:
    assert refusal(flow).path == path


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"hosts": []}, "hosts"),
        ({"hosts": [*HOSTS, *HOSTS]}, "hosts[1].name"),
        ({"hosts": [{"name": "a", "addresses": ["10.0.0.0/24"]}]}, "hosts[0].addresses[0]"),
        ({"hosts": [{"name": "a", "info": {"config": {"policy": []}}}]}, "hosts[0].info.config.policy"),
        ({"hosts": [{"name": "a", "info": {"config": {}, "host": {"version": "NT"}}}]}, "hosts[0].info.host.version"),
        ({"hosts": [{"name": "a", "absent": "gone"}]}, "hosts[0].absent"),
        ({"hosts": [{"name": "a", "system": "plan9"}]}, "hosts[0].system"),
        ({"allow_swap": ["all"]}, "allow_swap[0]"),
        ({"policy_name": 'a"b'}, "policy_name"),
        ({"main_mode": {"security_methods": [{"dh_group": "1"}]}}, "main_mode.security_methods[0].dh_group"),
        ({"article": {"backend_policy_name": ""}}, "article.backend_policy_name"),
        ({"groups": ["web"]}, "groups"),
    ],
)
def test_the_rest(more: Data, path: str) -> None:
    assert refusal(**more).path == path


def test_two_flows_of_one_name() -> None:
    with pytest.raises(IpsecError) as found:
        read_intent({"flows": [FLOW, FLOW], "hosts": HOSTS})
    assert found.value.path == "flows[1].name"


def test_what_is_left_out_has_a_default() -> None:
    intent = read_intent({"flows": [{"name": 1433, "from": "web, dmz", "to": ["sql"]}], "hosts": HOSTS})
    (flow,) = intent.flows
    assert (flow.name, flow.sources, flow.level, flow.traffic) == ("1433", ("web", "dmz"), Level.REQUIRE, "tcp")
    assert (intent.policy_name, intent.article, intent.switches.allow_swap) == ("IPsec flows", None, frozenset())


def test_switches() -> None:
    intent = read_intent({"flows": [FLOW], "hosts": HOSTS, "allow_swap": "key, other", "skip_unreachable": "yes"})
    assert intent.switches.allow_swap == {Swap.KEY, Swap.OTHER}
    assert intent.switches.skip_unreachable
