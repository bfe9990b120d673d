# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What needs no host: which options such a task has, and the script that it writes.

The names of states, options and results are those of the resource modules of ansible.netcommon.

[ledger: netsh-file-goes-on, netsh-file-remarks]
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from .._common.errors import IpsecError
from .._common.fields import Fields
from .._windows.netsh.line import Line
from .._windows.queries import script

Data = dict[str, Any]
Asked = TypeVar("Asked")

PARSED = "parsed"
RENDERED = "rendered"
_TEXT = "running_config"
_SOURCE = "src"
_TARGET = "dest"
# The options that say what a state works on, by the states that are none of a host.
_OPTIONS = {PARSED: (_TEXT, _SOURCE), RENDERED: ("config", _TARGET)}
_OF_HOSTS = ("config",)
_ALL = ("config", _TEXT, _SOURCE, _TARGET)
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Parsing:
    """A saved registry: ``text`` is it, or ``source`` is the file on the controller that has it."""

    text: str | None = field(repr=False)
    source: str | None


@dataclass(frozen=True, slots=True)
class Rendering(Generic[Asked]):
    """A document that becomes a script, in ``target`` with its keys, where that is not None."""

    request: Asked
    target: str | None


def read_offline(given: Data, read: Callable[[object], Asked]) -> Parsing | Rendering[Asked] | None:
    """Return what the options ask for without a host, None for the other states; refuse options of another state.

    ``read`` reads a document that is all that a host has.
    """
    state = given.get("state")
    options = {key: given[key] for key in _ALL if given.get(key) is not None}
    allowed = _OPTIONS.get(str(state), _OF_HOSTS)
    for key in options:
        if key not in allowed:
            states = " or ".join(each for each, keys in _OPTIONS.items() if key in keys and key not in _OF_HOSTS)
            expected = f"no {key} with this state" if key == "config" else f"{key} with state {states} only"
            raise IpsecError(key, "(not shown)", expected, f"Remove {key}, or choose that state.")
    if state == PARSED:
        return _parsing(options)
    fields = Fields(options, "", _ALL)
    if state != RENDERED:
        return None
    fields.require("config", "the document that becomes a script")
    return Rendering(read(options["config"]), _path(options, _TARGET))


def _parsing(options: Data) -> Parsing:
    if len(options) != 1:
        expected = f"{_TEXT} or {_SOURCE}, and not both"
        raise IpsecError(_TEXT, "(not shown)" if options else None, expected, f"Give one of {_TEXT} and {_SOURCE}.")
    # It may hold keys, whatever it is.
    text = Fields(options, "", _ALL, hide=True).text(_TEXT, "") if _TEXT in options else None
    return Parsing(text, _path(options, _SOURCE))


def _path(options: Data, key: str) -> str | None:
    if key not in options:
        return None
    path = Fields(options, "", _ALL).text(key, "")
    if not path.strip():
        raise IpsecError(key, path, "a file on the controller", "Name the file.")
    return path


def write_script(path: Path, lines: Sequence[Line], *, check: bool) -> bool:
    """Write the lines with their keys, for their owner only and in one step; return whether the file differed.

    In check mode nothing is written.
    """
    content = script(line.clear() for line in lines)
    try:
        if _is_there(path, content):
            return False
        if not check:
            _write(path, content)
    except OSError as error:
        expected = "a file that can be written on the controller"
        raise IpsecError(_TARGET, str(path), expected, f"The system says: {error.strerror or error}.") from None
    return True


def _is_there(path: Path, content: bytes) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777 == _OWNER_ONLY and path.read_bytes() == content
    return False


def _write(path: Path, content: bytes) -> None:
    # The file has these rights from its first moment on.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_OWNER_ONLY)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
