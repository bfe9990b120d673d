# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module, and all the places in them where a key can end up by mistake."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import proof_evidence
import proofs

Data = dict[str, Any]
Step = str | int
Path = tuple[Step, ...]

CANARY = "Canary-7f3a9Zq"
NUMBER = 7731948265014
HOST_KEY = "Harbour-41"

ESP = {"esp_encryption": "3des", "esp_integrity": "sha1", "lifetime_kilobytes": 100, "lifetime_seconds": 900}
AUTHENTICATION = [
    {"method": "preshared_key", "preshared_key": "ok"},
    {"method": "certificate", "authority": "CN=Corp", "map_to_account": False, "exclude_authority_name": False},
    {"method": "kerberos"},
]
FILTER = {
    "source": "me",
    "destination": "10.0.0.1",
    "protocol": "tcp",
    "source_port": "any",
    "destination_port": 80,
    "mirrored": True,
    "description": "web",
}
GUID = "{0a1b2c3d-4e5f-4a6b-8c7d-112233445566}"
FILTER_LIST = {"name": "L", "guid": GUID, "description": "d", "filters": [FILTER, {**FILTER, "destination_port": 443}]}
FILTER_ACTION = {
    "name": "A",
    "guid": GUID,
    "description": "d",
    "action": "negotiate",
    "security_methods": [ESP, {"ah_integrity": "sha1"}],
    "accept_unsecured": False,
    "fallback_to_clear": False,
    "perfect_forward_secrecy": False,
}
RULE = {
    "name": "R",
    "description": "d",
    "filter_list": "L",
    "filter_action": "A",
    "authentication": AUTHENTICATION,
    "connection_type": "all",
    "tunnel_endpoint": "none",
    "enabled": True,
}
POLICY = {
    "name": "P",
    "guid": GUID,
    "description": "d",
    "polling_interval_minutes": 180,
    "main_mode": {
        "security_methods": [{"encryption": "3des", "integrity": "sha1", "dh_group": "2048"}],
        "lifetime_minutes": 480,
        "quick_modes": 0,
        "perfect_forward_secrecy": False,
    },
    "default_response": {
        "enabled": True,
        "authentication": AUTHENTICATION,
        "security_methods": [ESP, {"ah_integrity": "md5"}],
        "perfect_forward_secrecy": False,
    },
    "rules": [RULE],
}
DOCUMENT = {"filter_lists": [FILTER_LIST], "filter_actions": [FILTER_ACTION], "policies": [POLICY], "assigned": "P"}
GUARD = {
    "host_addresses": ["10.9.0.1"],
    "controller_addresses": ["10.9.0.2"],
    "management_ports": [5985],
    "dns_servers": ["10.9.0.3"],
    "domain_controllers": ["10.9.0.4"],
    "critical_flows": [{"name": "backup", "peers": ["10.9.0.5"], "direction": "inbound", "traffic": "tcp/443"}],
    "dhcp_servers": ["10.9.0.6"],
    "allow_lockout": ["backup"],
}
CONFIRM = {"confirm_timeout": 120}
IN_FORCE = {"allow_domain_policy": True}
SESSIONS = [
    {
        "name": "mail",
        "protocol": "imap",
        "host": "mail.example.com",
        "port": 143,
        "user": "anna",
        "password": "ok",
        "timeout": 1,
        "validate_certs": True,
        "expect": "works",
        "frontend": "fe",
        "backend": "be",
        "service_port": 143,
        "source": "10.0.0.9",
    },
    {"name": "web", "protocol": "http", "host": "web.example.com", "path": "/", "expect": "refused"},
]
FLOW_HOST = {
    "name": "fe",
    "addresses": ["10.0.0.10"],
    "config": DOCUMENT,
    "version": "2016",
    "exemption_level": 3,
    "services_running": True,
    "key_exchange_running": True,
}
INFO = {
    "config": DOCUMENT,
    "host": {
        "version": "10.0.14393",
        "exemption_level": 3,
        "services": {"PolicyAgent": {"running": True, "automatic": True}},
        "domain_policy": "",
        "local_policy_counts": True,
    },
    "predefined": {"filter_actions": ["Permit"], "policies": []},
}
DEPLOYMENT_FLOW = {
    "name": "Web",
    "from": ["web"],
    "to": ["10.0.9.1"],
    "ports": [80],
    "protocol": "tcp",
    "level": "require",
    "authentication": AUTHENTICATION,
    "security_methods": [ESP, {"ah_integrity": "sha1"}],
    "perfect_forward_secrecy": False,
    "same_site": False,
}
DEPLOYMENT_HOST = {
    "name": "fe",
    "addresses": ["10.0.0.10"],
    "system": "windows",
    "engine": "policy_store",
    "absent": "limit",
    "info": INFO,
    "own_addresses": ["10.0.0.10"],
    "translated_addresses": ["10.0.0.10"],
    "keys_differ": False,
    "site": "a",
}
ARTICLE = {
    "frontend_policy_name": "P",
    "frontend_filter_list_name": "L",
    "frontend_filter_action_name": "A",
    "frontend_request_filter_action_name": "B",
    "frontend_accept_unsecured": True,
    "frontend_default_response": True,
    "backend_policy_name": "Q",
    "backend_filter_list_name": "M",
    "backend_filter_action_name": "C",
}
PROOFS = [
    {"method": "computercert", "authority": "CN=Corp", "intermediate": False, "signature": "rsa", "health": False},
    {"method": "computerpsk", "preshared_key": "ok"},
    {"method": "computerkerb"},
]
USERS = [{"method": "usercert", "authority": "CN=Corp", "certificate_mapping": True}]
QUICK_MODE = {
    "suites": [
        {
            "protocol": "ah+esp",
            "ah_integrity": "sha1",
            "esp_integrity": "sha1",
            "esp_encryption": "aes256",
            "lifetime_minutes": 60,
            "lifetime_kilobytes": 100000,
        }
    ],
    "perfect_forward_secrecy": "mainmode",
}
MAIN_MODE = {
    "suites": [{"key_exchange": "ecdhp256", "encryption": "aes256", "integrity": "sha256"}],
    "lifetime_minutes": 480,
    "sessions": 0,
    "force_diffie_hellman": False,
}
SECURITY_RULE = {
    "name": "R",
    "description": "d",
    "enabled": False,
    "action": "requestinrequestout",
    "mode": "transport",
    "profiles": ["domain"],
    "interface_types": ["lan"],
    "protocol": "tcp",
    "endpoint1": ["any"],
    "endpoint2": ["10.0.0.1"],
    "port1": [80],
    "port2": ["any"],
    "local_tunnel_endpoint": ["any"],
    "remote_tunnel_endpoint": ["any"],
    "exempt_protected_connections": False,
    "apply_authorization": False,
    "first_authentication": PROOFS,
    "quick_mode": QUICK_MODE,
}
# What documents of a host show and these do not say.
_SET = dict.fromkeys(("name", "id", "version", "description", "group"))
_RULE = dict.fromkeys(("id", "version", "group"))
_PROOF = dict.fromkeys(
    (
        *("method", "authority", "intermediate", "signature", "certificate_mapping", "exclude_ca_name", "health"),
        *("criteria", "proxy", "preshared_key"),
    )
)
_PROOFS = {"suites": [], **_SET}
_SHOWN_SETTINGS = dict.fromkeys(
    (
        *("key_in_utf8", "match_per_key_module", "packet_queue", "tunnel_computers", "tunnel_users"),
        *("transport_computers", "transport_users"),
    )
)
SETTINGS = {**_SHOWN_SETTINGS, "idle_seconds": 300, "crl_check": 1, "exemptions": ["icmp"], "through_nat": "never"}
RULES_DOCUMENT = {
    "rules": [
        {
            **{**SECURITY_RULE, "first_authentication": "ours", "second_authentication": USERS},
            **{**_RULE, "interfaces": [], "key_modules": []},
        }
    ],
    "main_mode_rules": [
        {
            "name": "M",
            "description": "d",
            "enabled": False,
            "profiles": ["domain"],
            "endpoint1": ["any"],
            "endpoint2": ["10.0.0.1"],
            "first_authentication": PROOFS,
            "main_mode": MAIN_MODE,
            **_RULE,
        }
    ],
    "sets": {
        "first_authentication": [{**_SET, "name": "ours", "suites": [{**_PROOF, **each} for each in PROOFS[::2]]}],
        "second_authentication": [{**_SET, "name": "users", "suites": [{**_PROOF, **USERS[0]}]}],
        "quick_mode": [{**_SET, "name": "strong", **QUICK_MODE}],
        "main_mode": [{**_SET, "name": "main", **MAIN_MODE}],
    },
    "defaults": {
        **{name: {"suites": [_PROOF], **_SET} for name in ("first_authentication", "second_authentication")},
        "main_mode": {**_SET, **MAIN_MODE},
        "quick_mode": {**_SET, "suites": [dict.fromkeys(QUICK_MODE["suites"][0])], "perfect_forward_secrecy": None},
        "settings": SETTINGS,
    },
}
WAIVER = {"id": "des", "host": "fe", "path": "policies", "reason": "old", "until": "2030-01-31"}


def one_of_each(tree: Any) -> Any:
    """Return a tree in which no list has two mappings with the same options."""
    if isinstance(tree, dict):
        return {key: one_of_each(value) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    kinds = {frozenset(item) if isinstance(item, dict) else index: item for index, item in enumerate(tree)}
    return [one_of_each(item) for item in kinds.values()]


def evidence() -> Data:
    """Return evidence about two hosts, the second with its bare needs, so that there is less to judge."""
    found = proof_evidence.healthy()
    bare = {key: found["hosts"][1][key] for key in ("name", "role", "address")}
    return {**found, "hosts": [{**found["hosts"][0], "addresses": ["10.8.0.10"]}, bare]}


# One tree for each module, with every option that it has.
TREES: dict[str, Data] = {
    # The host has no object of that GUID; in a document it is then found by its name.
    "filter_list": {**FILTER_LIST, "guid": None, "state": "present", **GUARD, **CONFIRM},
    "filter_action": {**FILTER_ACTION, "guid": None, "state": "present", **GUARD, **CONFIRM},
    "policy": {**POLICY, "guid": None, "state": "present", **GUARD, **CONFIRM},
    "assignment": {"name": "Front", "guid": None, "state": "assigned", **IN_FORCE, **GUARD, **CONFIRM},
    # The last three belong to states that take no host, and are not given beside this one.
    "policies": {
        **{"config": DOCUMENT, "state": "merged", **IN_FORCE, **GUARD, **CONFIRM},
        **dict.fromkeys(("running_config", "src", "dest")),
    },
    "policies_info": {"query": "filter_lists[].name"},
    "connection_security_info": {"query": "rules[].name"},
    "connection_security": {
        **{"config": RULES_DOCUMENT, "state": "merged", **GUARD},
        **dict.fromkeys(("running_config", "src", "dest")),
    },
    "connection_security_rule": {**SECURITY_RULE, "second_authentication": None, "state": "present", **GUARD},
    "sa_info": {},
    "confirm": {"folder": "build", "allow_policy_in_force": True},
    "session_check": {"sessions": SESSIONS, "fail": True},
    "flow_check": {
        "hosts": [
            {
                **{**FLOW_HOST, "connection_security": RULES_DOCUMENT, "profile": "domain", "both_engines": True},
                "stands_for": {"dns": ["10.0.0.2"], "localsubnet": ["10.0.0.0/24"]},
            }
        ],
        "networks": {"dc": ["10.0.0.2"], "lan": "10.3.0.0/16"},
        "expect": ["fe -> dc tcp/88: clear"],
        "flows": ["tcp/80"],
        "closed": ["ah"],
        "fail": True,
    },
    "deployment": {
        "flows": [DEPLOYMENT_FLOW],
        "hosts": [DEPLOYMENT_HOST],
        "groups": {"web": ["fe"]},
        "policy_name": "IPsec flows",
        "main_mode": POLICY["main_mode"],
        "article": ARTICLE,
        "allow_swap": ["other"],
        "leave_refused": False,
        "skip_unreachable": True,
        "remove_unknown_peers": False,
        "replace_policy": True,
        "only_look": False,
        "serial": ["1", "50%"],
        "fail": True,
    },
    "proof": {
        **evidence(),
        "title": "t",
        "flows": [{"from": "fe1", "to": "be1", "protocol": "tcp", "port": 80, "level": "require"}],
        "findings": [
            {
                "id": "des",
                "severity": "high",
                "host": "fe1",
                "path": "p",
                "text": "t",
                "reference": "r",
                "waiver": {"reason": "x", "until": "2030-01-31"},
            }
        ],
        "unproven": "report",
        "fail": True,
    },
    "audit": {
        "hosts": [{"name": "fe", "version": "2016", "config": DOCUMENT, "exemption_level": 3}],
        "waivers": [WAIVER],
        "fail_on": "high",
        "scope": "store",
    },
    "report": {"proof": one_of_each(proofs.realistic()), "folder": "report"},
    "firewall": {
        "peers": ["10.0.1.20"],
        "protocols": ["ike", "esp"],
        "directions": ["in", "out"],
        "profiles": ["domain"],
        "local_addresses": ["10.0.0.10"],
        "name_prefix": "winsec.ipsec",
        "state": "present",
    },
}
# What stands in these is read by people: the names of mappings whose names are free.
FREE_NAMES = ("networks", "groups", "services", "counters")


@dataclass(frozen=True, slots=True)
class Place:
    """A key in the options of a module. ``text`` tells that it is the one text or number of an option that is known."""

    module: str
    args: Data
    path: Path
    form: str
    text: bool

    @property
    def beside_key(self) -> bool:
        """Whether it stands among the options of one method of authentication or of one session."""
        names = [step for step in self.path if isinstance(step, str)]
        return any(name.endswith("authentication") for name in names[:-1]) or (
            self.module == "session_check" and "sessions" in names[:-1]
        )

    @property
    def is_key(self) -> bool:
        """Whether it is where a key belongs."""
        return self.path[-1:] in (("preshared_key",), ("password",)) and self.text

    def __str__(self) -> str:
        return f"{self.module} {'.'.join(map(str, self.path))} {self.form}"


# What replaces a value.
REPLACING: dict[str, Callable[[], Any]] = {
    "text": lambda: CANARY,
    "number": lambda: NUMBER,
    "text in quotes": lambda: f'"{CANARY}"',
    "long text": lambda: CANARY + "x" * 1200,
    "list": lambda: [CANARY],
    "list of numbers": lambda: [NUMBER],
    "list of lists": lambda: [[CANARY]],
    "mapping": lambda: {"preshared_key": CANARY},
    "mapping of a mapping": lambda: {"authentication": [{"method": "preshared_key", "preshared_key": CANARY}]},
    "list of mappings": lambda: [{"preshared_key": CANARY}],
    "name in a mapping": lambda: {CANARY: None},
    "text of YAML": lambda: f"- method: preshared_key\n  preshared_key: {CANARY}",
    "text of JSON": lambda: json.dumps({"preshared_key": CANARY}),
}
TEXTS = ("text", "number", "text in quotes", "long text", "text of YAML", "text of JSON")
LISTS = ("list", "list of numbers")
# What is added to a mapping.
ADDED: dict[str, Data] = {
    "preshared_key": {"preshared_key": CANARY},
    "password": {"password": CANARY},
    "psk": {"psk": NUMBER},
    "authentication": {"authentication": [{"method": "preshared_key", "preshared_key": CANARY}]},
    "authentication as mapping": {"authentication": {"preshared_key": CANARY}},
    "rules": {"rules": [{"authentication": [{"method": "preshared_key", "preshared_key": CANARY}]}]},
    "no blank behind the colon": {f"preshared_key:{CANARY}": None},
    "as a name": {CANARY: True},
    "misspelt": {"preshard_key": [CANARY]},
}
# What is added to a list.
APPENDED: dict[str, Any] = {
    "text": CANARY,
    "text of an option": f"preshared_key: {CANARY}",
    "mapping": {"preshared_key": CANARY},
    "method": {"method": "preshared_key", "preshared_key": CANARY},
    "list": [CANARY],
}


def places(module: str, tree: Data) -> Iterator[Place]:
    """Yield every place for a key in the options of a module."""
    for path in paths(tree):
        before = _at(tree, path)
        leaf = not isinstance(before, (dict, list))
        texts = path[:1] in (("networks",), ("groups",)) and len(path) > 1
        texts |= isinstance(before, list) and not any(isinstance(item, (dict, list)) for item in before)
        if path:
            for form, make in REPLACING.items():
                # A list of texts may be written as one text, so that is no container in a wrong place.
                if form == "name in a mapping" and path[-1] in FREE_NAMES:
                    continue
                text = (leaf and form in TEXTS) or (texts and form in (*TEXTS, *LISTS))
                yield Place(module, _with(tree, path, make()), path, form, text)
        if isinstance(before, dict):
            for form, more in ADDED.items():
                if set(more) & set(before) or (path[-1:] and path[-1] in FREE_NAMES):
                    continue
                if set(more) <= _known(module, path):
                    continue
                yield Place(module, _with(tree, path, {**before, **more}), path, f"added {form}", False)
        if isinstance(before, list):
            for form, item in APPENDED.items():
                text = texts and isinstance(item, str)
                yield Place(module, _with(tree, path, [*before, item]), path, f"appended {form}", text)


def _known(module: str, path: Path) -> set[str]:
    """Return the options below a path that may hold lists of methods, where adding one is no mistake."""
    names = [step for step in path if isinstance(step, str)]
    if names[-1:] == ["rules"] or names[-1:] == ["default_response"]:
        return {"authentication"}
    return {"rules"} if names[-1:] == ["policies"] or (module == "policy" and not names) else set()


def paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    seen = []
    for step, below in steps:
        if isinstance(tree, list) and isinstance(below, dict):
            # One element of each kind is enough.
            if set(below) in seen:
                continue
            seen.append(set(below))
        yield from paths(below, (*path, step))


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _with(tree: Data, path: Path, value: Any) -> Data:
    """Return a copy of the tree with another value at a path."""
    if not path:
        return value
    done = copy.copy(tree)
    done[path[0]] = _with(done[path[0]], path[1:], value)  # type: ignore[index]
    return done


def thinned(tree: Any, keep: Callable[[], bool]) -> Any:
    """Return a tree without some of the options below its own."""
    if isinstance(tree, dict):
        return {key: thinned(value, keep) for key, value in tree.items() if isinstance(value, str) or keep()}
    return [thinned(item, keep) for item in tree if keep()] if isinstance(tree, list) else tree


def spelled(value: Any, text: str) -> Any:
    """Return options in which ``text`` stands for the key."""
    if isinstance(value, dict):
        return {spelled(key, text): spelled(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [spelled(item, text) for item in value]
    return value.replace(CANARY, text) if isinstance(value, str) else value


def texts(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all texts."""
    if isinstance(tree, str):
        yield path
    for step, below in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from texts(below, (*path, step))


def replaced(tree: Data, path: Path, value: Any) -> Data:
    """Return a copy of the tree with another value at a path."""
    return _with(tree, path, value)
