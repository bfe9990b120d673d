# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs of policies and of their main-mode settings (MS-GPIPSEC 2.2.1.1 and 2.2.1.2, bytes of real stores).

[ledger: data-main-mode]
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from construct import (
    Array,
    Bytes,
    Const,
    ConstructError,
    Default,
    Int8ul,
    Int32ul,
    Padded,
    Padding,
    PrefixedArray,
    Rebuild,
    Struct,
    Terminated,
)

from ..versions import WindowsVersion
from .identifiers import BLOB_IDS, ObjectClass
from .model import Cipher, Hash, MainMode, MainModeMethod
from .text_field import BlobError

DEFAULT_LIFETIME = 28800
_GROUP_2048 = 0x10000001

# Offers that a single byte stands for, all of them with the 2048 bit group.
_SHORTHAND = {
    1: (Cipher.DES, Hash.MD5),
    2: (Cipher.DES, Hash.SHA1),
    3: (Cipher.TRIPLE_DES, Hash.MD5),
    4: (Cipher.TRIPLE_DES, Hash.SHA1),
}
_TO_SHORTHAND = {pair: number for number, pair in _SHORTHAND.items()}

_POLICY = Struct(
    "id" / Const(BLOB_IDS[ObjectClass.POLICY]),
    "length" / Default(Int32ul, 4),
    "polling" / Int32ul,
    "tail" / Const(b"\0"),
    Terminated,
)

_METHOD = Struct(
    "version" / Default(Bytes(2), bytes(2)),
    "version_pad" / Default(Bytes(2), bytes(2)),
    "cipher" / Int32ul,
    "cipher_key_length" / Int32ul,
    "cipher_rounds" / Int32ul,
    "hash" / Int32ul,
    "hash_key_length" / Int32ul,
    "hash_rounds" / Default(Int32ul, 0),
    Padding(8),
    "shorthand" / Default(Int8ul, 0),
    "shorthand_pad" / Default(Bytes(7), bytes(7)),
    "group" / Int32ul,
    "quick_modes" / Int32ul,
    "kilobytes" / Default(Int32ul, 0),
    "seconds" / Int32ul,
    "pfs_identity" / Default(Bytes(4), bytes(4)),
)

_ISAKMP = Struct(
    "id" / Const(BLOB_IDS[ObjectClass.ISAKMP]),
    "length" / Rebuild(Int32ul, lambda this: 64 + 64 * len(this.methods)),
    "instance" / Bytes(16),
    Padding(4),
    "pfs" / Int32ul,
    "options" / Int32ul,
    "new_dh" / Default(Array(4, Int8ul), [0, 0, 0, 0]),
    "quick_modes" / Int32ul,
    "seconds" / Int32ul,
    Padding(20),
    "methods" / PrefixedArray(Int32ul, Padded(64, _METHOD)),
    "tail" / Const(b"\0"),
    Terminated,
)


def encode_policy(polling_seconds: int) -> bytes:
    """Return the 25 bytes of a policy. [ledger: data-polling]"""
    return bytes(_POLICY.build({"polling": polling_seconds}))


def decode_policy(blob: bytes) -> int:
    """Return the polling interval in seconds (a stored 0 means the default)."""
    try:
        return int(_POLICY.parse(blob).polling) or 10800
    except ConstructError as err:
        raise BlobError(f"policy: {err}") from err


def encode_main_mode(mode: MainMode, instance: uuid.UUID, version: WindowsVersion, *, old_fill: bool = False) -> bytes:
    """Return the blob of main-mode settings.

    Where the version writes no lifetime into the header, each method carries it (as in the directory defaults).
    `old_fill` leaves in the unused bytes what was seen there in those defaults, so that readers learn to skip it.

    [ledger: data-main-mode-rubbish, data-main-mode-lifetime]
    """
    fill = {"version_pad": b"\xcd\xcd", "shorthand_pad": bytes(4) + b"\xcd" * 3, "pfs_identity": b"\xcd" * 4}
    methods = [
        {
            **_method_numbers(method, version),
            "cipher_key_length": version.main_mode_key_length,
            "cipher_rounds": version.main_mode_rounds,
            "hash_key_length": version.main_mode_key_length,
            "quick_modes": mode.quick_modes,
            "seconds": mode.lifetime_seconds,
            **(fill if old_fill else {}),
        }
        for method in mode.methods
    ]
    head = {
        "instance": instance.bytes_le,
        "pfs": int(mode.pfs),
        "options": mode.options,
        "quick_modes": mode.quick_modes,
        "seconds": mode.lifetime_seconds if version.lifetime_in_header else 0,
        "methods": methods,
    }
    return bytes(_ISAKMP.build(head))


def _method_numbers(method: MainModeMethod, version: WindowsVersion) -> dict[str, int]:
    numbers = {"cipher": int(method.cipher), "hash": int(method.hash), "group": method.group}
    if method.group != 3:
        return numbers
    if not version.random_function:
        return numbers | {"group": _GROUP_2048}
    # netsh of Vista and later says it with one byte, and leaves group 2 in the field that the byte overrides.
    # [ledger: data-group-14]
    shorthand = _TO_SHORTHAND[(Cipher(method.cipher), Hash(method.hash))]
    return numbers | {"group": 2, "shorthand": shorthand}


@lru_cache(maxsize=256)
def decode_main_mode(blob: bytes) -> MainMode:
    """Return the settings that the bytes stand for, shorthand offers written out; BlobError if they do not decode."""
    try:
        head: Any = _ISAKMP.parse(blob)
    except ConstructError as err:
        raise BlobError(f"main mode: {err}") from err
    methods: list[MainModeMethod] = []
    for byte in head.new_dh:
        if not byte:
            break
        methods.append(_written_out(byte))
    for each in head.methods:
        if each.shorthand:
            methods.append(_written_out(each.shorthand))
        else:
            group = 3 if each.group == _GROUP_2048 else int(each.group)
            cipher = 3 if each.cipher == 2 else int(each.cipher)
            methods.append(MainModeMethod(cipher, int(each.hash), group))
    from_methods = next((int(each.seconds) for each in head.methods if each.seconds), DEFAULT_LIFETIME)
    return MainMode(
        tuple(methods), int(head.seconds) or from_methods, int(head.quick_modes), bool(head.pfs), int(head.options)
    )


def _written_out(byte: int) -> MainModeMethod:
    if byte not in _SHORTHAND:
        raise BlobError(f"main mode: {byte} is no known offer")
    return MainModeMethod(*_SHORTHAND[byte], group=3)
