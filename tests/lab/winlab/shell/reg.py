# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""reg.exe: query, add and delete; export to files is refused, since the lab has none.

Two output forms. From 6.x on (Vista and later): four blanks between name, type and data. 5.x (Server 2003): a version
header, four blanks and then tabs, `<NO NAME>` for the default value. The 5.x columns and the closing `\\0\\0` of its
multi-strings are choices of the lab: no untouched 5.x output was available.

[ledger: reg-query-form-6, reg-query-form-5, host-administrator-may]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..host import Host
from ..registry import Kind, Registry, Value
from .regfile import export_text
from .streams import Input, Sink
from .text import phrase

__all__ = ["export_text", "main"]

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_WITH_ARGUMENT = {"v", "t", "d", "s", "f", "se"}
_HEADER_5 = "\r\n! REG.EXE VERSION 3.0\r\n"


class _Refused(Exception):
    """An error to report: key of the text, and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(slots=True)
class _Call:
    """One call of reg.exe: verb, key and switches (lower case; an empty text for those without argument)."""

    verb: str
    key: str
    switches: dict[str, str] = field(default_factory=dict)


def main(host: Host, arguments: str, stdin: Input, out: Sink, err: Sink) -> int:
    """Run as `reg.exe ARGUMENTS`; returns 0, or 1 for every error. [ledger: reg-error-code]"""
    try:
        call = _parse(arguments)
        text = _VERBS[call.verb](host, call, stdin, out)
    except _Refused as refused:
        key = "reg.missing5" if refused.key == "reg.missing" and _old(host) else refused.key
        err(_encode(host, phrase(host.language, key, **refused.values)))
        return 1
    out(_encode(host, text))
    return 0


def _encode(host: Host, text: str) -> bytes:
    return text.encode("ascii") if text.isascii() else text.encode(host.oem_encoding, "replace")


def _old(host: Host) -> bool:
    return host.version.name == "2003"


def _parse(arguments: str) -> _Call:
    words = [found[1].replace('\\"', '"') if found[2] is None else found[2] for found in _WORD.finditer(arguments)]
    verb = words[0].lower() if words else ""
    if verb not in _VERBS or len(words) < 2:
        raise _Refused("reg.syntax", verb=verb.upper() or "?")
    call = _Call(verb, words[1].rstrip("\\"))
    rest = iter(words[2:])
    for word in rest:
        name = word[1:].lower()
        if word[:1] != "/":
            if verb != "export":
                raise _Refused("reg.syntax", verb=verb.upper())
            call.switches["file"] = word
        elif name in _WITH_ARGUMENT and not (verb == "query" and name == "s") and not (verb != "query" and name == "f"):
            argument = next(rest, None)
            if argument is None:
                raise _Refused("reg.syntax", verb=verb.upper())
            call.switches[name] = argument
        else:
            call.switches[name] = ""
    return call


def _existing(registry: Registry, key: str) -> str:
    """Return the stored spelling of a key that must exist."""
    try:
        if registry.exists(key):
            return registry.spelled(key)
    except ValueError:
        raise _Refused("reg.bad_key") from None
    raise _Refused("reg.missing")


def _query(host: Host, call: _Call, _stdin: Input, _out: Sink) -> str:
    if set(call.switches) - {"s", "v", "ve"}:
        raise _Refused("reg.syntax", verb="QUERY")
    top = _existing(host.registry, call.key)
    wanted = "" if "ve" in call.switches else call.switches.get("v")
    deep = "s" in call.switches
    keys = list(_walk(host.registry, top)) if deep else [top]
    parts = [_HEADER_5] if _old(host) else []
    found = 0
    for key in keys:
        values = host.registry.values(key)
        if wanted is not None:
            values = [(name, value) for name, value in values if name.lower() == wanted.lower()]
            found += len(values)
            if not values:
                continue
        # From 6.x on the key that was asked for is not named when it has no values, with or without /s (Wine's tests of
        # reg.exe, which hold on Windows: query.c, test8a and test8b). Whether 5.x does the same is not known.
        # [ledger: reg-empty-key-unnamed, reg-empty-key-5]
        if values or key != top or _old(host):
            parts.append(f"\r\n{key}\r\n")
        parts.extend(_value_line(host, name, value) for name, value in values)
    if wanted is not None and not found:
        raise _Refused("reg.missing")
    parts.append("\r\n")
    if wanted is None and not deep:
        parts.extend(f"{top}\\{name}\r\n" for name in host.registry.sorted_subkeys(top))
    if wanted is not None and deep and not _old(host):
        parts.append(phrase(host.language, "reg.found", count=found))
    return "".join(parts)


def _walk(registry: Registry, top: str) -> Iterator[str]:
    """Yield a key and all keys below it, parents first."""
    yield top
    for name in registry.sorted_subkeys(top):
        yield from _walk(registry, f"{top}\\{name}")


def _value_line(host: Host, name: str, value: Value) -> str:
    if _old(host):
        return f"    {name or '<NO NAME>'}\t{value.kind}\t{_data_text(value, closing=True)}\r\n"
    shown = name or phrase(host.language, "reg.default")
    return f"    {shown}    {value.kind}    {_data_text(value, closing=False)}\r\n"


def _data_text(value: Value, *, closing: bool) -> str:
    """Return the data column: upper-case hex, 0x numbers, multi-strings joined by a literal backslash zero.

    [ledger: reg-query-binary]
    """
    data = value.data
    if isinstance(data, bytes):
        return data.hex().upper()
    if isinstance(data, int):
        return f"0x{data:x}"
    if isinstance(data, tuple):
        return r"\0".join(data) + (r"\0\0" if closing else "")
    return data


def _add(host: Host, call: _Call, _stdin: Input, _out: Sink) -> str:
    if set(call.switches) - {"v", "ve", "t", "d", "f", "s"}:
        raise _Refused("reg.syntax", verb="ADD")
    try:
        key = host.registry.spelled(call.key)
        host.registry.create(key)
    except ValueError:
        raise _Refused("reg.bad_key") from None
    if {"v", "ve", "d", "t"} & set(call.switches):
        kind = call.switches.get("t", Kind.SZ).upper()
        separator = call.switches.get("s", r"\0")
        value = _typed(kind, call.switches.get("d", ""), separator)
        host.registry.set(key, call.switches.get("v", ""), value)
    return phrase(host.language, "reg.done")


def _typed(kind: str, text: str, separator: str) -> Value:
    """Build a value from the texts behind /t and /d."""
    try:
        match kind:
            case Kind.SZ | Kind.EXPAND_SZ:
                return Value(Kind(kind), text)
            case Kind.MULTI_SZ:
                return Value(Kind.MULTI_SZ, tuple(text.split(separator)) if text else ())
            case Kind.DWORD:
                return Value(Kind.DWORD, int(text or "0", 16 if text.lower().startswith("0x") else 10))
            case Kind.BINARY:
                return Value(Kind.BINARY, bytes.fromhex(text))
    except ValueError:
        pass
    raise _Refused("reg.bad_data", kind=kind)


def _delete(host: Host, call: _Call, stdin: Input, out: Sink) -> str:
    if set(call.switches) - {"v", "ve", "va", "f"}:
        raise _Refused("reg.syntax", verb="DELETE")
    key = _existing(host.registry, call.key)
    if "f" not in call.switches:
        out(_encode(host, phrase(host.language, "reg.confirm", path=key)))
        if stdin.readline().strip().lower() not in (b"y", b"yes", b"j", b"ja"):
            return phrase(host.language, "reg.cancelled")
    if "va" in call.switches:
        for name, _value in host.registry.values(key):
            host.registry.delete_value(key, name)
    elif {"v", "ve"} & set(call.switches):
        if not host.registry.delete_value(key, call.switches.get("v", "")):
            raise _Refused("reg.missing")
    else:
        host.registry.delete_key(key)
    return phrase(host.language, "reg.done")


def _export(host: Host, call: _Call, _stdin: Input, _out: Sink) -> str:
    _existing(host.registry, call.key)
    raise _Refused("reg.no_files")


_VERBS = {"query": _query, "add": _add, "delete": _delete, "export": _export}
