# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command language of ``netsh ipsec static``: operations as lines, in clear for the host and redacted for people.

Every parameter that has a value in the model is written out, with its full tag: defaults differ between versions
and are not documented. Grammar and units: the netsh ipsec help.

[ledger: netsh-keywords-in-every-language, netsh-full-tags, netsh-send-every-parameter, netsh-ipv6-prefix]
[ledger: netsh-range-form, netsh-port-zero-is-any, netsh-protocol-words, netsh-mirrored, netsh-qm-methods-grammar]
[ledger: netsh-mm-methods-grammar, netsh-mm-lifetime-minutes, netsh-polling-minutes, netsh-authentication-order]
"""

from __future__ import annotations

from functools import singledispatch

from .._common.errors import IpsecError
from .._common.packets import Address, AddressRange, Place, ServerRole, format_protocol
from .._common.secret import Secret
from .._windows.lines import check_netsh_value
from .._windows.netsh.line import LONGEST_LINE, Line, Parameter, quoted
from .._windows.netsh.text import check_text
from .model import (
    FILTER_ACTION,
    FILTER_LIST,
    POLICY,
    Authentication,
    Certificate,
    DefaultResponse,
    Filter,
    FilterAction,
    Kerberos,
    MainMode,
    MainModeMethod,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
)
from .names import authority_trouble, checked_guid, sent_name_trouble, sent_rule_trouble
from .planning import operations as op
from .words import QUICK_MODES_WITH_PFS, ActionKind, DhGroup, Encryption, Integrity

_ENCRYPTION = {Encryption.NONE: "None", Encryption.DES: "DES", Encryption.TRIPLE_DES: "3DES"}
_INTEGRITY = {Integrity.NONE: "None", Integrity.MD5: "MD5", Integrity.SHA1: "SHA1"}
_DH_GROUP = {DhGroup.LOW: "1", DhGroup.MEDIUM: "2", DhGroup.HIGH: "3"}


def render(operation: op.Operation) -> Line:
    """Return the line that carries out an operation.

    Raises :class:`IpsecError` with the path of the object when something in it cannot be sent.
    """
    words, parameters = _line(operation)
    line = Line(f"ipsec static {words}", tuple(parameters))
    if len(line.clear()) > LONGEST_LINE:
        kind, name = operation.key
        expected = f"a command of at most {LONGEST_LINE} characters"
        remedy = "Shorten descriptions, or give the rule fewer authorities."
        raise IpsecError(f"{kind} {name!r}", f"{len(line.clear())} characters", expected, remedy)
    return line


def _name(name: str, path: str) -> str:
    found = sent_name_trouble(name)
    if found is not None:
        raise IpsecError(path, name, *found)
    return quoted(name)


def _rule_name(name: str, path: str) -> str:
    found = sent_rule_trouble(name)
    if found is not None:
        raise IpsecError(path, name, *found)
    return quoted(name)


def _named(name: str, identity: str, path: str) -> Parameter:
    """Return what finds an object: its GUID, where one is given, as netsh takes it for ``set``.

    [ledger: netsh-guid-form, netsh-set-by-guid, netsh-assign-by-guid]
    """
    return ("guid", checked_guid(identity)) if identity else ("name", _name(name, path))


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _description(text: str, path: str) -> Parameter:
    return "description", quoted(check_text(text, f"{path}.description"))


@singledispatch
def _line(operation: object) -> tuple[str, list[Parameter]]:
    raise TypeError(f"not an operation: {type(operation).__name__}")


@_line.register
def _line_create_filter_list(operation: op.CreateFilterList) -> tuple[str, list[Parameter]]:
    path = f"filter_lists[{operation.name!r}]"
    return "add filterlist", [("name", _name(operation.name, path)), _description(operation.description, path)]


@_line.register
def _line_describe_filter_list(operation: op.DescribeFilterList) -> tuple[str, list[Parameter]]:
    path = f"filter_lists[{operation.name!r}]"
    return "set filterlist", [("name", _name(operation.name, path)), _description(operation.description, path)]


@_line.register
def _line_delete_filter_list(operation: op.DeleteFilterList) -> tuple[str, list[Parameter]]:
    return "delete filterlist", [("name", _name(operation.name, "filter_lists"))]


def _address(tag: str, address: Address) -> tuple[Parameter, Parameter | None]:
    if isinstance(address, (Place, ServerRole)):
        return (f"{tag}addr", address.value), None
    if isinstance(address, AddressRange):
        return (f"{tag}addr", f"{address.first}-{address.last}"), None
    mask = str(address.netmask) if address.version == 4 else str(address.prefixlen)
    return (f"{tag}addr", str(address.network_address)), (f"{tag}mask", mask)


def _selector(found: Filter) -> list[Parameter]:
    source, source_mask = _address("src", found.source)
    destination, destination_mask = _address("dst", found.destination)
    protocol = format_protocol(found.protocol)
    parameters: list[Parameter] = [source, destination]
    parameters += [("protocol", protocol.upper()), ("mirrored", _yes(found.mirrored))]
    parameters += [mask for mask in (source_mask, destination_mask) if mask is not None]
    return [*parameters, ("srcport", str(found.source_port)), ("dstport", str(found.destination_port))]


@_line.register
def _line_add_filter(operation: op.AddFilter) -> tuple[str, list[Parameter]]:
    path = f"filter_lists[{operation.filter_list!r}]"
    description = _description(operation.filter.description, f"{path}.filters[]")
    return "add filter", [
        ("filterlist", _name(operation.filter_list, path)),
        *_selector(operation.filter),
        description,
    ]


@_line.register
def _line_delete_filter(operation: op.DeleteFilter) -> tuple[str, list[Parameter]]:
    path = f"filter_lists[{operation.filter_list!r}]"
    return "delete filter", [("filterlist", _name(operation.filter_list, path)), *_selector(operation.filter)]


def _quick_mode_method(method: QuickModeMethod) -> str:
    offers = []
    if method.ah_integrity is not None:
        offers.append(f"AH[{_INTEGRITY[method.ah_integrity]}]")
    if method.esp_encryption is not None and method.esp_integrity is not None:
        offers.append(f"ESP[{_ENCRYPTION[method.esp_encryption]},{_INTEGRITY[method.esp_integrity]}]")
    limits = [f"{method.lifetime_kilobytes}k"] if method.lifetime_kilobytes else []
    limits += [f"{method.lifetime_seconds}s"] if method.lifetime_seconds else []
    return "+".join(offers) + (f":{'/'.join(limits)}" if limits else "")


def _quick_mode(methods: tuple[QuickModeMethod, ...]) -> Parameter:
    return "qmsecmethods", quoted(" ".join(map(_quick_mode_method, methods)))


def _filter_action(found: FilterAction, *, described: bool = True) -> list[Parameter]:
    path = f"filter_actions[{found.name!r}]"
    parameters: list[Parameter] = [("name", _name(found.name, path))]
    if described:
        parameters.append(_description(found.description, path))
    if found.action is not ActionKind.NEGOTIATE:
        return [*parameters, ("action", found.action.value)]
    return [
        *parameters,
        ("qmpfs", _yes(found.perfect_forward_secrecy)),
        ("inpass", _yes(found.accept_unsecured)),
        ("soft", _yes(found.fallback_to_clear)),
        ("action", found.action.value),
        _quick_mode(found.methods),
    ]


@_line.register
def _line_create_filter_action(operation: op.CreateFilterAction) -> tuple[str, list[Parameter]]:
    return "add filteraction", _filter_action(operation.action)


@_line.register
def _line_change_filter_action(operation: op.ChangeFilterAction) -> tuple[str, list[Parameter]]:
    return "set filteraction", _filter_action(operation.action, described=operation.described)


@_line.register
def _line_delete_filter_action(operation: op.DeleteFilterAction) -> tuple[str, list[Parameter]]:
    return "delete filteraction", [("name", _name(operation.name, "filter_actions"))]


def _main_mode_method(method: MainModeMethod) -> str:
    return f"{_ENCRYPTION[method.encryption]}-{_INTEGRITY[method.integrity]}-{_DH_GROUP[method.dh_group]}"


def _quick_modes(found: MainMode, path: str) -> str:
    """Return the limit of quick modes; refuse one beside mmpfs=yes, with which netsh sets 1 (help of add policy).

    [ledger: netsh-mmpfs-sets-limit]
    """
    if found.perfect_forward_secrecy and found.quick_modes != QUICK_MODES_WITH_PFS:
        expected = f"{QUICK_MODES_WITH_PFS} beside perfect_forward_secrecy, since netsh sets that"
        remedy = f"Say quick_modes: {QUICK_MODES_WITH_PFS}, or perfect_forward_secrecy: false."
        raise IpsecError(f"{path}.quick_modes", found.quick_modes, expected, remedy)
    return str(found.quick_modes)


def _policy(found: Policy, *, described: bool = True) -> list[Parameter]:
    path = f"policies[{found.name!r}]"
    main_mode = found.main_mode
    return [
        ("name", _name(found.name, path)),
        *([_description(found.description, path)] if described else []),
        ("mmpfs", _yes(main_mode.perfect_forward_secrecy)),
        ("qmpermm", _quick_modes(main_mode, f"{path}.main_mode")),
        ("mmlifetime", str(main_mode.lifetime_minutes)),
        ("activatedefaultrule", _yes(found.default_response.enabled)),
        ("pollinginterval", str(found.polling_interval_minutes)),
        ("mmsecmethods", quoted(" ".join(map(_main_mode_method, main_mode.methods)))),
    ]


@_line.register
def _line_create_policy(operation: op.CreatePolicy) -> tuple[str, list[Parameter]]:
    return "add policy", [*_policy(operation.policy), ("assign", "no")]


@_line.register
def _line_change_policy(operation: op.ChangePolicy) -> tuple[str, list[Parameter]]:
    return "set policy", _policy(operation.policy, described=operation.described)


@_line.register
def _line_delete_policy(operation: op.DeletePolicy) -> tuple[str, list[Parameter]]:
    return "delete policy", [("name", _name(operation.name, "policies"))]


def _authentication(found: tuple[Authentication, ...], path: str) -> list[Parameter]:
    """Return the methods in their order, which is the order of preference."""
    parameters: list[Parameter] = []
    for item in found:
        if isinstance(item, Kerberos):
            parameters.append(("kerberos", "yes"))
        elif isinstance(item, PresharedKey):
            if item.key is None:
                remedy = "Give the key: the host has none here that could be kept."
                raise IpsecError(f"{path}.authentication", "(no key)", "a pre-shared key", remedy)
            _check_key(item.key, f"{path}.authentication")
            parameters.append(("psk", item.key))
        elif isinstance(item, Certificate):
            if (wrong := authority_trouble(item.authority)) is not None:
                raise IpsecError(f"{path}.authentication", item.authority, *wrong)
            escaped = item.authority.replace('"', "\\'")
            # Hosts before Vista store neither flag, so the words are sent only where they say yes.
            # [ledger: netsh-rootca-text, netsh-certificate-words-2003]
            words = " certmap:yes" if item.map_to_account else ""
            words += " excludecaname:yes" if item.exclude_authority_name else ""
            parameters.append(("rootca", quoted(escaped + words)))
    return parameters


def _check_key(key: Secret, path: str) -> None:
    """Refuse a key that netsh cannot be told: one that is kept was made by other tools, which take any text."""
    try:
        check_netsh_value("psk", quoted(key.reveal()), hide=True)
    except IpsecError:
        expected = "a key of printable ASCII without a double quote, @@ or a backslash at its end"
        raise IpsecError(path, "(hidden)", expected, "Give the rule another pre-shared key at both ends.") from None


def _default_response(policy: str, found: DefaultResponse) -> list[Parameter]:
    path = f"policies[{policy!r}]"
    return [
        ("policy", _name(policy, path)),
        ("qmpfs", _yes(found.perfect_forward_secrecy)),
        ("activate", _yes(found.enabled)),
        _quick_mode(found.methods),
        *_authentication(found.authentication, f"{path}.default_response"),
    ]


@_line.register
def _line_change_default_response(operation: op.ChangeDefaultResponse) -> tuple[str, list[Parameter]]:
    return "set defaultrule", _default_response(operation.policy, operation.response)


def _rule(policy: str, found: Rule, *, described: bool = True) -> list[Parameter]:
    path = f"policies[{policy!r}].rules[{found.name!r}]"
    tunnel: list[Parameter] = [("tunnel", str(found.tunnel_endpoint))] if found.tunnel_endpoint else []
    return [
        ("name", _rule_name(found.name, path)),
        ("policy", _name(policy, f"policies[{policy!r}]")),
        ("filterlist", _name(found.filter_list, f"{path}.filter_list")),
        ("filteraction", _name(found.filter_action, f"{path}.filter_action")),
        *tunnel,
        ("conntype", found.connection_type.value),
        ("activate", _yes(found.enabled)),
        *([_description(found.description, path)] if described else []),
        *_authentication(found.authentication, path),
    ]


@_line.register
def _line_add_rule(operation: op.AddRule) -> tuple[str, list[Parameter]]:
    return "add rule", _rule(operation.policy, operation.rule)


@_line.register
def _line_change_rule(operation: op.ChangeRule) -> tuple[str, list[Parameter]]:
    return "set rule", _rule(operation.policy, operation.rule, described=operation.described)


@_line.register
def _line_delete_rule(operation: op.DeleteRule) -> tuple[str, list[Parameter]]:
    return "delete rule", [
        ("name", _rule_name(operation.name, f"policies[{operation.policy!r}].rules")),
        ("policy", _name(operation.policy, "policies")),
    ]


_SET = {FILTER_LIST: "set filterlist", FILTER_ACTION: "set filteraction", POLICY: "set policy"}


@_line.register
def _line_rename(operation: op.Rename) -> tuple[str, list[Parameter]]:
    found = _named(operation.name, operation.identity, operation.kind)
    return _SET[operation.kind], [found, ("newname", _name(operation.new_name, operation.kind))]


@_line.register
def _line_assign(operation: op.Assign) -> tuple[str, list[Parameter]]:
    return "set policy", [_named(operation.policy, operation.identity, "assigned"), ("assign", "yes")]


@_line.register
def _line_unassign(operation: op.Unassign) -> tuple[str, list[Parameter]]:
    return "set policy", [_named(operation.policy, operation.identity, "assigned"), ("assign", "no")]
