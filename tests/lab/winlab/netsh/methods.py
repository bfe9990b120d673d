# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists on a netsh line: quick-mode offers, main-mode methods, authentication.

[ledger: netsh-qm-methods-grammar, netsh-mm-methods-grammar, netsh-authentication-order, netsh-one-key-a-rule]
[ledger: netsh-rootca-text, data-certificate-flags]
"""

from __future__ import annotations

import re

from ..store.errors import Code, StoreError
from ..store.model import (
    Algorithm,
    Authentication,
    AuthType,
    Cipher,
    EspCipher,
    Hash,
    MainModeMethod,
    Offer,
    Operation,
)
from ..store.rules import KERBEROS
from ..versions import WindowsVersion
from .values import bad, yes
from .words import Given

_ESP_CIPHERS = {"des": EspCipher.DES, "3des": EspCipher.TRIPLE_DES, "none": EspCipher.NONE}
_HASHES = {"md5": Hash.MD5, "sha1": Hash.SHA1}
_CIPHERS = {"des": Cipher.DES, "3des": Cipher.TRIPLE_DES}

_PART = r"(?:AH\[\w+\]|ESP\[\w+\s*,\s*\w+\])"
_OFFER = re.compile(rf"({_PART}(?:\+{_PART})?)(?::(?:(\d+)k)?(?:(/)?(\d+)s)?)?", re.IGNORECASE)
_ALGORITHM = re.compile(r"(AH|ESP)\[(\w+)(?:\s*,\s*(\w+))?\]", re.IGNORECASE)
_METHOD = re.compile(r"(\w+)-(\w+)-([123])", re.IGNORECASE)
_FLAG = re.compile(r"\s+(certmap|excludecaname)\s*:\s*(yes|no)\s*$", re.IGNORECASE)


def offers(text: str, tag: str = "qmsecmethods") -> tuple[Offer, ...]:
    """Return the offers of a text such as `AH[MD5]+ESP[3DES,SHA1]:100000k/3600s ESP[DES,MD5]`.

    A part of the lifetime that is not given is stored as 0, as in the offers of default response rules.
    """
    # Blanks are allowed inside brackets, so they separate only where an offer begins.
    pieces = re.split(r"\s+(?=(?:AH|ESP)\[)", text.strip(), flags=re.IGNORECASE)
    return tuple(_offer(piece, tag) for piece in pieces)


def _offer(piece: str, tag: str) -> Offer:
    match = _OFFER.fullmatch(piece)
    if match is None:
        raise bad(tag, piece)
    words, kilobytes, slash, seconds = match.groups()
    if bool(slash) != bool(kilobytes and seconds) or piece.endswith(":"):
        raise bad(tag, piece)
    algorithms = tuple(_algorithm(found, piece, tag) for found in _ALGORITHM.finditer(words))
    if len({each.operation for each in algorithms}) != len(algorithms):
        raise bad(tag, piece)
    lifetimes = (int(seconds or 0), int(kilobytes or 0))
    if max(lifetimes) > 0xFFFFFFFF:
        raise bad(tag, piece)
    return Offer(algorithms, *lifetimes)


def _algorithm(found: re.Match[str], piece: str, tag: str) -> Algorithm:
    kind, first, second = (part.lower() if part else "" for part in found.groups())
    if kind == "ah":
        if first not in _HASHES:
            raise bad(tag, piece)
        return Algorithm(Operation.AH, _HASHES[first])
    if first not in _ESP_CIPHERS or second not in (*_HASHES, "none") or (first, second) == ("none", "none"):
        raise bad(tag, piece)
    return Algorithm(Operation.ESP, _ESP_CIPHERS[first], _HASHES.get(second, Hash.NONE))


def main_mode_methods(text: str) -> tuple[MainModeMethod, ...]:
    """Return the methods of a text such as `3DES-SHA1-2 3DES-SHA1-3`."""
    methods = []
    for piece in text.split():
        match = _METHOD.fullmatch(piece)
        cipher, digest = (match[1].lower(), match[2].lower()) if match else ("", "")
        if match is None or cipher not in _CIPHERS or digest not in _HASHES:
            raise bad("mmsecmethods", piece)
        methods.append(MainModeMethod(_CIPHERS[cipher], _HASHES[digest], int(match[3])))
    if not methods:
        raise bad("mmsecmethods", text)
    return tuple(methods)


def mentions_authentication(given: Given) -> bool:
    """Tell whether the line says anything about authentication."""
    return any(tag in given for tag in ("kerberos", "psk", "rootca"))


def authentication(given: Given, version: WindowsVersion) -> tuple[Authentication, ...]:
    """Return the methods in the order of the line; Kerberos if the line says nothing about it."""
    if not mentions_authentication(given):
        return KERBEROS
    methods = []
    for tag, value in given.pairs:
        if tag == "kerberos" and yes(given, "kerberos", True):
            methods.append(Authentication(AuthType.KERBEROS))
        elif tag == "psk":
            if not value:
                raise StoreError(Code.MISSING_TAG, tag="psk")
            methods.append(Authentication(AuthType.PSK, value))
        elif tag == "rootca":
            methods.append(_certificate(value, version))
    if not methods:
        raise StoreError(Code.NO_AUTHENTICATION)
    return tuple(methods)


def _certificate(value: str, version: WindowsVersion) -> Authentication:
    flags = 0
    name = value
    while (match := _FLAG.search(name)) is not None:
        if not version.certificate_flags:
            # Whether netsh of Server 2003 knows these words is not known; its store cannot hold them. Lab's choice.
            # [ledger: netsh-certificate-words-2003]
            raise StoreError(Code.NOT_ON_THIS_VERSION, tag=match[1])
        if match[2].lower() == "yes":
            flags |= 1 if match[1].lower() == "certmap" else 2
        name = name[: match.start()]
    name = name.strip().replace("\\'", '"')
    if not name:
        raise StoreError(Code.MISSING_TAG, tag="rootca")
    return Authentication(AuthType.CERTIFICATE, name, flags)
