# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specifications, one for each kind of object, used by the actions and by the documentation stubs.

Defaults that depend on the state of the host are not here: an option that is not given is None.
"""

from __future__ import annotations

from typing import Any

# An object that netsh cannot be told by its name.
GUID = {"guid": {"type": "str"}}

FILTER = {
    "source": {"type": "str"},
    "destination": {"type": "str"},
    "protocol": {"type": "str"},
    "source_port": {"type": "str"},
    "destination_port": {"type": "str"},
    "mirrored": {"type": "bool"},
    "description": {"type": "str"},
}

FILTER_LIST = {
    "name": {"type": "str", "required": True},
    **GUID,
    "description": {"type": "str"},
    "filters": {"type": "list", "elements": "dict", "options": FILTER},
}

METHOD = {
    "ah_integrity": {"type": "str", "choices": ["md5", "sha1"]},
    "esp_encryption": {"type": "str", "choices": ["none", "des", "3des"]},
    "esp_integrity": {"type": "str", "choices": ["none", "md5", "sha1"]},
    "lifetime_kilobytes": {"type": "int"},
    "lifetime_seconds": {"type": "int"},
}

FILTER_ACTION = {
    "name": {"type": "str", "required": True},
    **GUID,
    "description": {"type": "str"},
    "action": {"type": "str", "choices": ["permit", "block", "negotiate"]},
    "security_methods": {"type": "list", "elements": "dict", "options": METHOD},
    "accept_unsecured": {"type": "bool"},
    "fallback_to_clear": {"type": "bool"},
    "perfect_forward_secrecy": {"type": "bool"},
}

AUTHENTICATION = {
    "method": {"type": "str", "required": True, "choices": ["kerberos", "preshared_key", "certificate"]},
    "preshared_key": {"type": "str", "no_log": True},
    "authority": {"type": "str"},
    "map_to_account": {"type": "bool"},
    "exclude_authority_name": {"type": "bool"},
}

MAIN_MODE_METHOD = {
    "encryption": {"type": "str", "choices": ["des", "3des"]},
    "integrity": {"type": "str", "choices": ["md5", "sha1"]},
    "dh_group": {"type": "str", "choices": ["768", "1024", "2048"]},
}

MAIN_MODE = {
    "security_methods": {"type": "list", "elements": "dict", "options": MAIN_MODE_METHOD},
    "lifetime_minutes": {"type": "int"},
    "quick_modes": {"type": "int"},
    "perfect_forward_secrecy": {"type": "bool"},
}

DEFAULT_RESPONSE = {
    "enabled": {"type": "bool"},
    "authentication": {"type": "list", "elements": "dict", "options": AUTHENTICATION},
    "security_methods": {"type": "list", "elements": "dict", "options": METHOD},
    "perfect_forward_secrecy": {"type": "bool"},
}

RULE = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "filter_list": {"type": "str"},
    "filter_action": {"type": "str"},
    "authentication": {"type": "list", "elements": "dict", "options": AUTHENTICATION},
    "connection_type": {"type": "str", "choices": ["all", "lan", "dialup"]},
    "tunnel_endpoint": {"type": "str"},
    "enabled": {"type": "bool"},
}

POLICY = {
    "name": {"type": "str", "required": True},
    **GUID,
    "description": {"type": "str"},
    "polling_interval_minutes": {"type": "int"},
    "main_mode": {"type": "dict", "options": MAIN_MODE},
    "default_response": {"type": "dict", "options": DEFAULT_RESPONSE},
    "rules": {"type": "list", "elements": "dict", "options": RULE},
}

DOCUMENT = {
    "filter_lists": {"type": "list", "elements": "dict", "options": FILTER_LIST},
    "filter_actions": {"type": "list", "elements": "dict", "options": FILTER_ACTION},
    "policies": {"type": "list", "elements": "dict", "options": POLICY},
    "assigned": {"type": "str"},
}

CRITICAL_FLOW = {
    "name": {"type": "str", "required": True},
    "peers": {"type": "list", "elements": "str", "required": True},
    "direction": {"type": "str", "choices": ["inbound", "outbound"], "default": "inbound"},
    "traffic": {"type": "str", "required": True},
}

GUARD = {
    "host_addresses": {"type": "list", "elements": "str"},
    "controller_addresses": {"type": "list", "elements": "str"},
    "management_ports": {"type": "list", "elements": "int"},
    "dns_servers": {"type": "list", "elements": "str"},
    "dhcp_servers": {"type": "list", "elements": "str"},
    "domain_controllers": {"type": "list", "elements": "str"},
    "critical_flows": {"type": "list", "elements": "dict", "options": CRITICAL_FLOW},
    "allow_lockout": {"type": "list", "elements": "str"},
}
CONFIRM = {"confirm_timeout": {"type": "int"}}

PROOF_OF_IDENTITY = {
    "method": {"type": "str"},
    "authority": {"type": "str"},
    "intermediate": {"type": "bool"},
    "signature": {"type": "str"},
    "certificate_mapping": {"type": "bool"},
    "exclude_ca_name": {"type": "bool"},
    "health": {"type": "bool"},
    "criteria": {"type": "dict"},
    "proxy": {"type": "str"},
    "preshared_key": {"type": "str", "no_log": True},
}
QUICK_MODE_SUITE = {
    "protocol": {"type": "str"},
    "ah_integrity": {"type": "str"},
    "esp_integrity": {"type": "str"},
    "esp_encryption": {"type": "str"},
    "lifetime_minutes": {"type": "int"},
    "lifetime_kilobytes": {"type": "int"},
}
MAIN_MODE_SUITE = {
    "key_exchange": {"type": "str", "required": True, "no_log": False},
    "encryption": {"type": "str", "required": True},
    "integrity": {"type": "str", "required": True},
}
# What a document of a host shows of each of its sets.
_SHOWN_SET = {name: {"type": "str"} for name in ("name", "id", "version", "description", "group")}
_PROOFS = {"suites": {"type": "list", "elements": "dict", "options": PROOF_OF_IDENTITY}, **_SHOWN_SET}
_QUICK_MODE = {
    "suites": {"type": "list", "elements": "dict", "options": QUICK_MODE_SUITE},
    "perfect_forward_secrecy": {"type": "str"},
    **_SHOWN_SET,
}
_MAIN_MODE = {
    "suites": {"type": "list", "elements": "dict", "options": MAIN_MODE_SUITE},
    "lifetime_minutes": {"type": "int"},
    "sessions": {"type": "int"},
    "force_diffie_hellman": {"type": "bool"},
    **_SHOWN_SET,
}
# A rule names a set, or has it inside.
_SET = {"type": "raw"}
SECURITY_RULE = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "enabled": {"type": "bool"},
    "action": {
        "type": "str",
        "choices": [
            "requireinrequireout",
            "requireinrequestout",
            "requestinrequestout",
            "noauthentication",
            "requireinclearout",
        ],
    },
    "mode": {"type": "str", "choices": ["transport", "tunnel"]},
    "profiles": {"type": "list", "elements": "str"},
    "interface_types": {"type": "list", "elements": "str"},
    "protocol": {"type": "str"},
    "endpoint1": {"type": "list", "elements": "str"},
    "endpoint2": {"type": "list", "elements": "str"},
    "port1": {"type": "list", "elements": "str"},
    "port2": {"type": "list", "elements": "str"},
    "local_tunnel_endpoint": {"type": "list", "elements": "str"},
    "remote_tunnel_endpoint": {"type": "list", "elements": "str"},
    "exempt_protected_connections": {"type": "bool"},
    "apply_authorization": {"type": "bool"},
    "first_authentication": _SET,
    "second_authentication": _SET,
    "quick_mode": _SET,
}
MAIN_MODE_RULE = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "enabled": {"type": "bool"},
    "profiles": {"type": "list", "elements": "str"},
    "endpoint1": {"type": "list", "elements": "str"},
    "endpoint2": {"type": "list", "elements": "str"},
    "first_authentication": _SET,
    "main_mode": _SET,
}
_SHOWN_RULE = {name: {"type": "str"} for name in ("id", "version", "group")}
RULES_DOCUMENT = {
    "rules": {
        "type": "list",
        "elements": "dict",
        "options": {
            **SECURITY_RULE,
            **_SHOWN_RULE,
            "interfaces": {"type": "list", "elements": "str"},
            "key_modules": {"type": "list", "elements": "str", "no_log": False},
        },
    },
    "main_mode_rules": {"type": "list", "elements": "dict", "options": {**MAIN_MODE_RULE, **_SHOWN_RULE}},
    "sets": {
        "type": "dict",
        "options": {
            "first_authentication": {"type": "list", "elements": "dict", "options": _PROOFS},
            "second_authentication": {"type": "list", "elements": "dict", "options": _PROOFS},
            "main_mode": {"type": "list", "elements": "dict", "options": _MAIN_MODE},
            "quick_mode": {"type": "list", "elements": "dict", "options": _QUICK_MODE},
        },
    },
    "defaults": {
        "type": "dict",
        "options": {
            "first_authentication": {"type": "dict", "options": _PROOFS},
            "second_authentication": {"type": "dict", "options": _PROOFS},
            "main_mode": {"type": "dict", "options": _MAIN_MODE},
            "quick_mode": {"type": "dict", "options": _QUICK_MODE},
            "settings": {
                "type": "dict",
                "options": {
                    "idle_seconds": {"type": "int"},
                    "crl_check": {"type": "int"},
                    "exemptions": {"type": "list", "elements": "str"},
                    "through_nat": {
                        "type": "str",
                        "choices": ["never", "serverbehindnat", "serverandclientbehindnat"],
                    },
                    "key_in_utf8": {"type": "bool"},
                    "match_per_key_module": {"type": "bool"},
                    "packet_queue": {"type": "int"},
                    "tunnel_computers": {"type": "str"},
                    "tunnel_users": {"type": "str"},
                    "transport_computers": {"type": "str"},
                    "transport_users": {"type": "str"},
                },
            },
        },
    },
}

FLOW_HOST = {
    "name": {"type": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "required": True},
    "config": {"type": "dict"},
    "version": {"type": "str", "default": "2025"},
    "exemption_level": {"type": "int"},
    "services_running": {"type": "bool", "default": True},
    "key_exchange_running": {"type": "bool", "default": True},
    "connection_security": {"type": "dict"},
    "profile": {"type": "str", "choices": ["domain", "private", "public"]},
    "stands_for": {"type": "dict", "default": {}},
    "both_engines": {"type": "bool", "default": False},
}

DEPLOYMENT_FLOW = {
    "name": {"type": "str", "required": True},
    "from": {"type": "list", "elements": "str", "required": True},
    "to": {"type": "list", "elements": "str", "required": True},
    "ports": {"type": "list", "elements": "str"},
    "protocol": {"type": "str", "default": "tcp"},
    "level": {"type": "str", "choices": ["request", "require"], "default": "require"},
    "authentication": {"type": "list", "elements": "dict", "options": AUTHENTICATION},
    "security_methods": {"type": "list", "elements": "dict", "options": METHOD},
    "perfect_forward_secrecy": {"type": "bool", "default": False},
    "same_site": {"type": "bool", "default": False},
}
DEPLOYMENT_HOST = {
    "name": {"type": "str", "required": True},
    "addresses": {"type": "list", "elements": "str"},
    "system": {"type": "str", "choices": ["windows"], "default": "windows"},
    "engine": {"type": "str", "choices": ["policy_store"], "default": "policy_store"},
    "absent": {"type": "str", "choices": ["limit", "unreachable"]},
    "info": {"type": "dict"},
    "translated_addresses": {"type": "list", "elements": "str"},
    "own_addresses": {"type": "list", "elements": "str"},
    "keys_differ": {"type": "bool", "default": False},
    "site": {"type": "str"},
}
ARTICLE = {
    "frontend_policy_name": {"type": "str"},
    "frontend_filter_list_name": {"type": "str"},
    "frontend_filter_action_name": {"type": "str"},
    "frontend_request_filter_action_name": {"type": "str"},
    "frontend_accept_unsecured": {"type": "bool"},
    "frontend_default_response": {"type": "bool"},
    "backend_policy_name": {"type": "str"},
    "backend_filter_list_name": {"type": "str"},
    "backend_filter_action_name": {"type": "str"},
}

PROOF_HOST = {
    "name": {"type": "str", "required": True},
    "role": {"type": "str", "choices": ["front-end", "back-end", "other"], "required": True},
    "address": {"type": "str"},
    "addresses": {"type": "list", "elements": "str"},
    "info": {"type": "dict"},
    "wanted": {"type": "dict"},
    "commands": {"type": "list", "elements": "str"},
    "openings": {"type": "list", "elements": "str"},
    "associations_before": {"type": "dict"},
    "associations": {"type": "dict"},
}
PROOF_FLOW = {
    "from": {"type": "str", "required": True},
    "to": {"type": "str", "required": True},
    "protocol": {"type": "str", "default": "tcp"},
    "port": {"type": "int"},
    "level": {"type": "str", "choices": ["request", "require"], "default": "require"},
}
PROOF_FIREWALL = {
    "name": {"type": "str", "required": True},
    "between": {"type": "list", "elements": "str"},
    "openings": {"type": "list", "elements": "str"},
    "commands": {"type": "list", "elements": "str"},
}
SESSION = {
    "name": {"type": "str", "required": True},
    "protocol": {
        "type": "str",
        "required": True,
        "choices": ["http", "https", "imap", "imaps", "pop3", "pop3s", "tcp"],
    },
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "path": {"type": "str"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "timeout": {"type": "int", "default": 10},
    "validate_certs": {"type": "bool", "default": True},
    "expect": {"type": "str", "choices": ["works", "refused"], "default": "works"},
    "frontend": {"type": "str"},
    "backend": {"type": "str"},
    "service_port": {"type": "int"},
    "source": {"type": "str"},
}

AUDIT_HOST = {
    "name": {"type": "str", "required": True},
    "version": {"type": "str", "default": "2025"},
    "config": {"type": "dict"},
    "exemption_level": {"type": "int"},
}

WAIVER = {
    "id": {"type": "str", "required": True},
    "host": {"type": "str"},
    "path": {"type": "str"},
    "reason": {"type": "str", "required": True},
    "until": {"type": "str", "required": True},
}

# The parts of a proof have no spec of their own: the action reads them first, with paths, and there may be thousands.
PROOF = {
    "title": {"type": "str", "required": True},
    "made": {"type": "str", "required": True},
    "hosts": {"type": "list", "elements": "dict"},
    "firewalls": {"type": "list", "elements": "dict"},
    "flows": {"type": "list", "elements": "dict"},
    "checks": {"type": "list", "elements": "dict"},
    "findings": {"type": "list", "elements": "dict"},
}

PRESENCE = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}
IN_FORCE = {"allow_domain_policy": {"type": "bool", "default": False}}

SPECS: dict[str, dict[str, Any]] = {
    "filter_list": {**FILTER_LIST, **PRESENCE, **GUARD, **CONFIRM},
    "filter_action": {**FILTER_ACTION, **PRESENCE, **GUARD, **CONFIRM},
    "policy": {**POLICY, **PRESENCE, **GUARD, **CONFIRM},
    "assignment": {
        "name": {"type": "str"},
        **GUID,
        "state": {"type": "str", "choices": ["assigned", "unassigned"], "default": "assigned"},
        **IN_FORCE,
        **GUARD,
        **CONFIRM,
    },
    "policies": {
        "config": {"type": "dict", "options": DOCUMENT},
        "running_config": {"type": "str", "no_log": True},
        "src": {"type": "path"},
        "dest": {"type": "path"},
        "state": {
            "type": "str",
            "choices": ["merged", "replaced", "overridden", "deleted", "parsed", "rendered"],
            "default": "merged",
        },
        **IN_FORCE,
        **GUARD,
        **CONFIRM,
    },
    "policies_info": {"query": {"type": "str"}},
    "connection_security_info": {"query": {"type": "str"}},
    "connection_security": {
        "config": {"type": "dict", "options": RULES_DOCUMENT},
        "running_config": {"type": "str", "no_log": True},
        "src": {"type": "path"},
        "dest": {"type": "path"},
        "state": {
            "type": "str",
            "choices": ["merged", "replaced", "overridden", "deleted", "parsed", "rendered"],
            "default": "merged",
        },
        **GUARD,
    },
    "connection_security_rule": {**SECURITY_RULE, **PRESENCE, **GUARD},
    "sa_info": {},
    "confirm": {
        "folder": {"type": "path"},
        "allow_policy_in_force": {"type": "bool", "default": False},
    },
    "session_check": {
        "sessions": {"type": "list", "elements": "dict", "required": True, "options": SESSION},
        "fail": {"type": "bool", "default": True},
    },
    "flow_check": {
        "hosts": {"type": "list", "elements": "dict", "required": True, "options": FLOW_HOST},
        "networks": {"type": "dict", "default": {}},
        "expect": {"type": "list", "elements": "str", "default": []},
        "flows": {"type": "list", "elements": "str", "default": []},
        "closed": {"type": "list", "elements": "str", "choices": ["ike", "esp", "ah"], "default": []},
        "fail": {"type": "bool", "default": True},
    },
    "deployment": {
        "flows": {"type": "list", "elements": "dict", "required": True, "options": DEPLOYMENT_FLOW},
        "hosts": {"type": "list", "elements": "dict", "required": True, "options": DEPLOYMENT_HOST},
        "groups": {"type": "dict", "default": {}},
        "policy_name": {"type": "str", "default": "IPsec flows"},
        "main_mode": {"type": "dict", "options": MAIN_MODE},
        "article": {"type": "dict", "options": ARTICLE},
        "allow_swap": {
            "type": "list",
            "elements": "str",
            "choices": ["key", "perfect_forward_secrecy", "added_port", "removed_port", "other"],
            "default": [],
        },
        "skip_unreachable": {"type": "bool", "default": False},
        "leave_refused": {"type": "bool", "default": False},
        "remove_unknown_peers": {"type": "bool", "default": False},
        "replace_policy": {"type": "bool", "default": False},
        "only_look": {"type": "bool", "default": False},
        "serial": {"type": "list", "elements": "str", "default": ["1", "100%"]},
        "fail": {"type": "bool", "default": True},
    },
    "proof": {
        "title": {"type": "str", "default": "IPsec between front-ends and back-ends"},
        "hosts": {"type": "list", "elements": "dict", "required": True, "options": PROOF_HOST},
        "ports": {"type": "list", "elements": "int", "default": [80]},
        "flows": {"type": "list", "elements": "dict", "options": PROOF_FLOW},
        "firewalls": {"type": "list", "elements": "dict", "default": [], "options": PROOF_FIREWALL},
        "sessions": {"type": "list", "elements": "dict", "default": []},
        "expect": {"type": "list", "elements": "str", "default": []},
        "networks": {"type": "dict", "default": {}},
        "findings": {"type": "list", "elements": "dict", "default": []},
        "unproven": {"type": "str", "choices": ["report", "fail"], "default": "report"},
        "fail": {"type": "bool", "default": True},
    },
    "audit": {
        "hosts": {"type": "list", "elements": "dict", "required": True, "options": AUDIT_HOST},
        "waivers": {"type": "list", "elements": "dict", "default": [], "options": WAIVER},
        "fail_on": {"type": "str", "choices": ["high", "medium", "low", "info", "never"], "default": "high"},
        "scope": {"type": "str", "choices": ["store", "in_force"], "default": "store"},
    },
    "report": {
        "proof": {"type": "dict", "required": True, "options": PROOF},
        "folder": {"type": "path", "required": True},
    },
    "firewall": {
        "peers": {"type": "list", "elements": "str"},
        "protocols": {
            "type": "list",
            "elements": "str",
            "choices": ["ike", "nat_traversal", "esp", "ah"],
            "default": ["ike", "nat_traversal", "esp"],
        },
        "directions": {"type": "list", "elements": "str", "choices": ["in", "out"], "default": ["in", "out"]},
        "profiles": {
            "type": "list",
            "elements": "str",
            "choices": ["domain", "private", "public"],
            "default": ["domain", "private", "public"],
        },
        "local_addresses": {"type": "list", "elements": "str"},
        "name_prefix": {"type": "str", "default": "winsec.ipsec"},
        **PRESENCE,
    },
}
