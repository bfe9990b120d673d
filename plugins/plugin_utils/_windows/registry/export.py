# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of ``reg export`` and of the registry editor: version 5.00 (UTF-16 or UTF-8) and REGEDIT4 (ANSI).

[ledger: reg-export-form]
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import partial

from ..._common.errors import StoreError
from .data import UTF_16, type_word, typed
from .keys import POLICY_ROOT, Keys, Value, is_below, refusal

HEADERS = ("Windows Registry Editor Version 5.00", "REGEDIT4")
_ANSI = "cp1252"
_BINARY = 3
_NAME = re.compile(r'(?:@|"(?P<name>(?:[^"\\]|\\.)*)")[ \t]*=[ \t]*', re.DOTALL)
_TEXT = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"[ \t]*(?:;.*)?', re.DOTALL)
_DWORD = re.compile(r"dword:(?P<digits>[0-9a-fA-F]{1,8})[ \t]*(?:;.*)?")
_HEX = re.compile(r"hex(?P<type>\([0-9a-fA-F]+\))?:(?P<bytes>[0-9a-fA-F, \t]*)(?:;.*)?")
_UP_TO_QUOTE = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
# What no text and no bytes go on over: the line of another key.
_KEY_LINE = re.compile(r"\s*\[-?HK[A-Z_]+\\", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse_export(data: bytes | str, root: str = POLICY_ROOT) -> Keys:
    """Return the keys of a .reg file. Deletion marks are left out with a finding, since a store has none.

    Such files are written by hand too, and hold more than policies: what is neither key, value nor comment is left out
    with a finding where it is not below ``root``. Below it, it raises StoreError with the number of the line.
    """
    text, code_page = _decoded(data) if isinstance(data, bytes) else (data.lstrip("\ufeff"), UTF_16)
    lines = re.split(r"\r?\n", text)
    if lines[0].strip() not in HEADERS:
        raise refusal(1, "another first line", f"{HEADERS[0]} or {HEADERS[1]}")
    if lines[0].strip() == HEADERS[1]:
        code_page = _ANSI
    keys: dict[str, dict[str, Value]] = {}
    findings: list[str] = []
    if code_page == _ANSI and isinstance(data, bytes) and not text.isascii():
        findings.append(f"The registry file does not name its ANSI code page; {_ANSI} was taken.")
    values: dict[str, Value] | None = None
    matters = False
    for number, line in _statements(lines):
        try:
            if line.startswith("["):
                matters = is_below(line.lstrip("[-"), root)
                values = {}  # nobody's, if the line turns out to be no key
                values = _key(line, number, keys, findings)
            elif values is None:
                raise refusal(number, "a value before the first key", "[key]")
            else:
                name, value = _value(line, number, code_page)
                if value is None:
                    findings.append(f"Line {number} of the registry file deletes a value; that was left out.")
                else:
                    values[name] = value
        except StoreError:
            if matters:
                raise
            findings.append(f"Line {number} of the registry file has no known form; that was left out.")
    if not keys:
        raise refusal(1, "text without any key", "the keys of an export")
    return Keys(keys, tuple(findings))


def _key(line: str, number: int, keys: dict[str, dict[str, Value]], findings: list[str]) -> dict[str, Value]:
    """Return what gets the values of a key."""
    if line.startswith("[-"):
        findings.append(f"Line {number} of the registry file deletes a key; that was left out.")
        return {}
    if not line.endswith("]"):
        raise refusal(number, "a key without its closing bracket", "[key]")
    return keys.setdefault(line[1:-1], {})


def _decoded(data: bytes) -> tuple[str, str]:
    """Return the text of a file and the encoding of texts that it holds as bytes."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, UTF_16), (codecs.BOM_UTF8, "utf-8")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), UTF_16
    if data[1:2] == b"\0":
        return data.decode(UTF_16, "replace"), UTF_16
    try:
        return data.decode("utf-8"), UTF_16
    except UnicodeDecodeError:
        return data.decode(_ANSI, "replace"), UTF_16


def _statements(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield keys and values with the number of their first line: continued bytes and texts with breaks joined."""
    position = 1
    while position < len(lines):
        number, line = position + 1, lines[position]
        position += 1
        if not line.strip() or line.lstrip().startswith(";"):
            continue
        if line.lstrip().startswith("["):
            yield number, line.strip()
            continue
        parts = [line.lstrip()]
        name = _NAME.match(parts[0])
        rest = parts[0][name.end() :] if name else ""
        if rest.startswith("hex"):
            # A value that is said to go on and does not was cut.
            while parts[-1].rstrip().endswith("\\") and position < len(lines) and _goes_on(lines[position]):
                parts[-1] = parts[-1].rstrip().removesuffix("\\")
                parts.append(lines[position].strip())
                position += 1
        elif rest.startswith('"') and not _UP_TO_QUOTE.match(rest, 1):
            closed = False
            while position < len(lines) and not closed and not _KEY_LINE.match(lines[position]):
                closed = _UP_TO_QUOTE.match(lines[position]) is not None
                parts.append(f"\n{lines[position]}")
                position += 1
        yield number, "".join(parts)


def _goes_on(line: str) -> bool:
    """Tell whether a line can continue bytes: it is not empty, and no key begins there."""
    return bool(line.strip()) and not _KEY_LINE.match(line)


def _value(line: str, number: int, code_page: str) -> tuple[str, Value | None]:
    match = _NAME.match(line)
    if not match:
        raise refusal(number, "neither a key nor a value", '"name"=data')
    name, rest = _ESCAPE.sub(r"\1", match["name"] or ""), line[match.end() :]
    if rest.strip() == "-":
        return name, None
    if found := _TEXT.fullmatch(rest):
        return name, Value("REG_SZ", _ESCAPE.sub(r"\1", found["text"]))
    if found := _DWORD.fullmatch(rest):
        return name, Value("REG_DWORD", int(found["digits"], 16))
    if found := _HEX.fullmatch(rest):
        digits = re.sub(r"[, \t]", "", found["bytes"])
        if len(digits) % 2:
            raise refusal(number, "half a byte", "pairs of hexadecimal digits")
        word = type_word(int(found["type"].strip("()"), 16) if found["type"] else _BINARY)
        return name, Value(word, typed(word, bytes.fromhex(digits), partial(refusal, number), code_page))
    raise refusal(number, "data of no known form", "text in quotes, dword: or hex:")
