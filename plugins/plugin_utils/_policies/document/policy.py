# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies, their rules and their key exchange settings as user data. [ledger: netsh-tunnel-one-direction]"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from ....module_utils import _argspec
from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..._common.packets import HIGHEST_U32, parse_one_address
from ..model import (
    DEFAULT_MAIN_MODE_METHODS,
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    DefaultResponse,
    Kerberos,
    MainMode,
    MainModeMethod,
    Policy,
    Rule,
    folded,
    ordered_rules,
)
from ..words import ConnectionType, DhGroup, Encryption, Integrity, effective_quick_modes
from .authentication import read_authentication, write_authentication
from .filter_action import read_methods, write_method
from .trouble import STRICT, Noted, Notes

RULE_OPTIONS = tuple(_argspec.RULE)
MAIN_MODE_METHOD_OPTIONS = tuple(_argspec.MAIN_MODE_METHOD)
MAIN_MODE_OPTIONS = tuple(_argspec.MAIN_MODE)
DEFAULT_RESPONSE_OPTIONS = tuple(_argspec.DEFAULT_RESPONSE)
POLICY_OPTIONS = tuple(_argspec.POLICY)

# The store counts seconds in 32 bits.
_MOST_MINUTES = HIGHEST_U32 // 60
_NO_TUNNEL = "none"


def _read_endpoint(fields: Fields) -> IPv4Address | IPv6Address | None:
    text = fields.text("tunnel_endpoint", _NO_TUNNEL).strip()
    if text.lower() == _NO_TUNNEL:
        return None
    expected = "the address of the far end of the tunnel, or none"
    remedy = "Give one IPv4 or IPv6 address; names are not resolved."
    found = parse_one_address(text, fields.at("tunnel_endpoint"), expected, remedy)
    if found.is_unspecified:
        raise IpsecError(fields.at("tunnel_endpoint"), text, expected, "Write none for transport mode.")
    return found


def read_rule(data: object, path: str, notes: Notes = STRICT, *, partial: bool = False) -> Rule:
    """Return the rule that ``data`` describes; transport mode, Kerberos, all connections where it says nothing.

    No method of authentication at all is what a rule that does not negotiate may have.
    """
    fields = Fields(data, path, RULE_OPTIONS)
    # Windows makes rules without a name; an empty one is the only way to speak of them, and cannot be sent.
    fields.require("name", "the name of the rule")
    if not partial:
        fields.require("filter_list", "the name of a filter list")
        fields.require("filter_action", "the name of a filter action")
    name = notes.name(fields, "name") if fields.text("name", "") else ""
    if name.lower() == "default":
        remedy = "netsh takes the word default for the default response rule: choose another name."
        notes.add(IpsecError(fields.at("name"), name, "a name other than default", remedy))
    authentication = read_authentication(fields, "authentication", notes)
    return Rule(
        name=name,
        description=fields.text("description", ""),
        filter_list=notes.name(fields, "filter_list", FILTER_LIST),
        filter_action=notes.name(fields, "filter_action", FILTER_ACTION),
        authentication=authentication if fields.given("authentication") else (Kerberos(),),
        connection_type=fields.choice("connection_type", ConnectionType, ConnectionType.ALL),
        tunnel_endpoint=_read_endpoint(fields),
        enabled=fields.flag("enabled", True),
    )


def write_rule(found: Rule) -> dict[str, object]:
    """Return the rule as user data with every option."""
    return {
        "name": found.name,
        "description": found.description,
        "filter_list": found.filter_list,
        "filter_action": found.filter_action,
        "authentication": [write_authentication(item) for item in found.authentication],
        "connection_type": found.connection_type.value,
        "tunnel_endpoint": str(found.tunnel_endpoint) if found.tunnel_endpoint else _NO_TUNNEL,
        "enabled": found.enabled,
    }


def _read_main_mode_method(data: object, path: str) -> MainModeMethod:
    fields = Fields(data, path, MAIN_MODE_METHOD_OPTIONS)
    default = MainModeMethod()
    found = MainModeMethod(
        encryption=fields.choice("encryption", Encryption, default.encryption),
        integrity=fields.choice("integrity", Integrity, default.integrity),
        dh_group=fields.choice("dh_group", DhGroup, default.dh_group),
    )
    if found.encryption is Encryption.NONE:
        raise IpsecError(fields.at("encryption"), "none", "des or 3des", "Main mode always encrypts.")
    if found.integrity is Integrity.NONE:
        raise IpsecError(fields.at("integrity"), "none", "md5 or sha1", "Main mode always has a hash.")
    return found


def _read_main_mode(data: object, path: str) -> MainMode:
    fields = Fields(data, path, MAIN_MODE_OPTIONS)
    default = MainMode()
    methods: list[MainModeMethod] = []
    for where, item in fields.items("security_methods"):
        method = _read_main_mode_method(item, where)
        if method in methods:
            raise IpsecError(where, _write_main_mode_method(method), "methods that differ", "Remove the second one.")
        methods.append(method)
    if fields.given("security_methods") and not methods:
        remedy = "Leave the option out for 3des, sha1 with groups 2048 and 1024."
        raise IpsecError(fields.at("security_methods"), [], "at least one security method", remedy)
    fresh_keys = fields.flag("perfect_forward_secrecy", default.perfect_forward_secrecy)
    # Other numbers beside it are read, since a host may have them from other tools; nobody can make them with netsh.
    quick_modes = fields.number("quick_modes", default.quick_modes, 0, HIGHEST_U32, "quick modes")
    return MainMode(
        methods=tuple(methods) or DEFAULT_MAIN_MODE_METHODS,
        lifetime_minutes=fields.number("lifetime_minutes", default.lifetime_minutes, 1, _MOST_MINUTES, "minutes"),
        quick_modes=effective_quick_modes(quick_modes, fresh_keys),
        perfect_forward_secrecy=fresh_keys,
    )


def _write_main_mode_method(found: MainModeMethod) -> dict[str, object]:
    return {
        "encryption": found.encryption.value,
        "integrity": found.integrity.value,
        "dh_group": found.dh_group.value,
    }


def _write_main_mode(found: MainMode) -> dict[str, object]:
    return {
        "security_methods": [_write_main_mode_method(method) for method in found.methods],
        "lifetime_minutes": found.lifetime_minutes,
        "quick_modes": found.quick_modes,
        "perfect_forward_secrecy": found.perfect_forward_secrecy,
    }


def _read_default_response(data: object, path: str, notes: Notes) -> DefaultResponse:
    fields = Fields(data, path, DEFAULT_RESPONSE_OPTIONS)
    default = DefaultResponse()
    methods = read_methods(fields, "security_methods")
    if fields.given("security_methods") and not methods:
        remedy = "Leave the option out for ESP with 3des and sha1, and AH with sha1."
        raise IpsecError(fields.at("security_methods"), [], "at least one security method", remedy)
    return DefaultResponse(
        enabled=fields.flag("enabled", default.enabled),
        authentication=read_authentication(fields, "authentication", notes) or default.authentication,
        methods=methods or default.methods,
        perfect_forward_secrecy=fields.flag("perfect_forward_secrecy", default.perfect_forward_secrecy),
    )


def _write_default_response(found: DefaultResponse) -> dict[str, object]:
    return {
        "enabled": found.enabled,
        "authentication": [write_authentication(item) for item in found.authentication],
        "security_methods": [write_method(method) for method in found.methods],
        "perfect_forward_secrecy": found.perfect_forward_secrecy,
    }


def read_policy(data: object, path: str, noted: Noted | None = None, *, partial: bool = False) -> Policy:
    """Return the policy that ``data`` describes.

    What netsh cannot be told is refused or noted, see :mod:`.trouble`.
    """
    fields = Fields(data, path, POLICY_OPTIONS)
    fields.require("name", "the name of the policy")
    default = Policy(name="")
    notes = Notes(fields, noted or Noted())
    interval = "polling_interval_minutes"
    found = Policy(
        name=notes.name(fields, "name"),
        description=fields.text("description", ""),
        polling_interval_minutes=fields.number(interval, default.polling_interval_minutes, 1, _MOST_MINUTES, "minutes"),
        main_mode=_read_main_mode(fields.mapping("main_mode"), fields.at("main_mode")),
        default_response=_read_default_response(
            fields.mapping("default_response"), fields.at("default_response"), notes
        ),
        rules=_read_rules(fields, notes, partial=partial),
    )
    notes.close(POLICY, found.name)
    return found


def _read_rules(fields: Fields, notes: Notes, *, partial: bool) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for where, item in fields.items("rules"):
        rule = read_rule(item, where, notes, partial=partial)
        if rule.name and any(folded(rule.name) == folded(other.name) for other in rules):
            expected = "each rule name once in a policy"
            notes.add(IpsecError(f"{where}.name", rule.name, expected, "Rename one of the rules."))
        rules.append(rule)
    return ordered_rules(rules)


def write_policy(found: Policy) -> dict[str, object]:
    """Return the policy as user data with every option."""
    return {
        "name": found.name,
        "description": found.description,
        "polling_interval_minutes": found.polling_interval_minutes,
        "main_mode": _write_main_mode(found.main_mode),
        "default_response": _write_default_response(found.default_response),
        "rules": [write_rule(rule) for rule in found.rules],
    }
