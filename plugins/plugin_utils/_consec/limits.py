# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Windows refuses of one rule, and what a version of it has not (MS-FASP 2.2.55, documentation of netsh).

[ledger: cs-refusals, cs-key-excludes-second]
"""

from __future__ import annotations

from collections.abc import Iterator

from .._common.address_sets import read_interval
from .._common.errors import IpsecError
from .._windows.netsh.text import check_text
from .definitions import Definition, MainMode, Proofs, RuleDefinition
from .kinds import Kind
from .options import ACTION_WORDS
from .proofs import untold
from .schema import Schema
from .suites import NO_ENCAPSULATION
from .words import CLEAR_OUT, EXEMPT, KEY, REQUIRE

_TCP_AND_UDP = ("6", "17")
_SEVEN, _EIGHT = (2, 10), (2, 20)
_WINDOWS = {_SEVEN: "Windows Server 2008 R2", _EIGHT: "Windows Server 2012"}
_TUNNEL_ACTIONS = (REQUIRE, CLEAR_OUT, EXEMPT)
_TUNNEL_ENDS = ("local_tunnel_endpoint", "remote_tunnel_endpoint")
_TUNNEL_FLAGS = ("exempt_protected_connections", "apply_authorization")


def check_definition(definition: Definition, path: str) -> None:
    """Refuse a rule that no Windows takes, whatever its version. ``path`` is that of the rule, empty for options."""
    if definition.first_authentication is not None:
        _check_key(definition.first_authentication, _at(path, Kind.FIRST.value))
    if isinstance(definition, RuleDefinition):
        _check_action(definition, path)
        _check_ports(definition, path)
        _check_mode(definition, path)
        _check_sets(definition, path)


def _at(path: str, option: str) -> str:
    return f"{path}.{option}" if path else option


def _check_key(proofs: Proofs, path: str) -> None:
    for index, each in enumerate(proofs):
        if each.method == KEY and each.key is None:
            where = f"{path}[{index}].preshared_key"
            raise IpsecError(where, None, "a key, since the host has none for this rule", "Add preshared_key.")


def _check_action(rule: RuleDefinition, path: str) -> None:
    if not rule.action:
        expected = f"one of {', '.join(ACTION_WORDS)}"
        raise IpsecError(_at(path, "action"), None, expected, "A new rule needs an action: add it.")
    if rule.action == CLEAR_OUT and rule.mode != "tunnel":
        expected = f"mode tunnel beside {CLEAR_OUT}"
        raise IpsecError(_at(path, "mode"), rule.mode, expected, "Choose another action, or mode: tunnel.")


def _check_ports(rule: RuleDefinition, path: str) -> None:
    for option in ("port1", "port2"):
        ports = getattr(rule, option)
        if ports and rule.protocol not in _TCP_AND_UDP:
            expected = "no ports beside another protocol than tcp and udp"
            raise IpsecError(_at(path, option), ", ".join(ports), expected, "Set protocol, or leave the ports out.")
        several = next((each for each in ports if "-" in each), None)
        if several is not None and rule.action != EXEMPT:
            expected = f"single ports, since ranges go with {EXEMPT} only"
            raise IpsecError(_at(path, option), several, expected, "List the ports one by one.")
    if rule.endpoint1 and rule.interface_types:
        expected = "any, since endpoint1 has addresses"
        value = ", ".join(rule.interface_types)
        raise IpsecError(_at(path, "interface_types"), value, expected, "Leave one of the two out.")


def _check_mode(rule: RuleDefinition, path: str) -> None:
    ends = {option: getattr(rule, option) for option in _TUNNEL_ENDS}
    if rule.mode != "tunnel":
        for option in (*_TUNNEL_ENDS, *_TUNNEL_FLAGS):
            if value := getattr(rule, option):
                shown = value if isinstance(value, bool) else ", ".join(value)
                raise IpsecError(
                    _at(path, option), shown, "mode tunnel beside it", "Set mode: tunnel, or leave it out."
                )
        return
    if rule.action not in _TUNNEL_ACTIONS:
        expected = f"one of {', '.join(_TUNNEL_ACTIONS)} for a tunnel"
        raise IpsecError(_at(path, "action"), rule.action, expected, "Choose one of these words.")
    if rule.protocol != "any":
        raise IpsecError(_at(path, "protocol"), rule.protocol, "any for a tunnel", "Leave protocol and ports out.")
    static = all(ends.values())
    if static:
        families = {found.version for each in ends.values() if (found := read_interval(each[0])) is not None}
        if len(families) > 1:
            value = ends["remote_tunnel_endpoint"][0]
            expected = "an address of the family of local_tunnel_endpoint"
            raise IpsecError(_at(path, "remote_tunnel_endpoint"), value, expected, "Give both ends in one family.")
        for option in ("endpoint1", "endpoint2"):
            if not getattr(rule, option):
                expected = "addresses, since both ends of the tunnel are fixed"
                raise IpsecError(_at(path, option), "any", expected, "Name the addresses behind the tunnel.")


def _check_sets(rule: RuleDefinition, path: str) -> None:
    if rule.action == EXEMPT:
        for option in (Kind.FIRST, Kind.SECOND, Kind.QUICK_MODE):
            if getattr(rule, option.value) is not None:
                expected = f"nothing beside {EXEMPT}, which protects nothing"
                raise IpsecError(_at(path, option.value), "given", expected, f"Leave {option.value} out.")
        return
    methods = [each.method for each in rule.first_authentication or ()]
    if KEY in methods and rule.second_authentication:
        expected = (
            "no second authentication beside a pre-shared key: Windows stores such a rule and does not enforce it"
        )
        raise IpsecError(_at(path, Kind.SECOND.value), "given", expected, "Leave second_authentication out.")
    for index, suite in enumerate(rule.quick_mode.suites if rule.quick_mode is not None else ()):
        if suite.protocol != NO_ENCAPSULATION:
            continue
        where = f"{_at(path, Kind.QUICK_MODE.value)}.suites[{index}].protocol"
        if rule.mode == "tunnel":
            raise IpsecError(where, NO_ENCAPSULATION, "ah, esp or ah+esp in a tunnel", "Choose another protocol.")
        if KEY in methods:
            expected = "ah, esp or ah+esp beside a pre-shared key"
            raise IpsecError(where, NO_ENCAPSULATION, expected, "Choose another protocol, or certificates.")


def refuse_untold(definition: Definition, path: str) -> None:
    """Refuse what netsh has no known words for, in a rule that it must be told anew."""
    check_text(definition.description, _at(path, "description"))
    for option in (Kind.FIRST.value, Kind.SECOND.value):
        found = untold(getattr(definition, option, None) or ())
        if found is not None:
            name, why = found
            expected = f"methods without it: {why}"
            raise IpsecError(
                f"{_at(path, option)}{name}", "given", expected, "Leave it out, or make such a rule with PowerShell."
            )


def check_version(definition: Definition, path: str, schema: Schema) -> None:
    """Refuse what a version of Windows has not."""
    for needed, option, value in _newer(definition):
        if schema < needed:
            expected = f"something that this version of Windows has; it is there from {_WINDOWS[needed]} on"
            raise IpsecError(_at(path, option), value, expected, "Leave it out, or upgrade the host.")


def _newer(definition: Definition) -> Iterator[tuple[Schema, str, object]]:
    """Yield the first schema that has something, its option and its value."""
    for option in (Kind.FIRST.value, Kind.SECOND.value):
        for index, each in enumerate(getattr(definition, option, None) or ()):
            if each.intermediate:
                yield _SEVEN, f"{option}[{index}].intermediate", True
    if not isinstance(definition, RuleDefinition):
        yield _SEVEN, "name", definition.name
        if definition.main_mode is not None:
            yield from newer_main_mode(definition.main_mode, "main_mode")
        return
    if definition.action == CLEAR_OUT:
        yield _SEVEN, "action", definition.action
    if definition.mode == "tunnel":
        for option in _TUNNEL_ENDS:
            if not getattr(definition, option):
                yield _SEVEN, option, "any"
        for option in _TUNNEL_FLAGS:
            if getattr(definition, option):
                yield _SEVEN, option, True
    for option in ("port1", "port2"):
        for each in getattr(definition, option):
            if "-" in each:
                yield _SEVEN, option, each
    quick = definition.quick_mode
    if quick is not None and quick.perfect_forward_secrecy == "dhgroup24":
        yield _EIGHT, "quick_mode.perfect_forward_secrecy", "dhgroup24"
    for index, suite in enumerate(quick.suites if quick is not None else ()):
        if suite.protocol == NO_ENCAPSULATION:
            yield _SEVEN, f"quick_mode.suites[{index}].protocol", NO_ENCAPSULATION


def newer_main_mode(found: MainMode, path: str) -> Iterator[tuple[Schema, str, object]]:
    """Yield the first schema that has something of a main mode, its option and its value."""
    for index, suite in enumerate(found.suites):
        if suite.key_exchange == "dhgroup24":
            yield _EIGHT, f"{path}.suites[{index}].key_exchange", "dhgroup24"
