# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication methods as user data. A pre-shared key goes in and never comes out.

[ledger: netsh-one-key-a-rule]
"""

from __future__ import annotations

from enum import StrEnum

from ....module_utils import _argspec
from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..._common.secret import Secret
from ..._windows.netsh.text import LONGEST_TEXT, trouble
from ..model import Authentication, Certificate, Kerberos, PresharedKey
from ..names import authority_trouble
from .trouble import Notes

AUTHENTICATION_OPTIONS = tuple(_argspec.AUTHENTICATION)
LONGEST_KEY = 256


class Method(StrEnum):
    """The words of the option ``method``."""

    KERBEROS = "kerberos"
    PRESHARED_KEY = "preshared_key"
    CERTIFICATE = "certificate"


_BELONGS = {
    "preshared_key": Method.PRESHARED_KEY,
    "authority": Method.CERTIFICATE,
    "map_to_account": Method.CERTIFICATE,
    "exclude_authority_name": Method.CERTIFICATE,
}


def _read_one(data: object, path: str, notes: Notes) -> Authentication:
    fields = Fields(data, path, AUTHENTICATION_OPTIONS, hide=True)
    fields.require("method", f"one of {', '.join(Method)}")
    method = fields.choice("method", Method, Method.KERBEROS)
    for key, owner in _BELONGS.items():
        if fields.given(key) and owner is not method:
            raise fields.error(key, fields.mapping(key), f"method {owner.value} beside it", f"Remove {key}.")
    if method is Method.KERBEROS:
        return Kerberos()
    if method is Method.PRESHARED_KEY:
        return PresharedKey(_check_key(fields.secret("preshared_key"), fields.at("preshared_key")))
    fields.require("authority", "the name of the certification authority")
    return Certificate(
        _authority(fields, notes),
        fields.flag("map_to_account", False),
        fields.flag("exclude_authority_name", False),
    )


def _check_key(key: Secret | None, path: str) -> Secret | None:
    if key is None:
        return None
    text = key.reveal()
    found: tuple[str, str] | None = None
    if not text:
        found = ("a key", "Give the key, or leave the option out to keep the key that the rule has.")
    elif len(text) > LONGEST_KEY:
        found = (f"at most {LONGEST_KEY} characters, not {len(text)}", "Choose a shorter key.")
    elif text != text.strip() == text.rstrip("\r\n"):
        remedy = "The file or the command that it comes from adds one: encrypt the key with printf or echo -n."
        found = ("a key that does not end with a line end", remedy)
    elif text != text.strip():
        found = ("a key without blanks at its ends", "Choose another key.")
    else:
        found = trouble(text)
    if found is not None:
        raise IpsecError(path, "(hidden)", *found)
    return key


def _authority(fields: Fields, notes: Notes) -> str:
    text = fields.text("authority", "")
    found: tuple[str, str] | None
    if not text.strip() or text != text.strip():
        found = ("the name of an authority without blanks at its ends", "Correct the name.")
    elif len(text) > LONGEST_TEXT:
        found = (f"at most {LONGEST_TEXT} characters, not {len(text)}", "Correct the name.")
    else:
        found = authority_trouble(text)
    if found is not None:
        notes.add(fields.error("authority", text, *found))
    return text


def read_authentication(fields: Fields, key: str, notes: Notes) -> tuple[Authentication, ...]:
    """Return the authentication methods of a list, which are in order of preference."""
    found: list[Authentication] = []
    for where, item in fields.items(key):
        one = _read_one(item, where, notes)
        twice = any(type(one) is type(other) for other in found) and not isinstance(one, Certificate)
        if twice or one in found:
            remedy = "Remove the second one."
            raise IpsecError(where, write_authentication(one)["method"], "each method once in a rule", remedy)
        found.append(one)
    if fields.given(key) and not found:
        expected, remedy = "at least one authentication method", "Add for example method: kerberos."
        notes.add(IpsecError(fields.at(key), [], expected, remedy))
    return tuple(found)


def write_authentication(found: Authentication) -> dict[str, object]:
    """Return an authentication method as user data; a pre-shared key is left out, which means "as it is"."""
    if isinstance(found, Kerberos):
        return {"method": Method.KERBEROS.value}
    if isinstance(found, PresharedKey):
        return {"method": Method.PRESHARED_KEY.value}
    return {
        "method": Method.CERTIFICATE.value,
        "authority": found.authority,
        "map_to_account": found.map_to_account,
        "exclude_authority_name": found.exclude_authority_name,
    }
