# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's end of the lab's ssh: one connection is one command line with its standard input.

[ledger: ssh-connection-variable]
"""

from __future__ import annotations

import base64
import json
import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ..host import Host
from ..requestlog import Entry, RequestLog
from ..shell import InputNeverEnds, ShellOptions, decode_line, execute, script
from ..wsman import Effect, FaultPlan

DEFAULT_SHELLS = ("cmd", "powershell")
OPERATION = "Exec"


def write_client(folder: Path) -> Path:
    """Write the program that takes the place of ssh into a folder, and return its path."""
    program = folder / "ssh"
    client = Path(__file__).with_name("client.py")
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{client}" "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    return program


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


class Door:
    """Listens on loopback for the lab's ssh program; ends with `close`.

    :param default_shell: what sshd hands command lines to: cmd, or powershell.
    :param seen_port: the port that the host knows itself by, where something on the way changes it.
    :param running: held while a command runs, since commands of one host run one after another.
    """

    def __init__(
        self,
        host: Host,
        default_shell: str,
        log: RequestLog,
        running: threading.Lock,
        *,
        options: ShellOptions | None = None,
        faults: FaultPlan | None = None,
        reachable: Callable[[Host], bool] = lambda _host: True,
        address: str = "127.0.0.1",
        seen_port: int | None = None,
    ) -> None:
        self._host = host
        self._run = _in_powershell if default_shell == "powershell" else _in_cmd
        self._log = log
        self._running = running
        self._options = options or ShellOptions()
        self._faults = faults or FaultPlan()
        self._reachable = reachable
        door = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = self.rfile.readline()
                if head:
                    self.wfile.write(door.serve(json.loads(head)["line"], self.rfile.read()))

        self._server = _Server((address, 0), Handler)
        self.port = int(self._server.server_address[1])
        self.seen_port = seen_port or self.port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="winlab-ssh", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, line: str, stdin: bytes) -> bytes:
        """Run one command line; returns the answer for the program, no bytes for a connection that was cut."""
        number = self._log.arrive()
        hits = {fault.effect: fault for fault in self._faults.take(self._host.name, number, OPERATION)}
        answer = b""
        if self._reachable(self._host) and Effect.DROP_BEFORE not in hits:
            cut_short = hits.get(Effect.HALF_SCRIPT)
            answer = self._execute(line, stdin if cut_short is None else _first_lines(stdin, cut_short.lines))
        if Effect.DROP_AFTER in hits or not self._reachable(self._host):
            answer = b""
        self._log.add(
            Entry(
                host=self._host.name,
                number=number,
                connection=number,
                operation=OPERATION,
                status=200 if answer else 0,
                received=len(line) + len(stdin),
                sent=len(answer),
                encrypted=True,
                command=decode_line(line) or line,
                stdin=stdin,
            )
        )
        return answer

    def _execute(self, line: str, stdin: bytes) -> bytes:
        out, err = bytearray(), bytearray()
        variables = {}
        for each in self._host.connections:
            if each.local_port == self.seen_port and not each.waits:
                # ssh(1), ENVIRONMENT: address and port of the client, then of the server.
                variables["ssh_connection"] = f"{each.peer} {each.peer_port} {each.local} {each.local_port}"
        with self._running:
            try:
                code = self._run(self._host, line, stdin, out, err, self._options, variables)
            except InputNeverEnds:
                return b""
        shown = {name: base64.b64encode(data).decode() for name, data in (("stdout", out), ("stderr", err))}
        return json.dumps({"code": code, **shown}).encode() + b"\n"


def _first_lines(stdin: bytes, count: int | None) -> bytes:
    lines = stdin.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2 if count is None else count])


Variables = Mapping[str, str]


def _in_cmd(
    host: Host, line: str, stdin: bytes, out: bytearray, err: bytearray, options: ShellOptions, variables: Variables
) -> int:
    # sshd puts the line between quotes, which cmd.exe takes off again.
    # [ledger: ssh-quotes-the-line]
    return execute(host, f'"{line}"', stdin, out.extend, err.extend, options, variables)


def _in_powershell(
    host: Host, line: str, stdin: bytes, out: bytearray, err: bytearray, options: ShellOptions, variables: Variables
) -> int:
    code, hands_on = script(host, line, stdin, out.extend, err.extend, options, variables)
    return code if hands_on else int(code != 0)
