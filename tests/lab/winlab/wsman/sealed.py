# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The multipart/encrypted body of WS-Management over HTTP (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Protocol

SPNEGO = "application/HTTP-SPNEGO-session-encrypted"

_BOUNDARY = b"--Encrypted Boundary"
_PROTOCOL = re.compile(r'multipart/encrypted\s*;.*protocol="([^"]+)"', re.IGNORECASE)
_LENGTH = re.compile(rb"OriginalContent:[^\r\n]*Length=(\d+)", re.IGNORECASE)
_OCTETS = b"\tContent-Type: application/octet-stream\r\n"


class Sealer(Protocol):
    """Cryptography of one authenticated connection."""

    def seal(self, plain: bytes) -> tuple[bytes, bytes]:
        """Return header (signature) and data of a message."""

    def unseal(self, header: bytes, data: bytes) -> bytes:
        """Return the plain message; any failure raises ValueError."""


def protocol_of(content_type: str) -> str | None:
    """Return the protocol of an encrypted content type, or None for a plain one."""
    found = _PROTOCOL.match(content_type.strip())
    return found[1] if found else None


def content_type(protocol: str) -> str:
    """Return the content type of an encrypted body."""
    return f'multipart/encrypted;protocol="{protocol}";boundary="Encrypted Boundary"'


def open_body(body: bytes, sealer: Sealer) -> bytes:
    """Decrypt a body.

    :raises ValueError: when the parts, the announced length or the cryptography do not fit.
    """
    _before, first, rest = body.partition(_BOUNDARY + b"\r\n")
    head, second, tail = rest.partition(_BOUNDARY + b"\r\n")
    announced = _LENGTH.search(head)
    if not first or not second or announced is None or not tail.startswith(_OCTETS):
        raise ValueError("not a multipart/encrypted body")
    closing = tail.rfind(_BOUNDARY + b"--")
    payload = tail[len(_OCTETS) : closing if closing >= 0 else None]
    if len(payload) < 4:
        raise ValueError("the encrypted part is too short")
    size: int = struct.unpack_from("<i", payload)[0]
    if not 0 <= size <= len(payload) - 4:
        raise ValueError(f"the encrypted part announces a header of {size} bytes")
    plain = sealer.unseal(payload[4 : 4 + size], payload[4 + size :])
    if len(plain) != int(announced[1]):
        raise ValueError(f"{len(plain)} bytes instead of the announced {int(announced[1])}")
    return plain


def close_body(plain: bytes, protocol: str, sealer: Sealer) -> bytes:
    """Encrypt a body."""
    header, data = sealer.seal(plain)
    return b"".join(
        (
            _BOUNDARY,
            f"\r\n\tContent-Type: {protocol}\r\n".encode(),
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={len(plain)}\r\n".encode(),
            _BOUNDARY,
            b"\r\n",
            _OCTETS,
            struct.pack("<i", len(header)),
            header,
            data,
            _BOUNDARY,
            b"--\r\n",
        )
    )
