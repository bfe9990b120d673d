# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The multipart/encrypted body of WS-Management over HTTP (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import re
import struct
from typing import Protocol

SPNEGO = "application/HTTP-SPNEGO-session-encrypted"
CREDSSP = "application/HTTP-CredSSP-session-encrypted"

_CREDSSP_PART = 16384
"""CredSSP encrypts with TLS, whose records hold no more: larger messages come in several pairs of parts."""

_BOUNDARY = b"--Encrypted Boundary"
_PROTOCOL = re.compile(r'multipart/(?:x-multi-)?encrypted\s*;.*protocol="([^"]+)"', re.IGNORECASE)
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


def _parts(plain: bytes, protocol: str) -> list[bytes]:
    if protocol.lower() != CREDSSP.lower() or len(plain) <= _CREDSSP_PART:
        return [plain]
    return [plain[start : start + _CREDSSP_PART] for start in range(0, len(plain), _CREDSSP_PART)]


def open_body(body: bytes, sealer: Sealer) -> bytes:
    """Decrypt a body of one or several pairs of parts.

    :raises ValueError: when the parts, the announced length or the cryptography do not fit.
    """
    closing = body.rfind(_BOUNDARY + b"--")
    before, *parts = body[: closing if closing >= 0 else None].split(_BOUNDARY + b"\r\n")
    if before.strip() or not parts or len(parts) % 2:
        raise ValueError("not a multipart/encrypted body")
    return b"".join(_open_pair(parts[at], parts[at + 1], sealer) for at in range(0, len(parts), 2))


def _open_pair(head: bytes, tail: bytes, sealer: Sealer) -> bytes:
    announced = _LENGTH.search(head)
    if announced is None or not tail.startswith(_OCTETS):
        raise ValueError("not a multipart/encrypted body")
    payload = tail[len(_OCTETS) :]
    if len(payload) < 4:
        raise ValueError("the encrypted part is too short")
    size: int = struct.unpack_from("<i", payload)[0]
    if not 0 <= size <= len(payload) - 4:
        raise ValueError(f"the encrypted part announces a header of {size} bytes")
    plain = sealer.unseal(payload[4 : 4 + size], payload[4 + size :])
    if len(plain) != int(announced[1]):
        raise ValueError(f"{len(plain)} bytes instead of the announced {int(announced[1])}")
    return plain


def close_body(plain: bytes, protocol: str, sealer: Sealer) -> tuple[str, bytes]:
    """Encrypt a body; returns its content type and its bytes."""
    parts = _parts(plain, protocol)
    pairs = [_close_pair(part, protocol, sealer) for part in parts]
    kind = "multipart/x-multi-encrypted" if len(parts) > 1 else "multipart/encrypted"
    content_type = f'{kind};protocol="{protocol}";boundary="Encrypted Boundary"'
    return content_type, b"".join([*pairs, _BOUNDARY, b"--\r\n"])


def _close_pair(plain: bytes, protocol: str, sealer: Sealer) -> bytes:
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
        )
    )
