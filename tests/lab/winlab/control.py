# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control port for a running lab: JSON over HTTP on loopback, for checks that must not go through WinRM.

| request | answer or effect |
|---|---|
| GET /hosts | name, version, language and URL of every host |
| GET /hosts/NAME/store | the lab's own view of the policy store |
| GET, DELETE /hosts/NAME/requests | the request log without standard input; empty the log |
| GET, POST /hosts/NAME/services | states and start types; POST {"PolicyAgent": "stopped"} or "running" sets a state |
| GET /exchange | where the services of every host listen, and whose mailboxes they lead to |
| GET, DELETE /conversations | the latest conversations between hosts and what became of them; forget them |
| GET, POST /network | what passes between the hosts; POST {"ike": false} changes it |
| GET, POST, DELETE /faults | pending faults; plant one or a list; remove all |
"""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import asdict, fields, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from . import asking
from .asking import Question
from .ipsec.packet import Network
from .lab import Lab, LabHost
from .services import State
from .store import policy_store
from .wsman import Fault


class _NotFound(Exception):
    """Nothing lives at this address."""


class Control:
    """Context manager that runs the control port of a lab."""

    def __init__(self, lab: Lab, port: int = 0) -> None:
        self._lab = lab
        handler = type("Handler", (_Handler,), {"lab": lab})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="winlab-control", daemon=True)

    @property
    def url(self) -> str:
        """Base of all addresses, without a closing slash."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Turns requests into calls of `answer`."""

    lab: Lab
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: standard error belongs to the lab's own messages."""

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def do_DELETE(self) -> None:
        self._reply()

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            data = json.loads(body) if body else None
            status, result = 200, answer(self.lab, self.command, self.path, data)
        except _NotFound:
            status, result = 404, {"error": f"nothing at {self.command} {self.path}"}
        except ValueError as bad:
            status, result = 400, {"error": str(bad)}
        text = json.dumps(result, default=_plain).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _plain(value: object) -> object:
    """Make what JSON does not know readable: bytes as hex, anything else as text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def answer(lab: Lab, method: str, path: str, data: object = None) -> object:
    """Return the plain data for one request.

    :raises ValueError: for data that does not fit.
    """
    match method, path.strip("/").split("/"):
        case "GET", ["hosts"]:
            return {
                name: {"version": each.host.version.name, "language": each.host.language, "url": each.url}
                for name, each in lab.hosts.items()
            }
        case _, ["hosts", name, subject] if name in lab.hosts:
            return _about(lab.hosts[name], method, subject, data)
        case "GET", ["exchange"]:
            return {name: lab.exchange.variables(name) for name in lab.exchange.doors}
        case "GET", ["conversations"]:
            return [each.plain() for each in lab.exchange.crossing.conversations()]
        case "DELETE", ["conversations"]:
            lab.exchange.crossing.forget()
            return {}
        case "POST", ["packets"]:
            return _packet(lab, Question.from_plain(data))
        case "GET", ["network"]:
            return asdict(lab.exchange.crossing.network)
        case "POST", ["network"]:
            lab.exchange.crossing.network = _network(lab.exchange.crossing.network, data)
            return asdict(lab.exchange.crossing.network)
        case "GET", ["faults"]:
            return [fault.plain() for fault in lab.faults.pending()]
        case "POST", ["faults"]:
            wanted = data if isinstance(data, list) else [data]
            faults = [Fault.from_plain(each if isinstance(each, dict) else {}) for each in wanted]
            lab.faults.add(*faults)
            return {"planted": len(faults)}
        case "DELETE", ["faults"]:
            lab.faults.clear()
            return {}
    raise _NotFound


def _packet(lab: Lab, question: Question) -> object:
    hosts = {name: each.host for name, each in lab.hosts.items()}
    with ExitStack() as stack:
        # Always in the same order, as those do who send packets.
        for name in sorted({question.source, question.destination} & lab.hosts.keys()):
            stack.enter_context(lab.hosts[name].running)
        return asking.answer(question, hosts, lab.exchange.crossing.network)


def _network(now: Network, data: object) -> Network:
    """Return a network with some of its fields changed."""
    kinds = {each.name: type(getattr(now, each.name)) for each in fields(Network)}
    if not isinstance(data, dict) or any(kinds.get(name) is not type(value) for name, value in data.items()):
        raise ValueError(f"expected a mapping of {', '.join(kinds)}")
    return replace(now, **data)


def _about(lab_host: LabHost, method: str, subject: str, data: object) -> object:
    match method, subject:
        case "GET", "store":
            with lab_host.running:
                return policy_store(lab_host.host).snapshot()
        case "GET", "requests":
            return [entry.plain() for entry in lab_host.log.entries()]
        case "DELETE", "requests":
            lab_host.log.clear()
            return {}
        case "GET", "services":
            return _services(lab_host)
        case "POST", "services":
            if not isinstance(data, dict):
                raise ValueError("expected a mapping of service names to states")
            with lab_host.running:
                for name, state in data.items():
                    _set_state(lab_host, str(name), str(state))
            return _services(lab_host)
    raise _NotFound


def _services(lab_host: LabHost) -> object:
    return {
        name: {"state": service.state.name.lower(), "start_type": service.start_type.name.lower()}
        for name, service in lab_host.host.services.items()
    }


def _set_state(lab_host: LabHost, name: str, state: str) -> None:
    """Put a service into a state by force, whatever depends on it."""
    service = lab_host.host.services.get(name)
    if service is None or state not in ("stopped", "running"):
        raise ValueError(f"cannot set {name} to {state}: expected a service of the host, and stopped or running")
    service.state = State[state.upper()]
    if service.state == State.STOPPED:
        lab_host.host.ended(name)
