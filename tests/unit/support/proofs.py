# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs as plain data, made without the collection: a small one that passes, a realistic one, one of any size."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]

MADE = "2026-11-25T04:20:00Z"
ESP = {"esp_encryption": "3des", "esp_integrity": "sha1", "lifetime_kilobytes": 100000, "lifetime_seconds": 3600}
AH = {"ah_integrity": "sha1", "lifetime_kilobytes": 0, "lifetime_seconds": 0}
RUNNING = {"running": True, "automatic": True}


def policy_document(policy: str, rule: str, filters: list[Data], action: Data, **options: Any) -> Data:
    """Return the document of a host with one rule that is in force."""
    one = {"name": rule, "filter_list": rule, "filter_action": action["name"], **options}
    return {
        "filter_lists": [{"name": rule, "filters": filters}],
        "filter_actions": [action],
        "policies": [{"name": policy, "rules": [one]}],
        "assigned": policy,
    }


def require(*methods: Data) -> Data:
    """Return the filter action that insists."""
    listed = list(methods or (ESP,))
    return {"name": "Require ESP", "action": "negotiate", "security_methods": listed, "accept_unsecured": True}


def web(source: str, destination: str) -> Data:
    """Return a filter for port 80."""
    return {"source": source, "destination": destination, "protocol": "tcp", "destination_port": 80}


def associations(local: str, peers: list[str], **more: Any) -> Data:
    """Return what a host with associations to its peers tells."""
    main = {"encryption": "3des", "integrity": "sha1", "dh_group": 2, "key_module": "ikev1", "identities": []}
    quick = {"protocol": "tcp", "local_port": 0, "peer_port": 80, "ah_integrity": "none", "pfs": False}
    return {
        "known": True,
        "reason": "",
        "source": "cim",
        "main_mode": [{"local": local, "peer": peer, **main} for peer in peers],
        "quick_mode": [
            {"local": local, "peer": peer, **quick, "esp_encryption": "3des", "esp_integrity": "sha1"} for peer in peers
        ],
        "counters": {"active_quick_mode": len(peers), "bytes_sent": 12044, "packets_not_authenticated": None},
        "clock": {"utc": MADE, "skew_seconds": 0},
        **more,
    }


def host(name: str, role: str, *addresses: str, **more: Any) -> Data:
    """Return a host; what is not said is as on a Windows Server 2016 that does as it is told."""
    return {
        "name": name,
        "role": role,
        "addresses": list(addresses),
        "product": "Windows Server 2016",
        "version": "10.0.14393",
        "services": {"IKEEXT": RUNNING, "PolicyAgent": RUNNING},
        "assigned": "",
        "effective": False,
        "why_not": "",
        "domain_policy": "",
        "exemption_level": None,
        "drift": [],
        **more,
    }


def flow(source: str, destination: str, traffic: str, outcome: str, **more: Any) -> Data:
    """Return a flow; ``traffic`` is written tcp/80."""
    protocol, _slash, port = traffic.partition("/")
    return {
        "source": source,
        "destination": destination,
        "protocol": protocol,
        "port": port or "any",
        "outcome": outcome,
        "proven": "analysis",
        **more,
    }


def small() -> Data:
    """Return a front-end and its back-end, all well."""
    fe, be = "10.0.0.10", "10.0.1.20"
    front = policy_document("Exchange front-end", "To the back-ends", [web("me", be)], require())
    back = policy_document("Exchange back-end", "From the front-ends", [web(fe, "me")], require())
    said = {"sentence": "Both ends insist on IPsec and agree.", "algorithms": "ESP 3DES SHA1, Kerberos, group 2"}
    rules = {"source": "To the back-ends", "destination": "From the front-ends"}
    in_force = {"effective": True}
    return {
        "title": "Exchange: front-ends and back-ends",
        "made": MADE,
        "hosts": [
            host("fe1", "front-end", fe, assigned="Exchange front-end", config=front, **in_force)
            | {"associations": associations(fe, [be])},
            host("be1", "back-end", be, assigned="Exchange back-end", config=back, **in_force)
            | {"associations": associations(be, [fe])},
        ],
        "firewalls": [],
        "flows": [
            flow("fe1", "be1", "tcp/80", "protected", expected="esp", proven="associations", rules=rules, **said),
            flow("internet", "fe1", "tcp/443", "clear", expected="clear", sentence="No rule of fe1 speaks of it."),
        ],
        "checks": [
            {
                "id": "flow-fe1-be1-80",
                "subject": "fe1",
                "title": "fe1 reaches be1 tcp/80 under ESP",
                "outcome": "passed",
                "evidence": "A quick-mode association 3DES SHA1 between 10.0.0.10 and 10.0.1.20, and a session worked.",
                "causes": [],
            }
        ],
        "findings": [],
    }


def realistic() -> Data:
    """Return a site with a firewall, a domain controller, an old host, failures, drift, findings and a waiver."""
    fe1, fe2, be1, be2 = "10.0.0.10", "10.0.0.11", "10.0.1.20", "10.0.1.21"
    front = policy_document(
        "Exchange front-end", "To the back-ends", [web("me", be1), web("me", be2)], require(ESP, AH)
    )
    both = [web(fe1, "me"), web(fe2, "me")]
    back = policy_document("Exchange back-end", "From the front-ends", both, require())
    certificate = {"method": "certificate", "authority": "CN=Corp Root CA, O=Example", "map_to_account": True}
    methods = [{"method": "kerberos"}, certificate, {"method": "preshared_key"}]
    other = policy_document("Exchange back-end", "From the front-ends", both[:1], require(), authentication=methods)
    other["policies"].append({"name": "Client (Respond Only)", "default_response": {"enabled": True}})
    agree = {"sentence": "Both ends insist on IPsec and agree.", "algorithms": "ESP 3DES SHA1, Kerberos, group 2"}
    rules = {"source": "To the back-ends", "destination": "From the front-ends"}
    proven = {"expected": "esp", "proven": "associations", "rules": rules, **agree}
    no_rule = "fe2 insists on IPsec (rule 'To the back-ends'); be2 has no rule for 10.0.0.11: IKE finds no filter."
    stopped = {"IKEEXT": {"running": False, "automatic": False}, "PolicyAgent": RUNNING}
    unknown = {
        "known": False,
        "reason": "The security log records no associations: auditing of IPsec main mode is off.",
        "source": "events",
        "counters": {"active_quick_mode": 1},
        "clock": {"utc": MADE, "skew_seconds": -412},
    }
    return {
        "title": "Exchange in Rivendell: front-ends, back-ends and the firewall between them",
        "made": MADE,
        "hosts": [
            host("fe1", "front-end", fe1, assigned="Exchange front-end", effective=True, config=front)
            | {"associations": associations(fe1, [be1, be2])},
            host("fe2", "front-end", fe2, assigned="Exchange front-end", effective=True, config=front)
            | {"associations": associations(fe2, [be1])},
            host("be1", "back-end", be1, assigned="Exchange back-end", effective=True, config=back)
            | {"associations": associations(be1, [fe1, fe2])},
            host("be2", "back-end", be2, assigned="Exchange back-end", config=other, services=stopped)
            | {
                "product": "Windows Server 2008 R2",
                "version": "6.1.7601",
                "why_not": "The service IKEEXT does not run.",
                "drift": [
                    "filter list 'From the front-ends': the filter for 10.0.0.11 is missing",
                    "rule 'From the front-ends': authentication has a pre-shared key that was not declared",
                ],
                "associations": unknown,
            },
            host("dc1", "domain controller", "10.0.0.2", product="Windows Server 2022", version="10.0.20348"),
            host("control", "controller", "10.0.9.9", product="Linux", version="", services={}),
        ],
        "firewalls": [
            {
                "name": "fw-perimeter",
                "between": ["fe1", "fe2", "be1", "be2"],
                "openings": ["UDP 500", "UDP 4500", "ESP (protocol 50)"],
            }
        ],
        "flows": [
            flow("fe1", "be1", "tcp/80", "protected", **proven),
            flow("fe1", "be2", "tcp/80", "protected", **proven | {"proven": "analysis"}),
            flow("fe2", "be1", "tcp/80", "protected", **proven),
            flow("fe2", "be2", "tcp/80", "fails", expected="esp", proven="session", sentence=no_rule)
            | {"rules": {"source": "To the back-ends", "destination": ""}},
            flow("be2", "fe2", "tcp/25", "falls back", expected="clear", sentence="fe2 does not answer IKE."),
            flow("internet", "fe1", "tcp/443", "clear", expected="clear", proven="session"),
            flow("internet", "fe2", "tcp/443", "clear", expected="clear", proven="session"),
            flow("fe1", "dc1", "tcp+udp/88", "permitted", expected="clear"),
            flow("be1", "dc1", "tcp+udp/88", "permitted", expected="clear"),
            flow("internet", "be1", "tcp/80", "blocked", expected="blocked"),
            flow("control", "fe1", "tcp/5986", "clear", expected="clear", proven="session"),
            flow("control", "be2", "tcp/5986", "unknown", expected="clear", proven="unproven"),
        ],
        "checks": [
            {
                "id": "flow-fe1-be1-80",
                "subject": "fe1",
                "title": "fe1 reaches be1 tcp/80 under ESP",
                "outcome": "passed",
                "evidence": "A quick-mode association between 10.0.0.10 and 10.0.1.20, and a session worked.",
            },
            {
                "id": "flow-fe2-be2-80",
                "subject": "fe2",
                "title": "fe2 reaches be2 tcp/80 under ESP",
                "outcome": "failed",
                "evidence": "The session was not answered within 20 seconds; fe2 has no association with be2.",
                "causes": [
                    {
                        "cause": "be2 has no filter for 10.0.0.11",
                        "evidence": "The filter list 'From the front-ends' of be2 names 10.0.0.10 only.",
                        "remedy": "Run the role backend on be2 with both front-ends among its peers.",
                    },
                    {
                        "cause": "The service IKEEXT of be2 does not run",
                        "evidence": "sc query says STOPPED; its start type is not automatic.",
                        "remedy": "Assign the policy with winsec.ipsec.assignment, which starts the service too.",
                    },
                    {
                        "cause": "The clocks are too far apart for Kerberos",
                        "evidence": "be2 is 412 seconds behind the controller; Kerberos allows 300.",
                        "remedy": "Let be2 take its time from dc1.",
                    },
                ],
            },
            {
                "id": "clear-refused-be2",
                "subject": "be2",
                "title": "be2 refuses tcp/80 in clear text",
                "outcome": "failed",
                "evidence": "A session in clear text was answered.",
                "causes": [
                    {
                        "cause": "The policy of be2 is assigned and not in force",
                        "evidence": "IKEEXT is stopped.",
                        "remedy": "Start it.",
                    }
                ],
            },
            {
                "id": "associations-be2",
                "subject": "be2",
                "title": "be2 has associations with all front-ends",
                "outcome": "unproven",
                "evidence": "Windows Server 2008 R2 records associations only while auditing is on.",
            },
            {"id": "policy-fe1", "subject": "fe1", "title": "The policy of fe1 is in force", "outcome": "passed"},
            {"id": "policy-fe2", "subject": "fe2", "title": "The policy of fe2 is in force", "outcome": "passed"},
            {"id": "policy-be1", "subject": "be1", "title": "The policy of be1 is in force", "outcome": "passed"},
        ],
        "findings": [
            {
                "id": "weak-cipher",
                "severity": "medium",
                "host": "fe1",
                "path": "filter_actions[0].security_methods[0].esp_encryption",
                "text": "3DES is weak: its blocks are 64 bits.",
                "reference": "https://nvlpubs.nist.gov/nistpubs/SpecialPublications/NIST.SP.800-131Ar2.pdf",
                "waiver": {"reason": "The legacy policy has nothing stronger", "until": "2027-03-31"},
            },
            {
                "id": "preshared-key",
                "severity": "high",
                "host": "be2",
                "path": "policies[1].rules[0].authentication[2]",
                "text": "A pre-shared key stands in the registry, where every administrator can read it.",
                "reference": "RFC 2409, section 5.4",
                "waiver": {"reason": "Until the certificates are rolled out", "until": "2026-10-31"},
            },
            {
                "id": "dh-group",
                "severity": "low",
                "host": "be1",
                "path": "policies[0].main_mode.security_methods[1].dh_group",
                "text": "Diffie-Hellman group 2 (1024 bits) is offered beside group 14.",
                "reference": "",
                "waiver": None,
            },
        ],
    }


def large(fronts: int, backs: int) -> Data:
    """Return every front-end with a flow to every back-end; three front-ends have trouble."""
    hosts = []
    fe = [f"fe{number:03}" for number in range(1, fronts + 1)]
    be = [f"be{number:03}" for number in range(1, backs + 1)]
    near = [f"10.{1 + number // 250}.{number % 250}.10" for number in range(fronts)]
    far = [f"10.{101 + number // 250}.{number % 250}.20" for number in range(backs)]
    front = policy_document("Exchange front-end", "To the back-ends", [web("me", one) for one in far], require())
    back = policy_document("Exchange back-end", "From the front-ends", [web(one, "me") for one in near], require())
    for name, address in zip(fe, near, strict=True):
        hosts.append(host(name, "front-end", address, assigned="Exchange front-end", effective=True, config=front))
        hosts[-1]["associations"] = associations(address, far)
    for name, address in zip(be, far, strict=True):
        hosts.append(host(name, "back-end", address, assigned="Exchange back-end", effective=True, config=back))
        hosts[-1]["associations"] = associations(address, near)
    bad = {fe[0]: "fails", fe[-1]: "falls back", fe[len(fe) // 2]: "unknown"}
    rules = {"source": "To the back-ends", "destination": "From the front-ends"}
    said = {"sentence": "Both ends insist on IPsec and agree.", "algorithms": "ESP 3DES SHA1", "rules": rules}
    return {
        "title": f"Exchange: {fronts} front-ends, {backs} back-ends",
        "made": MADE,
        "hosts": hosts,
        "firewalls": [{"name": "fw1", "between": [*fe, *be], "openings": ["UDP 500", "UDP 4500", "ESP"]}],
        "flows": [
            flow(source, destination, "tcp/80", bad.get(source, "protected"), expected="esp", **said)
            for source in fe
            for destination in be
        ],
        "checks": [
            {
                "id": f"flows-{name}",
                "subject": name,
                "title": f"{name} reaches all back-ends under ESP",
                "outcome": {"fails": "failed", "unknown": "unproven"}.get(bad.get(name, ""), "passed"),
                "evidence": f"{backs} flows were looked at.",
            }
            for name in fe
        ],
        "findings": [
            {"id": "weak-cipher", "severity": "medium", "host": name, "text": "3DES is weak: its blocks are 64 bits."}
            for name in (*fe, *be)
        ],
    }
