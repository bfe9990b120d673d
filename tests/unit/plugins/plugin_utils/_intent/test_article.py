# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The article's two groups: variables of the roles count or are refused by their names, and both ends have one list."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.article import article_intent
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.model import Article, Level
from ansible_collections.winsec.ipsec.plugins.plugin_utils._intent.read import read_intent

Data = dict[str, Any]
GROUPS = {"all": ["fe1", "fe2", "be1", "x"], "exchange_frontends": ["fe1", "fe2"], "exchange_backends": ["be1"]}
KEY = [{"method": "preshared_key", "preshared_key": "Quiet-Harbour-41"}]
AH = [{"ah_integrity": "sha1"}]


def intent(groups: dict[str, list[str]] | None = None, **variables: Data) -> Data:
    return article_intent({name: variables.get(name, {}) for name in ("fe1", "fe2", "be1")}, groups or GROUPS)


def test_nothing_has_to_be_said() -> None:
    found = intent()
    assert found["refusals"] == []
    assert found["hosts"] == ["be1", "fe1", "fe2"]
    (flow,) = found["flows"]
    assert (flow["from"], flow["to"], flow["ports"]) == ("exchange_frontends", "exchange_backends", [80])
    assert (flow["level"], flow["authentication"]) == ("require", [{"method": "kerberos"}])
    assert found["article"]["backend_policy_name"] == "Client (Respond Only)"


def test_what_the_roles_call_it_counts_for_both_ends() -> None:
    found = intent(fe1={"frontend_authentication": KEY}, fe2={"frontend_authentication": KEY})
    assert (found["refusals"], found["flows"][0]["authentication"]) == ([], KEY)
    found = intent(be1={"backend_security_methods": AH, "backend_policy_name": "Answer"})
    assert (found["refusals"], found["flows"][0]["security_methods"]) == ([], AH)
    assert found["article"]["backend_policy_name"] == "Answer"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"fe1": {"frontend_authentication": KEY}}, "fe1 and fe2 do not have the same frontend_authentication"),
        (
            {"fe1": {"ipsec_security_methods": AH}, "fe2": {"ipsec_security_methods": AH}},
            "be1 and fe1 do not have the same ipsec_security_methods",
        ),
        (
            {name: {"frontend_authentication": KEY, "backend_authentication": []} for name in ("fe1", "fe2", "be1")},
            "frontend_authentication and backend_authentication differ",
        ),
        ({"fe2": {"ipsec_ports": [80, 143]}}, "do not have the same ipsec_ports"),
        ({"fe2": {"frontend_ports": [80, 143]}}, "frontend_ports is set for fe2, and counts for the role alone"),
        ({"fe1": {"frontend_backends": ["10.0.0.1"]}}, "Set ipsec_same_site, and ipsec_site for each host instead"),
        ({"be1": {"backend_confirm_timeout": 300}}, "Set ipsec_confirm_timeout instead"),
        ({"fe2": {"frontend_policy_name": "Other"}}, "fe1 and fe2 do not have the same frontend_policy_name"),
    ],
)
def test_what_cannot_count_is_refused_by_its_name(variables: dict[str, Data], words: str) -> None:
    refusals = intent(**variables)["refusals"]
    assert [one for one in refusals if words in one], refusals
    assert "Quiet-Harbour-41" not in str(refusals)


def test_variables_of_the_other_group_do_not_matter() -> None:
    assert intent(be1={"frontend_ports": [143]}, fe1={"backend_policy_name": "Other"})["refusals"] == []


@pytest.mark.parametrize("empty", [{}, {"exchange_frontends": []}])
def test_groups_that_are_not_there_are_named_with_what_is_near(empty: dict[str, list[str]]) -> None:
    groups = {**empty, "exchange_frontend": ["fe1"], "exchange_backends": ["be1"]}
    (said,) = intent(groups)["refusals"]
    assert "no host in the group exchange_frontends" in said
    assert "Did you mean exchange_frontend " in said


def test_the_module_takes_what_the_inventory_says() -> None:
    """Ports as one text too, as -e gives them."""
    found = intent(**{name: {"ipsec_ports": "143,80", "ipsec_level": "request"} for name in ("fe1", "fe2", "be1")})
    hosts = [{"name": name} for name in found["hosts"]]
    read = read_intent({"flows": found["flows"], "article": found["article"], "hosts": hosts, "groups": GROUPS})
    assert (read.flows[0].ports, read.flows[0].level, read.article) == ((80, 143), Level.REQUEST, Article())
