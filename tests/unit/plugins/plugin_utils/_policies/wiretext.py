# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text in which hosts show a registry: reg.exe 6, reg.exe 5 and the files of ``reg export``."""

from __future__ import annotations

import struct

from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Data
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import Image


def query(image: Image) -> str:
    """Return the output of reg.exe 6."""
    lines: list[str] = []
    for path, values in image.keys.items():
        lines += ["", path]
        lines += [f"    {name}    {kind}    {_shown(kind, data)}" for name, (kind, data) in values.items()]
    return "\r\n".join([*lines, "", ""])


def query_5(image: Image) -> str:
    """Return the output of reg.exe 5: a banner, tabs between columns, and an unknown end of lists."""
    lines = ["", "! REG.EXE VERSION 3.0"]
    for path, values in image.keys.items():
        lines += ["", path]
        for name, (kind, data) in values.items():
            end = "\\0\\0" if kind == "REG_MULTI_SZ" else ""
            lines.append(f"    {name}\t{kind}\t{_shown(kind, data)}{end}")
    return "\r\n".join([*lines, "", ""])


def _shown(kind: str, data: Data) -> str:
    if isinstance(data, bytes):
        return data.hex().upper()
    if isinstance(data, int):
        return f"{data:#x}"
    return data if isinstance(data, str) else "\\0".join(data)


def export(image: Image) -> bytes:
    """Return the file of ``reg export``: UTF-16 with a mark, long values continued."""
    lines = ["Windows Registry Editor Version 5.00"]
    for path, values in image.keys.items():
        lines += ["", f"[{path}]"]
        lines += [f'"{_escaped(name)}"={_exported(kind, data)}' for name, (kind, data) in values.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-16")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _exported(kind: str, data: Data) -> str:
    if isinstance(data, str):
        return f'"{_escaped(data)}"'
    if isinstance(data, int):
        return f"dword:{data:08x}"
    if isinstance(data, tuple):
        return "hex(7):" + _bytes("\0".join([*data, "", ""]).encode("utf-16-le"))
    return ("hex:" if kind == "REG_BINARY" else "hex(0):") + _bytes(data)


def _bytes(raw: bytes) -> str:
    pairs = [f"{octet:02x}" for (octet,) in struct.iter_unpack("B", raw)]
    rows = [",".join(pairs[start : start + 25]) for start in range(0, len(pairs), 25)]
    return ",\\\r\n  ".join(rows)
