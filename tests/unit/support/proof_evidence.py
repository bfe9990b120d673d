# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A healthy deployment of one front-end and one back-end, as evidence that tests damage."""

from __future__ import annotations

import copy
from typing import Any

Data = dict[str, Any]

FE, BE = "10.0.0.10", "10.0.1.20"
METHOD = {"esp_encryption": "3des", "esp_integrity": "sha1"}


def document(name: str, filters: list[Data], **action: Any) -> Data:
    """Return a document of one assigned policy with one rule."""
    return {
        "filter_lists": [{"name": "List", "filters": filters}],
        "filter_actions": [{"name": "Action", "action": "negotiate", "security_methods": [dict(METHOD)], **action}],
        "policies": [{"name": name, "rules": [{"name": "Rule", "filter_list": "List", "filter_action": "Action"}]}],
        "assigned": name,
    }


def frontend_document() -> Data:
    """Return what the front-end should have: it requires IPsec to port 80."""
    filters = [{"source": "me", "destination": BE, "protocol": "tcp", "destination_port": "80", "mirrored": True}]
    return document("Exchange front-end", filters, accept_unsecured=True)


def backend_document() -> Data:
    """Return what the back-end should have: it answers the front-end."""
    filters = [{"source": FE, "destination": "me", "protocol": "tcp", "destination_port": "80", "mirrored": True}]
    return document("Client (Respond Only)", filters, accept_unsecured=True, fallback_to_clear=True)


def info(config: Data) -> Data:
    """Return what policies_info says of a healthy Windows Server 2016."""
    host = {
        "version": "10.0.14393",
        "product": "Windows Server 2016",
        "services": {name: {"running": True, "automatic": True} for name in ("IKEEXT", "PolicyAgent")},
        "domain_policy": "",
        "local_policy_counts": True,
        "exemption_level": None,
    }
    return {"config": config, "host": host, "unmanaged": [], "predefined": {}}


def associations(local: str, peer: str, *, sends: bool, bytes_so_far: int) -> Data:
    """Return what sa_info says of one protected flow."""
    quick = {
        "local": local,
        "peer": peer,
        "protocol": "tcp",
        "local_port": 0 if sends else 80,
        "peer_port": 80 if sends else 0,
        "ah_integrity": "none",
        **METHOD,
        "pfs": False,
    }
    return {
        "known": True,
        "reason": "",
        "source": "cim",
        "main_mode": [{"local": local, "peer": peer}],
        "quick_mode": [quick],
        "counters": {"bytes_sent": bytes_so_far, "bytes_received": bytes_so_far},
        "clock": {"utc": "2026-11-25T04:20:00Z", "skew_seconds": 1},
    }


def silent(known: bool = False) -> Data:
    """Return what sa_info says when there is nothing, or nothing is known."""
    return {
        "known": known,
        "reason": "" if known else "Windows Server 2003 tells nothing in a recorded form",
        "source": "cim" if known else "none",
        "main_mode": [],
        "quick_mode": [],
        "counters": {"bytes_sent": 0, "bytes_received": 0} if known else {},
        "clock": {"utc": "2026-11-25T04:20:00Z", "skew_seconds": 1},
    }


def healthy() -> Data:
    """Return the options of the module proof for a deployment in which everything is as it should be."""
    ends = (("fe1", "front-end", FE, BE, frontend_document()), ("be1", "back-end", BE, FE, backend_document()))
    hosts = [
        {
            "name": name,
            "role": role,
            "address": address,
            "info": info(copy.deepcopy(config)),
            "wanted": config,
            "commands": [],
            "openings": [],
            "associations_before": associations(address, peer, sends=role == "front-end", bytes_so_far=100),
            "associations": associations(address, peer, sends=role == "front-end", bytes_so_far=9000),
        }
        for name, role, address, peer, config in ends
    ]
    common = {"backend": "be1", "service_port": 80, "outcome": "works", "detail": "", "seconds": 0.1}
    web = {"name": "owa", "protocol": "http", "frontend": "fe1", **common}
    probe = {"name": "clear", "protocol": "tcp", "source": "10.0.0.250", **common}
    firewall = {"name": "inner", "between": ["fe1", "be1"], "openings": ["udp/500"], "commands": []}
    return {
        "hosts": hosts,
        "ports": [80],
        "sessions": [web, probe],
        "firewalls": [firewall],
        "networks": {"controller": "10.0.0.250"},
        "expect": ["controller -> fe1 tcp/5985: clear"],
    }
