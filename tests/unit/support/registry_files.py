# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of a simulated host in every form in which people save one, written from the formats' descriptions."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from lab_runner import IPSEC, Tree

from winlab import shell
from winlab.host import Host
from winlab.registry import Kind, Value
from winlab.shell.regfile import export_text

_NUMBERS = {Kind.SZ: 1, Kind.EXPAND_SZ: 2, Kind.BINARY: 3, Kind.DWORD: 4, Kind.MULTI_SZ: 7}
Record = tuple[str, str, int, bytes]


def export_5(host: Host) -> bytes:
    """Return what ``reg export`` writes: UTF-16 with its mark."""
    return export_text(host, IPSEC)


def export_4(host: Host) -> bytes:
    """Return the older form: the text is ANSI, and so are texts that are written as bytes."""
    return "REGEDIT4\r\n\r\n".encode("ascii") + b"".join(_old_lines(_tree(host)))


def _old_lines(tree: Tree) -> Iterator[bytes]:
    for path, values in tree.items():
        yield f"[{path}]\r\n".encode("cp1252")
        for name, value in values.items():
            yield f'"{_quoted(name)}"={_old(value)}\r\n'.encode("cp1252", "replace")
        yield b"\r\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _old(value: Value) -> str:
    if isinstance(value.data, str):
        return f'"{_quoted(value.data)}"'
    if isinstance(value.data, int):
        return f"dword:{value.data:08x}"
    if isinstance(value.data, tuple):
        return "hex(7):" + "".join(f"{text}\0" for text in (*value.data, "")).encode("cp1252", "replace").hex(",")
    return "hex:" + value.data.hex(",")


def printed(host: Host) -> bytes:
    """Return what ``reg query /s`` prints into a file: in the code page of the host."""
    done = shell.run(host, f"reg.exe query {IPSEC} /s", None)
    assert done.code == 0
    return done.stdout


def policy_file(host: Host) -> bytes:
    """Return the same keys as Registry.pol."""
    return preg(
        (path.partition("\\")[2], name, _NUMBERS[value.kind], _raw(value))
        for path, values in _tree(host).items()
        for name, value in [("", None), *values.items()]
        if value is not None
    )


def _raw(value: Value) -> bytes:
    if isinstance(value.data, bytes):
        return value.data
    if isinstance(value.data, int):
        return struct.pack("<I", value.data)
    texts = (value.data,) if isinstance(value.data, str) else (*value.data, "")
    return "".join(f"{text}\0" for text in texts).encode("utf-16-le")


def preg(records: Iterable[Record]) -> bytes:
    """Return a file of (key, value, type, data), see MS-GPREG 2.2.1."""
    parts = [b"PReg", struct.pack("<I", 1)]
    for key, name, kind, data in records:
        texts = f"[{key}\0;{name}\0;".encode("utf-16-le")
        numbers = struct.pack("<I2sI2s", kind, b";\0", len(data), b";\0")
        parts += [texts, numbers, data, "]".encode("utf-16-le")]
    return b"".join(parts)


def _tree(host: Host) -> Tree:
    found: Tree = {}
    waiting = [IPSEC]
    while waiting:
        path = waiting.pop(0)
        found[path] = dict(host.registry.values(path))
        waiting += [f"{path}\\{child}" for child in host.registry.subkeys(path)]
    return found
