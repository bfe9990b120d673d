# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of command shells and of runspaces, from SOAP document to SOAP document."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ..host import Host
from ..shell import ShellOptions, decode_line
from . import soap
from .codes import FaultCode, WsmanError
from .faultplan import Fault
from .limits import Limits
from .psrp import RESOURCE as RUNSPACES
from .psrp import Pipeline, Runspaces
from .shells import Command, Shells
from .soap import Operation, Request


@dataclass(slots=True)
class Outcome:
    """The answer to a request, and what the log wants to know about it.

    :param fault: WS-Management fault number, 0 for none.
    :param cut: the connection ends instead of an answer.
    """

    operation: str
    status: int = 200
    body: bytes = field(default=b"", repr=False)
    fault: int = 0
    command: str = ""
    stdin: bytes = field(default=b"", repr=False)
    cut: bool = False


class Operations:
    """Create, Command, Send, Receive, Signal, Delete and Identify on one host."""

    def __init__(self, host: Host, limits: Limits, options: ShellOptions) -> None:
        self.host = host
        self.limits = limits
        self.shells = Shells(host, limits, options)
        self.runspaces = Runspaces(host, limits, options, self.shells.running)

    def read(self, document: bytes) -> Request:
        """Read a request.

        :raises WsmanError: for a document that is too large or no envelope.
        """
        if len(document) > self.limits.envelope:
            raise WsmanError(FaultCode.ENVELOPE_TOO_LARGE)
        return soap.parse(document)

    def describe(self, request: Request) -> Outcome:
        """Return what the log shows of a request that is not executed."""
        outcome = Outcome(request.operation)
        if request.shell_id in self.runspaces:
            return outcome
        if request.operation is Operation.COMMAND:
            line = _command_line(request)
            outcome.command = decode_line(line) or line
        elif request.operation is Operation.SEND:
            # What is no base64 is refused when it is executed.
            with suppress(WsmanError):
                outcome.stdin, _end = request.stdin()
        return outcome

    def failed(self, error: WsmanError, request: Request | None = None) -> Outcome:
        """Answer with a fault."""
        operation = request.operation if request else Operation.UNKNOWN
        message_id = request.message_id if request else ""
        body = soap.fault(error, message_id, self.host.name)
        return Outcome(operation, status=500, body=body, fault=error.code)

    def identify(self, document: bytes) -> Outcome:
        """Answer an Identify that needs no authentication; it hides the version of the system."""
        try:
            request = self.read(document)
            if request.operation is not Operation.IDENTIFY:
                raise WsmanError(FaultCode.NOT_SUPPORTED)
        except WsmanError as error:
            return self.failed(error)
        return Outcome(Operation.IDENTIFY, body=soap.identified(f"OS: 0.0.0 SP: 0.0 Stack: {self._stack()}"))

    def _stack(self) -> str:
        return "2.0" if self.host.version.name in ("2003", "2008R2") else "3.0"

    def run(self, request: Request, half_script: Fault | None = None, slow: Fault | None = None) -> Outcome:
        """Execute a request, with the faults that act inside of a command."""
        outcome = self.describe(request)
        try:
            if request.shell_id in self.runspaces or request.resource.lower() == RUNSPACES:
                return self._in_runspace(request, half_script, slow)
            body = self._body(request, half_script, slow)
        except WsmanError as error:
            return replace(self.failed(error, request), command=outcome.command, stdin=outcome.stdin)
        return replace(outcome, body=body)

    def _body(self, request: Request, half_script: Fault | None, slow: Fault | None) -> bytes:
        match request.operation:
            case Operation.CREATE:
                if request.resource.lower() != soap.CMD_RESOURCE:
                    raise WsmanError(FaultCode.NOT_SUPPORTED)
                return soap.created(request, self.shells.create(request.variables()).id)
            case Operation.COMMAND:
                command = Command(_command_line(request), request.flag("WINRS_CONSOLEMODE_STDIN", default=True))
                _plant(command, half_script, slow)
                self.shells.start(request.shell_id, command)
                return soap.started(request, command.id)
            case Operation.SEND:
                command = self.shells.find(request.shell_id, request.command_id())
                _plant(command, half_script, slow)
                data, end = request.stdin()
                self.shells.send(request.shell_id, command, data, end)
                return soap.empty(request)
            case Operation.RECEIVE:
                command = self.shells.find(request.shell_id, request.command_id())
                limit = self.limits.chunk(request.envelope_limit)
                pieces, code = self.shells.receive(command, limit, request.timeout)
                return soap.received(request, command.id, pieces, code)
            case Operation.SIGNAL:
                self.shells.end(request.shell_id, request.command_id())
                return soap.empty(request)
            case Operation.DELETE:
                self.shells.delete(request.shell_id)
                return soap.empty(request)
            case Operation.IDENTIFY:
                build = self.host.version.build
                return soap.identified(f"OS: {build} SP: 0.0 Stack: {self._stack()}")
            case _:
                raise WsmanError(FaultCode.NOT_SUPPORTED)

    def _in_runspace(self, request: Request, half_script: Fault | None, slow: Fault | None) -> Outcome:
        """Execute a request that speaks of a runspace pool or of one of its pipelines."""
        outcome, spaces = Outcome(request.operation), self.runspaces
        shell_id, command_id = request.shell_id, request.command_id()
        match request.operation:
            case Operation.CREATE:
                outcome.body = soap.created(request, spaces.create(request.body, request.proposed_id()))
            case Operation.COMMAND:
                pipeline = spaces.begin(shell_id, command_id)
                _plant(pipeline, half_script, slow)
                spaces.send(shell_id, command_id, soap.decoded(request.text("Arguments")))
                outcome.command = pipeline.script
                outcome.body = soap.started(request, command_id)
            case Operation.SEND:
                _plant(spaces.pipeline(shell_id, command_id), half_script, slow)
                lines = spaces.send(shell_id, command_id, request.stdin()[0])
                outcome.stdin = "".join(f"{line}\r\n" for line in lines).encode()
                outcome.body = soap.empty(request)
            case Operation.RECEIVE:
                limit = self.limits.chunk(request.envelope_limit)
                data, done = spaces.receive(shell_id, command_id, limit, request.timeout)
                outcome.body = soap.received(request, command_id, [("stdout", data)], 0 if done else None)
            case Operation.SIGNAL:
                spaces.end(shell_id, command_id)
                outcome.body = soap.empty(request)
            case Operation.DELETE:
                spaces.delete(shell_id)
                outcome.body = soap.empty(request)
            case _:
                raise WsmanError(FaultCode.NOT_SUPPORTED)
        return outcome


def _command_line(request: Request) -> str:
    """Return the command and its arguments as one line."""
    return " ".join([request.text("Command"), *request.texts("Arguments")])


def _plant(command: Command | Pipeline, half_script: Fault | None, slow: Fault | None) -> None:
    if half_script is not None:
        command.keep_lines = -1 if half_script.lines is None else half_script.lines
    if slow is not None:
        command.ready_at = time.monotonic() + slow.seconds
