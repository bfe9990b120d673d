# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registry text as keys: what ``reg query`` prints. :func:`parse_export` reads the files of ``reg export``.

[ledger: reg-query-multi, reg-query-binary]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .export import parse_export
from .keys import Data, Key, Keys, Value, refusal

__all__ = ["Key", "Keys", "Value", "is_query", "lists_key", "parse_answer", "parse_export", "parse_query"]

_TEXT_TYPES = ("REG_SZ", "REG_EXPAND_SZ")
_NUMBER_TYPES = ("REG_DWORD", "REG_DWORD_BIG_ENDIAN", "REG_QWORD")
# reg.exe 6 separates by exactly four blanks, which keeps blanks at either end of the data; reg.exe 5 by blanks or tabs.
# [ledger: reg-query-form-6, reg-query-form-5]
_EXACT_TYPE = re.compile(r" {4}(REG_[A-Z_]+)(?: {4}|\Z)")
_LOOSE_TYPE = re.compile(r"[ \t](REG_[A-Z_]+)(?:[ \t]|\Z)")
_KEY_LINE = re.compile(r"HKEY_[A-Z_]+(\\.*)?")
_BANNER = re.compile(r"\s*! REG\.EXE VERSION .*")
# [ledger: reg-query-default-localised]
_DEFAULT_NAME = re.compile(r"<NO NAME>|\(.*\)")  # localised in brackets by reg.exe 6


def parse_query(text: str) -> Keys:
    """Return what ``reg query KEY /s`` of reg.exe 5 or 6 printed.

    Raises StoreError with the number of the line for text before the first key, for values that do not fit their
    type and for text without any key, which is not the same as an empty store.
    """
    keys: dict[str, dict[str, Value]] = {}
    pending: _Pending | None = None
    current: dict[str, Value] | None = None
    for number, line in enumerate(_lines(text), 1):
        if _KEY_LINE.fullmatch(line.rstrip()):
            _store(pending, current)
            pending, current = None, keys.setdefault(line.rstrip(), {})
            continue
        if current is None:
            if line.strip() and not _BANNER.fullmatch(line):
                raise refusal(number, "text before the first key", "a line that starts with HKEY_")
            continue
        if columns := _columns(line):
            _store(pending, current)
            pending = _Pending(number, *columns)
        elif pending is not None:
            pending.lines.append(line)
        elif line.strip():
            raise refusal(number, "neither a key nor a value", "name, type and data")
    _store(pending, current)
    if not keys:
        raise refusal(1, "text without any key", "the keys that reg query prints")
    return Keys(keys)


def is_query(text: str) -> bool:
    """Tell whether a text begins as what ``reg query`` prints: with the line of a key, or the banner of reg.exe 5."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return bool(_KEY_LINE.fullmatch(first.rstrip()) or _BANNER.fullmatch(first))


def _lines(text: str) -> Iterator[str]:
    """Yield lines without their ends, a line feed after any number of carriage returns.

    Not by a pattern: one key may hold a line of megabytes, and a pattern begins anew at each of its characters.
    """
    *ended, last = text.lstrip("\ufeff").split("\n")
    yield from (line.rstrip("\r") for line in ended)
    yield last


def parse_answer(text: str) -> Keys:
    """Return what a ``reg query`` printed that ended with code 0; raise StoreError as :func:`parse_query` does.

    Without values a key is not named, with /s neither, unless it has keys below it: blank text is then the whole
    answer, that the key is there and empty (Wine's tests of reg.exe, which hold on Windows: query.c, test8a, test8b).

    [ledger: reg-empty-key-unnamed]
    """
    if all(not line.strip() or _BANNER.fullmatch(line) for line in text.lstrip("\ufeff").splitlines()):
        return Keys({})
    return parse_query(text)


def lists_key(text: str, path: str) -> bool:
    """Tell whether the query of a parent key, which ended with code 0, lists the key ``path`` among its children."""
    wanted = path.rpartition("\\")[2].casefold()
    return wanted in {line.strip().rpartition("\\")[2].casefold() for line in text.splitlines()}


def _columns(line: str) -> tuple[str, str, str] | None:
    """Return name, type and data of the line of a value, None for any other line.

    The word of the type is looked for from left to right: a pattern for the whole line would try every way to
    share long rows of blanks between the columns.
    """
    if line.startswith("    ") and (match := _EXACT_TYPE.search(line, 4)):
        return line[4 : match.start()], match[1], line[match.end() :]
    start = len(line) - len(line.lstrip(" \t"))
    if start and (match := _LOOSE_TYPE.search(line, start) or _LOOSE_TYPE.search(line, 1)):
        return line[start : match.start()].rstrip(" \t"), match[1], line[match.end() :].lstrip(" \t")
    return None


class _Pending:
    """A value whose last line may not have been seen: texts may hold line breaks. [ledger: registry-value-texts]"""

    def __init__(self, number: int, name: str, kind: str, data: str) -> None:
        self.number = number
        self.name = "" if _DEFAULT_NAME.fullmatch(name.strip()) else name
        self.kind = kind
        self.data = data
        self.lines: list[str] = []


def _store(pending: _Pending | None, values: dict[str, Value] | None) -> None:
    if pending is None or values is None:
        return
    while pending.lines and not pending.lines[-1].strip():
        pending.lines.pop()  # the empty line between two keys
    if pending.lines and pending.kind not in (*_TEXT_TYPES, "REG_MULTI_SZ"):
        raise refusal(pending.number + 1, "neither a key nor a value", "name, type and data")
    text = "\n".join([pending.data, *pending.lines])
    values[pending.name] = Value(pending.kind, _query_data(pending.kind, text, pending.number))


def _query_data(kind: str, text: str, number: int) -> Data:
    if kind == "REG_MULTI_SZ":
        joined = re.sub(r"(\\0)+$", "", text.strip())
        return tuple(joined.split("\\0")) if joined else ()
    if kind in _TEXT_TYPES or not text.strip():
        return b"" if kind in ("REG_BINARY", "REG_NONE") else text
    if kind in _NUMBER_TYPES:
        if re.fullmatch(r"0x[0-9a-fA-F]{1,16}", text.strip()):
            return int(text.strip(), 16)
        raise refusal(number, "not a number", f"{kind} as 0x and hexadecimal digits")
    try:
        return bytes.fromhex(text)
    except ValueError:
        # The cause would quote a part of the data.
        raise refusal(number, "not binary data", f"{kind} as pairs of hexadecimal digits") from None
