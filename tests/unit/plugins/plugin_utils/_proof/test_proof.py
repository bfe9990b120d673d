# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof: every injected fault is found and named first, and nothing passes without its evidence."""

from __future__ import annotations

import copy
import json

import pytest
from proof_evidence import healthy, silent

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.evidence import read_evidence
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.plain import plain
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.proof import first_causes, make_checks, make_proof


def outcomes(given):
    """Return the outcome of every check by its id."""
    _analysis, checks = make_checks(read_evidence(given))
    return {check.id: check.outcome.value for check in checks}


def blamed(given):
    """Return the kinds of the causes of all failed checks, the first one first."""
    _analysis, checks = make_checks(read_evidence(given))
    return [cause.kind.value for cause in first_causes(checks)]


def host(given, name):
    return next(one for one in given["hosts"] if one["name"] == name)


def test_a_healthy_deployment_passes_everything():
    found = outcomes(healthy())
    assert set(found.values()) == {"passed"}, found
    assert blamed(healthy()) == []


def test_the_proof_is_plain_data_and_says_what_the_flow_rests_on():
    proof = plain(make_proof(read_evidence(healthy()), "2026-11-25T04:20:00Z"))
    assert json.loads(json.dumps(proof)) == proof
    (flow,) = proof["flows"]
    assert (flow["outcome"], flow["algorithms"], flow["proven"]) == ("protected", "ESP[3des,sha1]", "associations")
    assert [one["effective"] for one in proof["hosts"]] == [True, True]


# What sessions and associations show once packets no longer get through, or get through in clear.
def stopped(given):
    for one in given["hosts"]:
        one["associations"] = silent(known=True)
        one["associations_before"] = silent(known=True)
    given["sessions"][0] |= {"outcome": "failed", "detail": "no answer within 10 s"}


def in_clear(given):
    stopped(given)
    given["sessions"][0] |= {"outcome": "works", "detail": ""}


def service_stopped(given):
    host(given, "be1")["info"]["host"]["services"]["PolicyAgent"]["running"] = False
    stopped(given)


def wrong_policy(given):
    config = host(given, "be1")["info"]["config"]
    config["policies"].append({"name": "Something else", "rules": []})
    config["assigned"] = "Something else"
    host(given, "be1")["commands"] = ['ipsec static set policy name="Client (Respond Only)" assign=yes']
    stopped(given)


def backend_unassigned(given):
    host(given, "be1")["info"]["config"]["assigned"] = ""
    host(given, "be1")["commands"] = ['ipsec static set policy name="Client (Respond Only)" assign=yes']
    stopped(given)


def port_500_closed(given):
    host(given, "be1")["openings"] = ['advfirewall firewall add rule name="winsec.ipsec ike in" dir=in localport=500']
    stopped(given)


def protocol_50_closed(given):
    host(given, "fe1")["openings"] = ['advfirewall firewall add rule name="winsec.ipsec esp out" dir=out protocol=50']
    stopped(given)


def network_firewall_closed(given):
    given["firewalls"][0]["commands"] = ["add rule inet filter winsec_ipsec udp dport 500 accept"]
    stopped(given)


def no_common_method(given):
    method = {"esp_encryption": "des", "esp_integrity": "md5"}
    host(given, "be1")["info"]["config"]["filter_actions"][0]["security_methods"] = [method]
    host(given, "be1")["commands"] = ['ipsec static set filteraction name="Action" qmsecmethods="ESP[3DES,SHA1]"']
    stopped(given)


def no_common_authentication(given):
    rule = host(given, "be1")["info"]["config"]["policies"][0]["rules"][0]
    rule["authentication"] = [{"method": "certificate", "authority": "CN=Contoso"}]
    host(given, "be1")["commands"] = ['ipsec static set rule name="Rule" policy="P" kerberos=yes']
    stopped(given)


def wrong_key(given):
    key = [{"method": "preshared_key"}]
    for one in given["hosts"]:
        for config in (one["info"]["config"], one["wanted"]):
            config["policies"][0]["rules"][0]["authentication"] = key
    host(given, "be1")["commands"] = ['ipsec static set rule name="Rule" policy="Client (Respond Only)" psk=(hidden)']
    stopped(given)


def wrong_address(given):
    host(given, "fe1")["info"]["config"]["filter_lists"][0]["filters"][0]["destination"] = "10.0.1.99"
    host(given, "fe1")["commands"] = ['ipsec static add filter filterlist="List" srcaddr=me dstaddr=10.0.1.20']
    in_clear(given)


def domain_policy(given):
    host(given, "be1")["info"]["host"]["domain_policy"] = "Corporate"
    stopped(given)


def no_local_merge(given):
    host(given, "fe1")["info"]["host"]["local_policy_counts"] = False
    in_clear(given)


def port_8080(given):
    host(given, "fe1")["info"]["config"]["filter_lists"][0]["filters"][0]["destination_port"] = "8080"
    host(given, "fe1")["commands"] = ['ipsec static add filter filterlist="List" srcaddr=me dstport=80']
    in_clear(given)


def not_mirrored(given):
    host(given, "fe1")["info"]["config"]["filter_lists"][0]["filters"][0]["mirrored"] = False
    host(given, "fe1")["commands"] = ['ipsec static add filter filterlist="List" srcaddr=me mirrored=yes']
    stopped(given)


def blocked(given):
    host(given, "be1")["info"]["config"]["filter_actions"][0] = {"name": "Action", "action": "block"}
    host(given, "be1")["commands"] = ['ipsec static set filteraction name="Action" action=negotiate']
    stopped(given)


def only_requests(given):
    host(given, "fe1")["info"]["config"]["filter_actions"][0]["fallback_to_clear"] = True
    host(given, "fe1")["commands"] = ['ipsec static set filteraction name="Action" soft=no']


def clock_skew(given):
    host(given, "be1")["associations"]["clock"]["skew_seconds"] = -900
    before = host(given, "be1")["associations"]["clock"]
    stopped(given)
    host(given, "be1")["associations"]["clock"] = before


def soft_fallback(given):
    in_clear(given)


def soft_association_at_the_back_end(given):
    stopped(given)


def something_between(given):
    for config in (host(given, "be1")["info"]["config"], host(given, "be1")["wanted"]):
        config["filter_actions"][0]["fallback_to_clear"] = False
    stopped(given)


def not_read(given):
    for key in ("info", "associations", "associations_before", "commands", "openings"):
        del host(given, "be1")[key]
    given["expect"] = []


FAULTS = {
    service_stopped: "service_stopped",
    wrong_policy: "other_policy",
    backend_unassigned: "not_assigned",
    port_500_closed: "firewall_closed",
    protocol_50_closed: "firewall_closed",
    network_firewall_closed: "network_firewall_closed",
    no_common_method: "no_common_method",
    no_common_authentication: "no_common_authentication",
    wrong_key: "key_differs",
    wrong_address: "wrong_address",
    domain_policy: "domain_policy_wins",
    no_local_merge: "local_policy_ignored",
    port_8080: "wrong_port",
    not_mirrored: "not_mirrored",
    blocked: "blocked",
    only_requests: "only_requests",
    clock_skew: "clock_skew",
    soft_fallback: "soft_association",
    soft_association_at_the_back_end: "soft_association",
    something_between: "network_between",
    not_read: "not_read",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_first_cause_named_is_the_injected_one(fault):
    given = healthy()
    fault(given)
    found = blamed(given)
    assert found[:1] == [FAULTS[fault]], found
    _analysis, checks = make_checks(read_evidence(given))
    for check in checks:
        if check.outcome.value == "failed":
            assert check.causes, check.id
            assert all(cause.evidence and cause.remedy for cause in check.causes)


def missing_service(given):
    del host(given, "fe1")["info"]["host"]["services"]


def missing_precedence(given):
    del host(given, "fe1")["info"]["host"]["domain_policy"]


def missing_wanted(given):
    del host(given, "fe1")["wanted"]


def missing_commands(given):
    del host(given, "fe1")["commands"]


def missing_openings(given):
    del host(given, "fe1")["openings"]


def missing_clock(given):
    for key in ("associations", "associations_before"):
        host(given, "fe1")[key]["clock"] = {}


def missing_associations(given):
    for name in ("fe1", "be1"):
        del host(given, name)["associations"]


def unknown_associations(given):
    for name in ("fe1", "be1"):
        host(given, name)["associations"] = silent()


def empty_associations_without_sessions(given):
    for name in ("fe1", "be1"):
        host(given, name)["associations"] = silent(known=True)
    empty_sessions(given)


def algorithms_not_told(given):
    for name in ("fe1", "be1"):
        for key in ("ah_integrity", "esp_encryption", "esp_integrity"):
            host(given, name)["associations"]["quick_mode"][0][key] = None


def missing_counters(given):
    host(given, "fe1")["associations"]["counters"] = {}


def missing_before(given):
    del host(given, "fe1")["associations_before"]


def missing_sessions(given):
    del given["sessions"]


def empty_sessions(given):
    given["sessions"] = []


def missing_session(given):
    del given["sessions"][0]


def missing_probe(given):
    del given["sessions"][1]


def missing_firewall_answer(given):
    del given["firewalls"][0]["commands"]


def missing_document(given):
    host(given, "fe1")["info"]["config"] = {}


MISSING = {
    missing_service: "services.fe1",
    missing_precedence: "precedence.fe1",
    missing_wanted: "policy.fe1",
    missing_commands: "policy.fe1",
    missing_openings: "openings.fe1",
    missing_clock: "clock.fe1",
    missing_associations: "association.fe1.be1.80",
    unknown_associations: "association.fe1.be1.80",
    empty_associations_without_sessions: "association.fe1.be1.80",
    algorithms_not_told: "association.fe1.be1.80",
    missing_counters: "counters.fe1",
    missing_before: "counters.fe1",
    missing_sessions: "sessions",
    empty_sessions: "sessions",
    missing_session: "sessions",
    missing_probe: "probes",
    missing_firewall_answer: "firewall.inner",
}


@pytest.mark.parametrize("lack", MISSING, ids=lambda lack: lack.__name__)
def test_nothing_passes_without_its_evidence(lack):
    given = healthy()
    lack(given)
    assert outcomes(given)[MISSING[lack]] == "unproven"


@pytest.mark.parametrize("key", ["info", "wanted", "commands", "openings", "associations", "associations_before"])
@pytest.mark.parametrize("name", ["fe1", "be1"])
def test_less_evidence_never_makes_more_pass(name, key):
    full, given = healthy(), healthy()
    del host(given, name)[key]
    passed = {one for one, outcome in outcomes(full).items() if outcome == "passed"}
    less = {one for one, outcome in outcomes(given).items() if outcome == "passed"}
    assert less < passed


def test_an_empty_document_is_no_pass():
    given = healthy()
    missing_document(given)
    found = outcomes(given)
    assert found["flow.fe1.be1.80"] == "failed"
    assert found["policy.fe1"] == "failed"


def test_a_session_outside_the_rules_proves_nothing_and_says_what_would_protect_it():
    given = healthy()
    given["sessions"].append({**given["sessions"][0], "name": "mail", "protocol": "imap", "service_port": 143})
    _analysis, checks = make_checks(read_evidence(given))
    found = {check.id: check for check in checks}
    assert found["session.mail"].outcome.value == "passed"
    assert found["covered.mail"].outcome.value == "unproven"
    assert "ipsec_ports to [80, 143]" in found["covered.mail"].evidence


@pytest.mark.parametrize(("outcome", "expected"), [("works", "passed"), ("refused", "failed"), ("failed", "failed")])
def test_a_probe_is_compared_with_the_policies(outcome, expected):
    given = healthy()
    given["sessions"][1]["outcome"] = outcome
    assert outcomes(given)["probe.clear"] == expected


@pytest.mark.parametrize(("outcome", "expected"), [("works", "failed"), ("refused", "passed"), ("failed", "failed")])
def test_a_probe_that_the_policy_stops_must_be_refused(outcome, expected):
    given = healthy()
    config = host(given, "be1")["info"]["config"]
    config["filter_lists"][0]["filters"][0]["source"] = "any"
    config["filter_actions"][0] |= {"accept_unsecured": False, "fallback_to_clear": False}
    given["sessions"][1]["outcome"] = outcome
    assert outcomes(given)["probe.clear"] == expected


def test_a_flow_that_must_stay_clear_and_does_not_fails():
    given = healthy()
    given["expect"] = ["fe1 -> be1 tcp/80: clear"]
    assert outcomes(given)["expect.0"] == "failed"


def test_an_association_with_other_algorithms_fails():
    given = healthy()
    host(given, "fe1")["associations"]["quick_mode"][0]["esp_encryption"] = "des"
    assert outcomes(given)["association.fe1.be1.80"] == "failed"
    assert blamed(given) == ["other_protection"]


@pytest.mark.parametrize(
    "change", [{"peer": "10.9.9.9"}, {"peer_port": 143}, {"protocol": "udp"}, {"local": "10.9.9.9"}], ids=str
)
def test_an_association_for_something_else_does_not_count(change):
    given = healthy()
    host(given, "fe1")["associations"]["quick_mode"][0] |= change
    assert outcomes(given)["association.fe1.be1.80"] == "failed"


@pytest.mark.parametrize("protocol", [None, "any", "0", "6"])
def test_an_association_of_no_or_any_protocol_covers_the_flow(protocol):
    given = healthy()
    for name in ("fe1", "be1"):
        host(given, name)["associations"]["quick_mode"][0]["protocol"] = protocol
    assert outcomes(given)["association.fe1.be1.80"] == "passed"


def test_one_end_that_tells_is_enough_where_the_other_cannot():
    given = healthy()
    host(given, "be1")["associations"] = silent()
    assert outcomes(given)["association.fe1.be1.80"] == "passed"


@pytest.mark.parametrize(
    ("path", "damage"),
    [
        ("hosts[0].address", lambda given: given["hosts"][0].update(address="fe1.example")),
        ("hosts[1].name", lambda given: given["hosts"][1].update(name="fe1")),
        ("hosts[0].role", lambda given: given["hosts"][0].update(role="cook")),
        ("hosts[1].address", lambda given: given["hosts"][1].update(address="2001:db8::1")),
        ("hosts[0].info", lambda given: given["hosts"][0].update(info="none")),
        ("hosts[0].associations.known", lambda given: given["hosts"][0].update(associations={})),
        ("sessions[0].frontend", lambda given: given["sessions"][0].update(frontend="be1")),
        ("sessions[0].service_port", lambda given: given["sessions"][0].update(service_port=0)),
        ("sessions[0].outcome", lambda given: given["sessions"][0].update(outcome="fine")),
        ("sessions[0].outcome", lambda given: given["sessions"][0].pop("outcome")),
        ("sessions[1].source", lambda given: given["sessions"][1].pop("source")),
        ("sessions[2].name", lambda given: given["sessions"].append(given["sessions"][0])),
        ("sessions[1].backend", lambda given: given["sessions"][1].update(backend="fe1")),
        ("ports[0]", lambda given: given.update(ports=["web"])),
        ("networks", lambda given: given.update(networks=[1])),
        ("hosts", lambda given: given.pop("hosts")),
        ("wrong", lambda given: given.update(wrong=1)),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_what_cannot_be_judged_is_refused_with_its_path(path, damage):
    given = copy.deepcopy(healthy())
    damage(given)
    with pytest.raises(IpsecError) as refusal:
        read_evidence(given)
    assert refusal.value.path.startswith(path)
    assert refusal.value.expected
    assert refusal.value.remedy


def between_any_hosts(level="require"):
    """Return the healthy pair as two hosts of a flow, which both have a second address."""
    given = healthy()
    for one, more in zip(given["hosts"], ("10.8.0.10", "10.8.1.20"), strict=True):
        one |= {"role": "other", "addresses": [one.pop("address"), more]}
    given["flows"] = [{"from": "fe1", "to": "be1", "port": 80, "level": level}]
    return given


def test_a_second_address_without_a_filter_is_found():
    found = outcomes(between_any_hosts())
    assert (found["flow.fe1.be1.80"], found["clear.fe1.be1.80"]) == ("failed", "failed")
    given = between_any_hosts()
    for one in given["hosts"]:
        del one["addresses"][1]
    assert set(outcomes(given).values()) == {"passed"}


def test_a_flow_that_is_only_requested_says_where_it_is():
    given = between_any_hosts("request")
    for one in given["hosts"]:
        del one["addresses"][1]
    _analysis, checks = make_checks(read_evidence(given))
    (level,) = (one for one in checks if one.id == "level.fe1.be1.80")
    assert level.outcome.value == "passed"
    assert level.evidence.startswith("Required already.")
    host(given, "fe1")["info"]["config"]["filter_actions"][0]["fallback_to_clear"] = True
    host(given, "fe1")["wanted"]["filter_actions"][0]["fallback_to_clear"] = True
    _analysis, checks = make_checks(read_evidence(given))
    (level,) = (one for one in checks if one.id == "level.fe1.be1.80")
    assert level.outcome.value == "passed"
    assert level.evidence.startswith("Requested.")
    assert not [one.id for one in checks if one.id.startswith("clear.fe1")]


def test_flows_of_other_protocols_and_without_ports():
    given = between_any_hosts()
    given["flows"] = [{"from": "fe1", "to": "be1", "protocol": "udp", "port": 53}, {"from": "be1", "to": "fe1"}]
    found = outcomes(given)
    assert (found["flow.fe1.be1.udp.53"], found["flow.be1.fe1.tcp"]) == ("failed", "failed")
    # The session to port 80 is no part of them.
    assert found["covered.owa"] == "unproven"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"flows": [{"from": "fe1", "to": "be9"}]}, "flows[0].to"),
        ({"flows": [{"from": "fe1", "to": "be1", "port": 0}]}, "flows[0].port"),
        ({"flows": []}, "hosts"),
    ],
)
def test_a_proof_of_nothing_is_refused(change, path):
    with pytest.raises(IpsecError) as refused:
        read_evidence({**healthy(), **change})
    assert refused.value.path == path
    with pytest.raises(IpsecError, match="proves nothing"):
        read_evidence({"hosts": healthy()["hosts"][:1]})
