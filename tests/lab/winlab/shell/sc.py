# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sc.exe: query, qc, config, start and stop.

Labels are localised; numbers and tokens behind the colon are not (seen in German, Italian and Russian output).
`start= auto` needs the blank behind the equals sign; without it the usage text and code 1639 come back.

[ledger: host-sc-state, host-sc-config-blank]
"""

from __future__ import annotations

import re

from .. import services
from ..host import Host
from ..registry import Kind, Value
from ..services import Service
from .streams import Sink
from .text import phrase, windows_error

_USAGE = 1639
_MISSING = 1060
_START_PENDING = 2
_STOP_PENDING = 3
_STOPPED = 1
_STATES = {1: "STOPPED", 2: "START_PENDING", 3: "STOP_PENDING", 4: "RUNNING"}
_TYPES = {0x10: "WIN32_OWN_PROCESS", 0x20: "WIN32_SHARE_PROCESS"}
_STARTS = {0: "BOOT_START", 1: "SYSTEM_START", 2: "AUTO_START", 3: "DEMAND_START", 4: "DISABLED"}
_START_WORDS = {"auto": 2, "demand": 3, "disabled": 4}
_WORD = re.compile(r'"([^"]*)"|(\S+)')


def main(host: Host, arguments: str, out: Sink) -> int:
    """Run as `sc.exe ARGUMENTS`; returns the Windows error number, 0 for success. All text goes to standard output.

    [ledger: host-sc-missing-1060]
    """
    words = [found[1] if found[2] is None else found[2] for found in _WORD.finditer(arguments)]
    verb = words[0].lower() if words else ""
    if verb not in ("query", "qc", "config", "start", "stop") or len(words) < 2:
        return _say(host, out, phrase(host.language, "sc.usage"), _USAGE)
    service = _find(host, words[1])
    match verb:
        case "query":
            if service is None:
                return _failed(host, out, "EnumQueryServicesStatus:OpenService", _MISSING)
            return _say(host, out, _status(host, service, int(service.state)), 0)
        case "qc" | "config":
            if service is None:
                return _failed(host, out, "OpenService", _MISSING)
            if verb == "qc":
                return _say(host, out, _configuration(host, service), 0)
            return _configure(host, service, words[2:], out)
        case _:
            return _control(host, service, verb, words[1], out)


def _find(host: Host, name: str) -> Service | None:
    return next((service for key, service in host.services.items() if key.lower() == name.lower()), None)


def _say(host: Host, out: Sink, text: str, code: int) -> int:
    out(text.encode(host.oem_encoding, "replace"))
    return code


def _failed(host: Host, out: Sink, call: str, code: int) -> int:
    text = windows_error(host.language, code)
    return _say(host, out, phrase(host.language, "sc.failed", call=call, code=code, text=text), code)


def _row(host: Host, label: str, text: str) -> str:
    return f"        {phrase(host.language, f'sc.{label}'):<19}: {text}\r\n"


def _status(host: Host, service: Service, state: int) -> str:
    accepts = state == services.State.RUNNING
    flags = "STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN" if accepts else "NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN"
    exit_code = 0 if state in (_START_PENDING, _STOP_PENDING) else service.exit_code
    return "".join(
        (
            f"\r\nSERVICE_NAME: {service.name} \r\n",
            _row(host, "type", f"{service.type:x}  {_TYPES.get(service.type, '')}  "),
            _row(host, "state", f"{state}  {_STATES[state]} "),
            f"{'':32}({flags})\r\n",
            _row(host, "win32_exit", f"{exit_code}  (0x{exit_code:x})"),
            _row(host, "service_exit", "0  (0x0)"),
            _row(host, "checkpoint", "0x0"),
            _row(host, "wait_hint", "0x7d0" if state == _START_PENDING else "0x0"),
        )
    )


def _configuration(host: Host, service: Service) -> str:
    key = f"{services.ROOT}\\{service.name}"

    def text(name: str) -> str:
        value = host.registry.get(key, name)
        return value.data if value is not None and isinstance(value.data, str) else ""

    start = int(service.start_type)
    needed = host.registry.get(key, "DependOnService")
    names = needed.data if needed is not None and isinstance(needed.data, tuple) else ()
    depends = f"\r\n        {'':19}: ".join(names)
    return "".join(
        (
            phrase(host.language, "sc.success", call="QueryServiceConfig"),
            f"\r\nSERVICE_NAME: {service.name}\r\n",
            _row(host, "type", f"{service.type:x}  {_TYPES.get(service.type, '')} "),
            _row(host, "start_type", f"{start}   {_STARTS[start]}"),
            _row(host, "error_control", "1   NORMAL"),
            _row(host, "binary", text("ImagePath")),
            _row(host, "group", text("Group")),
            _row(host, "tag", "0"),
            _row(host, "display", text("DisplayName")),
            _row(host, "dependencies", depends),
            _row(host, "account", text("ObjectName")),
        )
    )


def _configure(host: Host, service: Service, words: list[str], out: Sink) -> int:
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    start = _START_WORDS.get(pairs.get("start=", "").lower())
    if len(words) != 2 or start is None:
        return _say(host, out, phrase(host.language, "sc.usage"), _USAGE)
    host.registry.set(f"{services.ROOT}\\{service.name}", "Start", Value(Kind.DWORD, start))
    return _say(host, out, phrase(host.language, "sc.success", call="ChangeServiceConfig"), 0)


def _control(host: Host, service: Service | None, verb: str, name: str, out: Sink) -> int:
    """Start or stop. The answer shows the pending state, as the real tool does not wait for the end."""
    if service is None:
        call = "StartService: OpenService" if verb == "start" else "OpenService"
        return _failed(host, out, call, _MISSING)
    if verb == "start":
        code = services.start(host, name)
        return _failed(host, out, "StartService", code) if code else _pending(host, service, _START_PENDING, out)
    code = services.stop(host, name)
    return _failed(host, out, "ControlService", code) if code else _pending(host, service, _STOP_PENDING, out)


def _pending(host: Host, service: Service, state: int, out: Sink) -> int:
    return _say(host, out, _status(host, service, state), 0)
