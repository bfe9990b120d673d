# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerShell remoting on top of WS-Management (MS-PSRP, MS-WSMV 3.1.4 for the resource powershell).

The messages are psrpcore's; the scripts are those that `shell.script` understands. Output of native programs arrives as
one string for each line, as a runspace hands it out; standard error as one more line each, since nobody tells them
apart there. Needs the package psrpcore, which only hosts with runspaces import.
"""

from __future__ import annotations

import struct
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ..host import Host
from ..shell import ShellOptions, script
from .codes import FaultCode, WsmanError
from .limits import Limits
from .soap import decoded

RESOURCE = "http://schemas.microsoft.com/powershell/microsoft.powershell"
_CREATION = ".//{http://schemas.microsoft.com/powershell}creationXml"
# No fragment is smaller; this much goes into one response besides.
_LEAST_FRAGMENT = 256
_MALFORMED = (ET.ParseError, ValueError, LookupError, AttributeError, TypeError, struct.error)
"""What psrpcore raises, besides its own errors, for messages that are none."""


@dataclass(slots=True)
class Pipeline:
    """One pipeline: its script, what it got as input, and where it stands."""

    core: Any
    script: str = ""
    lines: list[str] = field(default_factory=list, repr=False)
    keep_lines: int | None = None
    ready_at: float = 0.0
    ended: bool = False

    def surviving_input(self) -> bytes:
        """Return the input that a planted fault leaves, as lines."""
        keep = len(self.lines) if self.keep_lines is None else self.keep_lines
        lines = self.lines[: len(self.lines) // 2 if keep < 0 else keep]
        return "".join(f"{line}\r\n" for line in lines).encode()


@dataclass(slots=True)
class Pool:
    """One runspace pool with its pipelines, and the fragments that wait to be fetched, by pipeline."""

    core: Any
    touched: float
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    waiting: dict[str, deque[bytes]] = field(default_factory=dict)


class Runspaces:
    """All runspace pools of one host. Scripts run under `running`, one at a time, like the commands of its shells."""

    def __init__(self, host: Host, limits: Limits, options: ShellOptions, running: threading.Lock) -> None:
        self._host = host
        self._limits = limits
        self._options = options
        self._running = running
        self._lock = threading.Lock()
        self._pools: dict[str, Pool] = {}

    def __len__(self) -> int:
        return len(self._pools)

    def __contains__(self, shell_id: str) -> bool:
        return shell_id in self._pools

    def create(self, body: ET.Element, shell_id: str) -> str:
        """Open a pool; returns its identity, which is the client's if it names one.

        :raises WsmanError: when the request carries no messages, or there are too many pools.
        """
        from psrpcore import PSRPPayload, ServerRunspacePool, StreamType

        if not self._options.powershell:
            raise WsmanError(FaultCode.NOT_SUPPORTED)
        creation = body.find(_CREATION)
        if creation is None:
            raise WsmanError(FaultCode.BAD_REQUEST)
        now = time.monotonic()
        pool = Pool(ServerRunspacePool(), now)
        pool.core.receive_data(PSRPPayload(decoded(creation.text or ""), StreamType.default, None))
        self._deal(pool)
        with self._lock:
            for old in [name for name, each in self._pools.items() if now - each.touched > self._limits.idle_seconds]:
                del self._pools[old]
            if len(self._pools) >= self._limits.max_shells:
                raise WsmanError(FaultCode.QUOTA)
            name = shell_id or str(uuid.uuid4()).upper()
            self._pools[name] = pool
        return name

    def pool(self, shell_id: str) -> Pool:
        """Return a pool.

        :raises WsmanError: for an unknown one.
        """
        pool = self._pools.get(shell_id)
        if pool is None:
            raise WsmanError(FaultCode.INVALID_SHELL)
        pool.touched = time.monotonic()
        return pool

    def begin(self, shell_id: str, command_id: str) -> Pipeline:
        """Add a pipeline to a pool; its messages come with `send`.

        :raises WsmanError: for an unknown pool, too many pipelines, or an identity that is none.
        """
        from psrpcore import ServerPipeline

        pool = self.pool(shell_id)
        if len(pool.pipelines) >= self._limits.max_operations:
            raise WsmanError(FaultCode.QUOTA)
        try:
            core = ServerPipeline(pool.core, uuid.UUID(command_id))
        except ValueError as bad:
            raise WsmanError(FaultCode.BAD_REQUEST) from bad
        pipeline = pool.pipelines[command_id] = Pipeline(core)
        return pipeline

    def send(self, shell_id: str, command_id: str, data: bytes) -> list[str]:
        """Take a fragment for a pipeline; returns the lines of input that came with it.

        :raises WsmanError: for an unknown pipeline, or bytes that are no messages.
        """
        from psrpcore import PSRPPayload, StreamType

        pool = self.pool(shell_id)
        pipeline = self.pipeline(shell_id, command_id)
        before = len(pipeline.lines)
        pool.core.receive_data(PSRPPayload(data, StreamType.default, pipeline.core.pipeline_id))
        self._deal(pool)
        return pipeline.lines[before:]

    def pipeline(self, shell_id: str, command_id: str) -> Pipeline:
        """Return a pipeline.

        :raises WsmanError: for an unknown one.
        """
        pipeline = self.pool(shell_id).pipelines.get(command_id)
        if pipeline is None:
            raise WsmanError(FaultCode.INVALID_SHELL)
        return pipeline

    def receive(self, shell_id: str, command_id: str, limit: int, timeout: float) -> tuple[bytes, bool]:
        """Return messages for a pipeline, or for the pool, and whether the pipeline has nothing more to say.

        :raises WsmanError: when nothing came in time.
        """
        pool = self.pool(shell_id)
        pipeline = self.pipeline(shell_id, command_id) if command_id else None
        deadline = time.monotonic() + timeout
        while True:
            waiting = pool.waiting.get(command_id, deque())
            if waiting and (pipeline is None or time.monotonic() >= pipeline.ready_at):
                break
            if time.monotonic() >= deadline:
                raise WsmanError(FaultCode.TIMED_OUT)
            time.sleep(0.01)
        data = waiting.popleft()
        while waiting and len(data) + len(waiting[0]) <= limit:
            data += waiting.popleft()
        return data, pipeline is not None and pipeline.ended and not waiting

    def end(self, shell_id: str, command_id: str) -> None:
        """Forget a pipeline; one that is gone already is no error."""
        pool = self.pool(shell_id)
        pool.pipelines.pop(command_id, None)
        pool.waiting.pop(command_id, None)

    def delete(self, shell_id: str) -> None:
        """Close a pool with all its pipelines.

        :raises WsmanError: for an unknown one.
        """
        with self._lock:
            if self._pools.pop(shell_id, None) is None:
                raise WsmanError(FaultCode.INVALID_SHELL)

    def _deal(self, pool: Pool) -> None:
        """Work on the messages that came in, and queue what is to be said."""
        from psrpcore import CreatePipelineEvent, EndOfPipelineInputEvent, PipelineInputEvent

        while (event := _next_event(pool)) is not None:
            name = str(getattr(event, "pipeline_id", None) or "").upper()
            pipeline = pool.pipelines.get(name)
            if pipeline is None:
                continue
            if isinstance(event, CreatePipelineEvent):
                pipeline.script = "\n".join(command.command_text for command in event.pipeline.commands)
                if event.pipeline.no_input:
                    self._run(pipeline)
            elif isinstance(event, PipelineInputEvent):
                pipeline.lines.append(_text(event.data))
            elif isinstance(event, EndOfPipelineInputEvent):
                self._run(pipeline)
        size = max(_LEAST_FRAGMENT, self._limits.chunk(0))
        while (payload := pool.core.data_to_send(size)) is not None:
            name = str(payload.pipeline_id or "").upper()
            pool.waiting.setdefault(name, deque()).append(payload.data)

    def _run(self, pipeline: Pipeline) -> None:
        from psrpcore.types import HostMethodIdentifier

        out, err = bytearray(), bytearray()
        with self._running:
            code, hands_on = script(
                self._host, pipeline.script, pipeline.surviving_input(), out.extend, err.extend, self._options
            )
        pipeline.core.start()
        for line in (out + err).decode(self._host.oem_encoding, "replace").splitlines():
            pipeline.core.write_output(line)
        if hands_on or code:
            # A refused script would write an error record; its exit code says as much here.
            pipeline.core.host_call(HostMethodIdentifier.SetShouldExit, [code])
        pipeline.core.complete()
        pipeline.ended = True


def _next_event(pool: Pool) -> Any:
    """Return the next message of the client, None when there is none."""
    from psrpcore import PSRPCoreError

    try:
        return pool.core.next_event()
    except (PSRPCoreError, *_MALFORMED) as bad:
        raise WsmanError(FaultCode.BAD_REQUEST) from bad


def _text(data: object) -> str:
    return bytes(data).decode("utf-8", "replace") if isinstance(data, (bytes, bytearray)) else str(data)
