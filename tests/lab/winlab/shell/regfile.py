# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a registry export, as `reg export` and the registry editor write it (version 5.00).

[ledger: reg-export-form]
"""

from __future__ import annotations

import codecs

from ..host import Host
from ..registry import Kind, Registry, Value

_LINE_WIDTH = 77
_BYTES_A_LINE = 25
_HEX_TYPES = {Kind.SZ: "hex(1)", Kind.EXPAND_SZ: "hex(2)", Kind.BINARY: "hex", Kind.MULTI_SZ: "hex(7)"}


def export_text(host: Host, key: str) -> bytes:
    """Return the .reg file of a key and everything below it: UTF-16LE with byte order mark, CRLF line ends.

    :raises KeyError: if the key does not exist.
    """
    if not host.registry.exists(key):
        raise KeyError(key)
    lines = ["Windows Registry Editor Version 5.00", ""]
    _key_lines(host.registry, host.registry.spelled(key), lines)
    return codecs.BOM_UTF16_LE + "\r\n".join([*lines, ""]).encode("utf-16-le")


def _key_lines(registry: Registry, key: str, lines: list[str]) -> None:
    lines.append(f"[{key}]")
    for name, value in registry.values(key):
        lines.extend(_value_lines(name, value))
    lines.append("")
    for child in registry.sorted_subkeys(key):
        _key_lines(registry, f"{key}\\{child}", lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _value_lines(name: str, value: Value) -> list[str]:
    head = f"{_quoted(name) if name else '@'}="
    data = value.data
    if isinstance(data, int):
        return [f"{head}dword:{data:08x}"]
    if value.kind is Kind.SZ and isinstance(data, str) and not set(data) & set("\r\n\0"):
        return [head + _quoted(data)]
    return _hex_lines(f"{head}{_HEX_TYPES[value.kind]}:", _raw(data))


def _raw(data: str | tuple[str, ...] | bytes) -> bytes:
    """Return the stored bytes: strings in UTF-16LE with a closing NUL, lists with one more."""
    if isinstance(data, bytes):
        return data
    texts = (data,) if isinstance(data, str) else (*data, "")
    return "".join(f"{text}\0" for text in texts).encode("utf-16-le")


def _hex_lines(head: str, data: bytes) -> list[str]:
    """Break the bytes into lines: the first one is filled up to column 77, the others carry 25 bytes each."""
    first = max(1, -(-(_LINE_WIDTH - len(head)) // 3))
    if len(data) <= first:
        return [head + data.hex(",")]
    cuts = [data[:first], *(data[at : at + _BYTES_A_LINE] for at in range(first, len(data), _BYTES_A_LINE))]
    last = len(cuts) - 1
    return [
        (head if number == 0 else "  ") + cut.hex(",") + ("" if number == last else ",\\")
        for number, cut in enumerate(cuts)
    ]
