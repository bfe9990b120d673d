# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quick-mode security methods and filter actions as user data."""

from __future__ import annotations

from ....module_utils import _argspec
from ..._common.errors import IpsecError, hidden
from ..._common.fields import Fields
from ..._common.packets import HIGHEST_U32
from ..model import FILTER_ACTION, FilterAction, QuickModeMethod
from ..words import ActionKind, Encryption, Integrity
from .trouble import Noted, Notes

METHOD_OPTIONS = tuple(_argspec.METHOD)
NEGOTIATE_OPTIONS = ("security_methods", "accept_unsecured", "fallback_to_clear", "perfect_forward_secrecy")
FILTER_ACTION_OPTIONS = tuple(_argspec.FILTER_ACTION)


def read_method(data: object, path: str) -> QuickModeMethod:
    """Return the quick-mode method that ``data`` describes: AH, ESP or both."""
    fields = Fields(data, path, METHOD_OPTIONS)
    default = QuickModeMethod()
    ah = fields.choice("ah_integrity", Integrity, Integrity.NONE) if fields.given("ah_integrity") else None
    encryption = (
        fields.choice("esp_encryption", Encryption, Encryption.NONE) if fields.given("esp_encryption") else None
    )
    integrity = fields.choice("esp_integrity", Integrity, Integrity.NONE) if fields.given("esp_integrity") else None
    if ah is Integrity.NONE:
        raise IpsecError(fields.at("ah_integrity"), "none", "md5 or sha1", "Leave the option out for no AH.")
    if encryption is None and integrity is None and ah is None:
        expected = "ah_integrity, or esp_encryption with esp_integrity, or all three"
        raise IpsecError(path, {}, expected, "Name the protection that the method offers.")
    if (encryption is None) != (integrity is None):
        key, other = ("esp_integrity", "esp_encryption") if integrity is None else ("esp_encryption", "esp_integrity")
        raise IpsecError(fields.at(key), None, f"a word beside {other}", f"Add {key}; none is one of its words.")
    if encryption is Encryption.NONE and integrity is Integrity.NONE:
        expected = "md5 or sha1 when esp_encryption is none"
        raise IpsecError(fields.at("esp_integrity"), "none", expected, "ESP without either protects nothing.")
    return QuickModeMethod(
        ah_integrity=ah,
        esp_encryption=encryption,
        esp_integrity=integrity,
        lifetime_kilobytes=fields.number("lifetime_kilobytes", default.lifetime_kilobytes, 0, HIGHEST_U32, "kilobytes"),
        lifetime_seconds=fields.number("lifetime_seconds", default.lifetime_seconds, 0, HIGHEST_U32, "seconds"),
    )


def write_method(found: QuickModeMethod) -> dict[str, object]:
    """Return the quick-mode method as user data, without the protocols that it does not offer."""
    data: dict[str, object] = {}
    if found.ah_integrity is not None:
        data["ah_integrity"] = found.ah_integrity.value
    if found.esp_encryption is not None and found.esp_integrity is not None:
        data["esp_encryption"] = found.esp_encryption.value
        data["esp_integrity"] = found.esp_integrity.value
    data["lifetime_kilobytes"] = found.lifetime_kilobytes
    data["lifetime_seconds"] = found.lifetime_seconds
    return data


def read_methods(fields: Fields, key: str) -> tuple[QuickModeMethod, ...]:
    """Return the quick-mode methods of a list, which are in order of preference."""
    found: list[QuickModeMethod] = []
    for where, item in fields.items(key):
        method = read_method(item, where)
        if method in found:
            raise IpsecError(where, write_method(method), "methods that differ", "Remove the second one.")
        found.append(method)
    return tuple(found)


def read_filter_action(data: object, path: str, noted: Noted | None = None, *, partial: bool = False) -> FilterAction:
    """Return the filter action that ``data`` describes.

    With ``partial`` the options may be only some of those that make a whole filter action. What netsh cannot be told
    is refused or noted, see :mod:`.trouble`.
    """
    fields = Fields(data, path, FILTER_ACTION_OPTIONS)
    fields.require("name", "the name of the filter action")
    notes = Notes(fields, noted or Noted())
    if not partial:
        fields.require("action", f"one of {', '.join(ActionKind)}")
    action = fields.choice("action", ActionKind, ActionKind.NEGOTIATE)
    found = FilterAction(
        name=notes.name(fields, "name"),
        description=fields.text("description", ""),
        action=action,
        methods=read_methods(fields, "security_methods"),
        accept_unsecured=fields.flag("accept_unsecured", False),
        fallback_to_clear=fields.flag("fallback_to_clear", False),
        perfect_forward_secrecy=fields.flag("perfect_forward_secrecy", False),
    )
    if action is not ActionKind.NEGOTIATE:
        _refuse_beside(fields, action)
    elif not found.methods and not partial:
        expected = "at least one security method with action negotiate"
        raise IpsecError(fields.at("security_methods"), [], expected, "Add what the action offers to a peer.")
    notes.close(FILTER_ACTION, found.name)
    return found


def _refuse_beside(fields: Fields, action: ActionKind) -> None:
    for key in ("accept_unsecured", "fallback_to_clear", "perfect_forward_secrecy"):
        if fields.flag(key, False):
            expected = f"false with action {action.value}"
            raise IpsecError(fields.at(key), True, expected, "Only negotiate has this setting.")
    for where, item in fields.items("security_methods"):
        expected = f"no security methods with action {action.value}"
        raise IpsecError(where, hidden(item), expected, "Only negotiate has them.")


def write_filter_action(found: FilterAction) -> dict[str, object]:
    """Return the filter action as user data with every option."""
    return {
        "name": found.name,
        "description": found.description,
        "action": found.action.value,
        "security_methods": [write_method(method) for method in found.methods],
        "accept_unsecured": found.accept_unsecured,
        "fallback_to_clear": found.fallback_to_clear,
        "perfect_forward_secrecy": found.perfect_forward_secrecy,
    }
