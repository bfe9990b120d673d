# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells and commands of one endpoint (MS-WSMV 3.1.4: the resource windows/shell/cmd).

[ledger: stdin-pieces-are-one, winrs-every-version]
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..host import Host
from ..shell import InputNeverEnds, ShellOptions, execute
from .codes import FaultCode, WsmanError
from .limits import Limits


@dataclass(slots=True)
class Command:
    """A command and its output so far.

    :param console: started with WINRS_CONSOLEMODE_STDIN=TRUE, so that the end of input never comes.
    :param keep_lines: lines of standard input that survive a planted fault; -1 for half of them, None for all.
    :param ready_at: monotonic second before which no output is handed out.
    """

    line: str
    console: bool
    keep_lines: int | None = None
    ready_at: float = 0.0
    id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    stdin: bytearray = field(default_factory=bytearray, repr=False)
    started: bool = False
    output: dict[str, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    code: int | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def surviving_stdin(self) -> bytes | None:
        """Return what the command reads: None for a console."""
        if self.console:
            return None
        if self.keep_lines is None:
            return bytes(self.stdin)
        lines = bytes(self.stdin).splitlines(keepends=True)
        keep = len(lines) // 2 if self.keep_lines < 0 else self.keep_lines
        return b"".join(lines[:keep])

    def pop(self, limit: int) -> list[tuple[str, bytes]]:
        """Take at most `limit` bytes of output away, as (stream, bytes)."""
        pieces = []
        for name, waiting in self.output.items():
            piece = bytes(waiting[:limit])
            del waiting[: len(piece)]
            limit -= len(piece)
            if piece:
                pieces.append((name, piece))
        return pieces


@dataclass(slots=True)
class Shell:
    """An open shell."""

    environment: Mapping[str, str]
    touched: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    commands: dict[str, Command] = field(default_factory=dict)


class Shells:
    """All shells of one host. The host's state changes under one lock: one command runs at a time."""

    def __init__(self, host: Host, limits: Limits, options: ShellOptions) -> None:
        self._host = host
        self._limits = limits
        self._options = options
        self._lock = threading.Lock()
        self.running = threading.Lock()
        self._shells: dict[str, Shell] = {}

    def __len__(self) -> int:
        with self._lock:
            return len(self._shells)

    def create(self, environment: Mapping[str, str]) -> Shell:
        """Open a shell.

        :raises WsmanError: when the user has too many.
        """
        now = time.monotonic()
        with self._lock:
            idle = [shell.id for shell in self._shells.values() if now - shell.touched > self._limits.idle_seconds]
            for shell_id in idle:
                del self._shells[shell_id]
            if len(self._shells) >= self._limits.max_shells:
                raise WsmanError(FaultCode.QUOTA)
            shell = Shell(environment, now)
            self._shells[shell.id] = shell
            return shell

    def _shell(self, shell_id: str) -> Shell:
        shell = self._shells.get(shell_id)
        if shell is None:
            raise WsmanError(FaultCode.INVALID_SHELL)
        shell.touched = time.monotonic()
        return shell

    def find(self, shell_id: str, command_id: str) -> Command:
        """Return a command.

        :raises WsmanError: when the shell or the command does not exist.
        """
        with self._lock:
            command = self._shell(shell_id).commands.get(command_id)
        if command is None:
            raise WsmanError(FaultCode.INVALID_SHELL)
        return command

    def start(self, shell_id: str, command: Command) -> None:
        """Add a command to a shell. One without a pipe runs at once, the others when their input has ended.

        :raises WsmanError: for an unknown shell, or too many commands.
        """
        with self._lock:
            shell = self._shell(shell_id)
            if sum(len(each.commands) for each in self._shells.values()) >= self._limits.max_operations:
                raise WsmanError(FaultCode.QUOTA)
            shell.commands[command.id] = command
        if command.console:
            self._execute(shell, command)

    def send(self, shell_id: str, command: Command, data: bytes, end: bool) -> None:
        """Add bytes to a command's input, and run it when they were the last ones."""
        with self._lock:
            shell = self._shell(shell_id)
        if not command.console:
            command.stdin += data
            if end:
                self._execute(shell, command)

    def _execute(self, shell: Shell, command: Command) -> None:
        with self.running:
            if command.started:
                return
            command.started = True
            output = command.output
            code: int | None
            try:
                code = execute(
                    self._host,
                    command.line,
                    command.surviving_stdin(),
                    output["stdout"].extend,
                    output["stderr"].extend,
                    self._options,
                    shell.environment,
                )
            except InputNeverEnds:
                # The program waits at its console: the command stays in the state Running until a Signal.
                code = None
        with command.changed:
            command.code = code
            command.changed.notify_all()

    def receive(self, command: Command, limit: int, timeout: float) -> tuple[list[tuple[str, bytes]], int | None]:
        """Wait for output, at most `timeout` seconds; returns the pieces, and the exit code when all is told.

        :raises WsmanError: when nothing came in time.
        """
        deadline = time.monotonic() + timeout
        with command.changed:
            while True:
                now = time.monotonic()
                if now >= command.ready_at:
                    pieces = command.pop(limit)
                    told = not any(command.output.values()) and command.code is not None
                    if pieces or told:
                        return pieces, command.code if told else None
                if now >= deadline:
                    raise WsmanError(FaultCode.TIMED_OUT)
                command.changed.wait(min(deadline, command.ready_at if command.ready_at > now else deadline) - now)

    def end(self, shell_id: str, command_id: str) -> None:
        """Signal: forget a command; one that is gone already is no error."""
        with self._lock:
            self._shell(shell_id).commands.pop(command_id, None)

    def delete(self, shell_id: str) -> None:
        """Close a shell with all its commands.

        :raises WsmanError: for an unknown shell.
        """
        with self._lock:
            self._shell(shell_id)
            del self._shells[shell_id]
