# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How two ends prove who they are: as options, as data, as netsh is told; what goes together is in MS-FASP 2.2.65.

[ledger: cs-certificate-words]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from .._common.errors import IpsecError
from .._common.fields import Fields
from .._common.secret import Secret
from .._windows.netsh.line import Parameter, quoted
from .._windows.netsh.text import LONGEST_TEXT, trouble
from .definitions import Proofs
from .kinds import Kind
from .model import AuthenticationSuite, Criteria
from .values import read_word
from .words import CERTIFICATES, CRITERIA, FIRST_METHODS, KERBEROS, KEY, NAME_TYPES, SECOND_METHODS, SIGNATURES

_CERTIFICATE_OPTIONS = (
    *("authority", "intermediate", "signature", "certificate_mapping", "exclude_ca_name", "health", "criteria"),
)
OPTIONS = ("method", *_CERTIFICATE_OPTIONS, "proxy", "preshared_key")
_CRITERIA_OPTIONS = ("type", "name_type", "name", "ekus", "thumbprint", "follow_renewal")
METHODS = {Kind.FIRST: tuple(FIRST_METHODS.values()), Kind.SECOND: tuple(SECOND_METHODS.values())}
_SIGNATURES = ("rsa", *SIGNATURES.values())
_TAG = {Kind.FIRST: "auth1", Kind.SECOND: "auth2"}
_NTLM, _ANONYMOUS = "computerntlm", "anonymous"
_LONGEST_KEY = 255


def read_proofs(data: Sequence[tuple[str, object]], kind: Kind, path: str) -> Proofs:
    """Return methods in order of preference, from a list with its paths. ``path`` is that of the list."""
    found: list[AuthenticationSuite] = []
    for where, item in data:
        one = _read_one(item, where, kind)
        if any(_same_method(one, other) for other in found):
            raise IpsecError(where, one.method, "each method once, and each authority once", "Remove the second one.")
        found.append(one)
    _check_together(found, kind, path)
    return tuple(found)


def _same_method(one: AuthenticationSuite, other: AuthenticationSuite) -> bool:
    return one.method == other.method and (one.method not in CERTIFICATES or one == other)


def _read_one(data: object, path: str, kind: Kind) -> AuthenticationSuite:
    fields = Fields(data, path, OPTIONS, hide=True)
    fields.require("method", f"one of {', '.join(METHODS[kind])}")
    method = read_word(fields, "method", METHODS[kind])
    owners = {**dict.fromkeys(_CERTIFICATE_OPTIONS, CERTIFICATES), "proxy": KERBEROS, "preshared_key": (KEY,)}
    for key, methods in owners.items():
        if fields.given(key) and method not in methods:
            expected = f"a method beside it that is one of {', '.join(methods)}"
            raise fields.error(key, fields.mapping(key), expected, f"Remove {key}.")
    if method == KEY:
        return AuthenticationSuite(method=method, key=_key(fields))
    if method in KERBEROS:
        return AuthenticationSuite(method=method, proxy=fields.text("proxy", ""))
    if method not in CERTIFICATES:
        return AuthenticationSuite(method=method)
    fields.require("authority", "the name of the certification authority, as its certificate has it")
    return AuthenticationSuite(
        method=method,
        authority=_authority(fields),
        intermediate=fields.flag("intermediate", False),
        signature=read_word(fields, "signature", _SIGNATURES) if fields.given("signature") else "rsa",
        certificate_mapping=fields.flag("certificate_mapping", False),
        exclude_ca_name=fields.flag("exclude_ca_name", False),
        health=fields.flag("health", False),
        criteria=_criteria(fields) if fields.given("criteria") else None,
    )


def _authority(fields: Fields) -> str:
    text = fields.text("authority", "")
    # netsh has a way to write this one character.
    found = trouble(text.replace('"', "'"))
    if not text.strip() or text != text.strip():
        found = ("the name of an authority without blanks at its ends", "Correct the name.")
    elif len(text) > LONGEST_TEXT:
        found = (f"at most {LONGEST_TEXT} characters, not {len(text)}", "Correct the name.")
    if found is not None:
        raise fields.error("authority", text, *found)
    return text


def _key(fields: Fields) -> Secret | None:
    key = fields.secret("preshared_key")
    if key is None:
        return None
    text = key.reveal()
    found = trouble(text)
    if not text:
        found = ("a key", "Give the key, or leave the option out to keep the key that the rule has.")
    elif len(text) > _LONGEST_KEY:
        found = (f"at most {_LONGEST_KEY} characters, not {len(text)}", "Choose a shorter key.")
    elif text != text.strip():
        found = ("a key without blanks or line ends around it", "Encrypt the key with printf or echo -n.")
    if found is not None:
        raise IpsecError(fields.at("preshared_key"), "(hidden)", *found)
    return key


def _criteria(outer: Fields) -> Criteria:
    fields = Fields(outer.mapping("criteria"), outer.at("criteria"), _CRITERIA_OPTIONS)
    fields.require("type", f"one of {', '.join(CRITERIA)}")
    return Criteria(
        type=read_word(fields, "type", CRITERIA),
        name_type=read_word(fields, "name_type", NAME_TYPES) if fields.given("name_type") else None,
        name=fields.text("name", "") if fields.given("name") else None,
        ekus=tuple(fields.texts("ekus")),
        thumbprint=fields.text("thumbprint", "") if fields.given("thumbprint") else None,
        follow_renewal=fields.flag("follow_renewal", False),
    )


def _check_together(found: Sequence[AuthenticationSuite], kind: Kind, path: str) -> None:
    """Refuse methods that Windows takes one by one and not together."""
    methods = [each.method for each in found]
    wrong: tuple[object, str, str] | None = None
    if KEY in methods and _NTLM in methods:
        wrong = (_NTLM, f"no {_NTLM} beside {KEY}", "Leave one of the two out.")
    elif kind is Kind.SECOND and methods == [_ANONYMOUS]:
        wrong = (_ANONYMOUS, "another method beside anonymous", "Add one, or leave the second authentication out.")
    elif kind is Kind.SECOND:
        health = [each for each in found if each.method == "computercert"]
        if any(not each.health for each in health):
            wrong = ("computercert", "a health certificate as computercert", "Set health, or choose usercert.")
        elif health and set(methods) - {"computercert", _ANONYMOUS}:
            wrong = ("computercert", "computercert beside anonymous only", "Remove the other methods.")
        elif any(each.exclude_ca_name for each in found):
            wrong = (True, "exclude_ca_name in the first authentication only", "Remove exclude_ca_name.")
    if wrong is None:
        wrong = _certificates(found)
    if wrong is not None:
        raise IpsecError(path, *wrong)


def _certificates(found: Sequence[AuthenticationSuite]) -> tuple[object, str, str] | None:
    runs = [(key, list(group)) for key, group in groupby(found, lambda each: (each.method, each.signature))]
    names = [key for key, _group in runs if key[0] in CERTIFICATES]
    twice = next((key for key in names if names.count(key) > 1), None)
    if twice is not None:
        return twice[0], "certificates of one signature side by side", "Put them one behind the other."
    for (method, _signature), group in runs:
        if len({(each.health, each.intermediate) for each in group}) > 1:
            expected = "certificates of one signature that agree in health and intermediate"
            return method, expected, "Choose one of both for all of them."
    return None


def write_proofs(found: Proofs) -> list[dict[str, object]]:
    """Return methods as data, without what says nothing; a key is left out, which means "as it is"."""
    return [_write_one(each) for each in found]


def _write_one(item: AuthenticationSuite) -> dict[str, object]:
    data: dict[str, object] = {"method": item.method}
    for name in ("authority", *_CERTIFICATE_OPTIONS[1:-1], "proxy"):
        value = getattr(item, name)
        if value not in (None, False, "", "rsa"):
            data[name] = value
    if item.criteria is not None:
        data["criteria"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name in _CRITERIA_OPTIONS
            if (value := getattr(item.criteria, name)) not in (None, False, ())
        }
    return data


def with_keys(found: Proofs | None, had: Proofs | None) -> Proofs | None:
    """Return methods with the key that was there where none is given."""
    key = next((each.key for each in had or () if each.method == KEY), None)
    if found is None or key is None:
        return found
    return tuple(replace(each, key=key) if each.method == KEY and each.key is None else each for each in found)


def untold(found: Proofs) -> tuple[str, str] | None:
    """Return the option of methods that netsh has no known words for, and why; None where it can be told all."""
    for index, each in enumerate(found):
        if each.criteria is not None:
            return f"[{index}].criteria", "how netsh is told criteria of certificates is in no public document"
        if each.proxy:
            return f"[{index}].proxy", "how netsh is told a Kerberos proxy is in no public document"
        if each.key is not None and trouble(each.key.reveal()) is not None:
            return f"[{index}].preshared_key", "netsh cannot be told the key that the rule has on the host"
        if each.method in CERTIFICATES and trouble((each.authority or "").replace('"', "'")) is not None:
            return f"[{index}].authority", "netsh cannot be told the name of the authority"
    return None


def tell_proofs(found: Proofs, kind: Kind) -> Iterator[Parameter]:
    """Yield the parameters of netsh for methods."""
    tag = _TAG[kind]
    yield tag, ",".join(dict.fromkeys(_word(each) for each in found))
    for each in found:
        if each.key is not None:
            yield f"{tag}psk", each.key
    for (method, signature), group in groupby(found, lambda each: (each.method, each.signature)):
        if method not in CERTIFICATES:
            continue
        authorities = list(group)
        name = tag if signature == "rsa" else f"{tag}{signature}"
        yield f"{name}ca", quoted("|".join(map(_told_authority, authorities)))
        if kind is Kind.FIRST and authorities[0].health:
            yield f"{name}healthcert", "yes"


def _word(item: AuthenticationSuite) -> str:
    signature = "" if item.signature in (None, "rsa") else item.signature
    return f"{item.method}{signature}"


def _told_authority(item: AuthenticationSuite) -> str:
    name = (item.authority or "").replace('"', "\\'")
    words = [
        *(["certmapping:yes"] if item.certificate_mapping else []),
        *(["excludecaname:yes"] if item.exclude_ca_name else []),
        *(["catype:intermediate"] if item.intermediate else []),
    ]
    return " ".join((name, *words))
