# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verification on simulated hosts: the healthy pair passes, and every fault is found and named first."""

from __future__ import annotations

import pytest
from verification import BE, Deployment, deployment, documents

from winlab.dataplane.wire import refresh
from winlab.registry import Kind, Value

PORTS = {"http": 80, "imap": 143, "pop3": 110}
KEY = [{"method": "preshared_key", "preshared_key": "Common key of both ends"}]


@pytest.fixture(name="pair", scope="module")
def running_pair():
    with deployment() as found:
        found.set_up()
        yield found


@pytest.fixture(name="damaged")
def pair_that_is_mended_again(pair):
    with pair.undone():
        yield pair


def outcomes(result):
    return {check["id"]: check["outcome"] for check in result["checks"]}


def test_the_healthy_pair_is_proven_by_associations_on_both_ends(damaged):
    result = damaged.verify()
    found = outcomes(result)
    assert set(found.values()) == {"passed"}, result["summary"]
    assert result["proof"]["flows"][0]["proven"] == "associations"
    told = [one["evidence"] for one in result["checks"] if one["id"] == "association.fe.be.80"]
    assert told == ["ESP[3des,sha1], told by fe, be."]


def test_mail_sessions_work_and_are_said_to_prove_nothing(damaged):
    result = damaged.verify(PORTS)
    found = outcomes(result)
    assert [found[f"session.{name}"] for name in PORTS] == ["passed"] * 3
    assert [found[f"covered.{name}"] for name in ("imap", "pop3")] == ["unproven"] * 2
    assert result["passed"]


def service_stopped(pair: Deployment):
    pair.command("be", "sc.exe stop PolicyAgent")


def key_exchange_stopped(pair: Deployment):
    pair.command("fe", "sc.exe stop IKEEXT")


def wrong_policy(pair: Deployment):
    pair.netsh("be", 'ipsec static add policy name="Other" assign=yes activatedefaultrule=no')


def backend_unassigned(pair: Deployment):
    pair.netsh("be", 'ipsec static set policy name="Client (Respond Only)" assign=no')


def port_500_closed_one_way(pair: Deployment):
    pair.netsh("be", 'advfirewall firewall delete rule name="winsec.ipsec ike in"')


def protocol_50_closed(pair: Deployment):
    pair.netsh("be", 'advfirewall firewall delete rule name="winsec.ipsec esp in"')


def no_common_method(pair: Deployment):
    pair.netsh("be", 'ipsec static set filteraction name="Action" qmsecmethods="ESP[DES,MD5]"')


def no_common_authentication(pair: Deployment):
    rule = 'ipsec static set rule name="Rule" policy="Client (Respond Only)"'
    pair.netsh("be", f'{rule} kerberos=no rootca="CN=Contoso Root"')


def wrong_key(pair: Deployment):
    pair.wanted = documents(KEY)
    pair.set_up()
    pair.netsh("be", 'ipsec static set rule name="Rule" policy="Client (Respond Only)" kerberos=no psk="Another key"')


def wrong_address(pair: Deployment):
    filters = "filterlist=List srcaddr=me protocol=TCP mirrored=yes dstport=80"
    pair.netsh(
        "fe",
        f"ipsec static delete filter {filters} dstaddr={BE}",
        f"ipsec static add filter {filters} dstaddr=10.0.1.99",
    )


def port_8080(pair: Deployment):
    filters = f"filterlist=List srcaddr=me dstaddr={BE} protocol=TCP mirrored=yes"
    pair.netsh(
        "fe", f"ipsec static delete filter {filters} dstport=80", f"ipsec static add filter {filters} dstport=8080"
    )


def not_mirrored(pair: Deployment):
    filters = f"filterlist=List srcaddr=me dstaddr={BE} protocol=TCP dstport=80"
    pair.netsh(
        "fe", f"ipsec static delete filter {filters} mirrored=yes", f"ipsec static add filter {filters} mirrored=no"
    )


def blocked(pair: Deployment):
    pair.netsh("be", "ipsec static set filteraction name=Action action=block")


def domain_policy_wins(pair: Deployment):
    key = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"
    registry = pair.lab.hosts["be"].host.registry
    registry.set(
        key, "DSIPSECPolicyPath", Value(Kind.SZ, "LDAP://CN=ipsecPolicy{72385236-70fa-11d1-864c-14a300000000}")
    )
    registry.set(key, "DSIPSECPolicyName", Value(Kind.SZ, "Corporate"))


def clock_skew(pair: Deployment):
    host = pair.lab.hosts["be"].host
    host.clock.advance(3600)


def only_requests(pair: Deployment):
    pair.netsh("fe", "ipsec static set filteraction name=Action soft=yes")
    backend_unassigned_quietly(pair)


def backend_unassigned_quietly(pair: Deployment):
    """Nobody is meant to answer: this is about what the front-end does then."""
    pair.wanted["be"]["assigned"] = ""
    backend_unassigned(pair)


def soft_association_stands(pair: Deployment):
    """The front-end talked without a policy before, and the back-end's fall-back still stands (KB 313236)."""
    pair.netsh("fe", 'ipsec static set policy name="Exchange front-end" assign=no')
    pair.sessions({"http": 80})
    refresh(pair.lab.hosts["be"].host)
    assert pair.lab.hosts["be"].host.associations.soft
    pair.netsh("fe", 'ipsec static set policy name="Exchange front-end" assign=yes')


FAULTS = {
    service_stopped: "service_stopped",
    key_exchange_stopped: "service_stopped",
    wrong_policy: "other_policy",
    backend_unassigned: "not_assigned",
    port_500_closed_one_way: "firewall_closed",
    protocol_50_closed: "firewall_closed",
    no_common_method: "no_common_method",
    no_common_authentication: "no_common_authentication",
    wrong_key: "key_differs",
    wrong_address: "wrong_address",
    port_8080: "wrong_port",
    not_mirrored: "not_mirrored",
    blocked: "blocked",
    domain_policy_wins: "domain_policy_wins",
    clock_skew: "clock_skew",
    only_requests: "only_requests",
    soft_association_stands: "soft_association",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_found_and_the_first_cause_is_the_injected_one(damaged, fault):
    fault(damaged)
    result = damaged.verify()
    assert not result["passed"]
    assert [cause["kind"] for cause in result["causes"]][:1] == [FAULTS[fault]], result["summary"]
