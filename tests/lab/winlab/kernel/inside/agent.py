# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers calls: one JSON object a line, each in a thread of its own, so that a slow one holds up no other."""

from __future__ import annotations

import io
import json
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from .capture import Captures
from .conversations import Conversations
from .fallback import Fallbacks
from .keying import Daemons
from .network import Networks
from .programs import Programs
from .traffic import Services


class Agent:
    """All that can be called, by name."""

    def __init__(self) -> None:
        self.networks = Networks()
        self.daemons = Daemons()
        self.services = Services()
        self.conversations = Conversations()
        self.captures = Captures()
        self.fallbacks = Fallbacks()
        self.programs = Programs()
        self.calls: dict[str, Callable[..., Any]] = {
            "hello": lambda: "here",
            "probe": self.networks.probe,
            "lay": self.networks.lay,
            "remove": self.remove,
            "execute": self.networks.execute,
            "attempt": self.networks.attempt,
            "policies": self.networks.policies,
            "kernel_associations": self.networks.associations,
            "serve": self.services.serve,
            "request": self.services.request,
            "listen": self.conversations.listen,
            "knock": self.conversations.knock,
            "open": self.conversations.open,
            "reach": self.conversations.reach,
            "send": self.conversations.send,
            "receive": self.conversations.receive,
            "finish": self.conversations.finish,
            "close": self.conversations.close,
            "statistics": self.networks.statistics,
            "start_keying": self.daemons.start,
            "change_keying": self.daemons.change,
            "stop_keying": self.daemons.stop,
            "keying_associations": self.daemons.associations,
            "keying_log": self.daemons.log,
            "start_capture": self.captures.start,
            "stop_capture": self.captures.stop,
            "watch": self.fallbacks.watch,
            "unwatch": self.fallbacks.unwatch,
            "fallen_back": self.fallbacks.fallen,
            "programs_possible": self.programs.possible,
            "prepare_program": self.programs.prepare,
            "run_program": self.programs.run,
            "start_program": self.programs.start,
            "stop_program": self.programs.stop,
            "said_by_program": self.programs.said,
            "left": self.left,
        }

    def remove(self, prefix: str) -> None:
        """End all that runs in the namespaces whose names begin with a prefix, and the namespaces."""
        self.fallbacks.remove(prefix)
        self.captures.remove(prefix)
        self.services.remove(prefix)
        self.conversations.remove(prefix)
        self.daemons.remove(prefix)
        self.programs.remove(prefix)
        self.networks.remove(prefix)

    def left(self) -> dict[str, list[str]]:
        """Return what exists: namespaces, daemons, watchers and programs, by name."""
        return {
            "namespaces": self.networks.names(),
            "daemons": self.daemons.names(),
            "watchers": self.fallbacks.names(),
            "programs": self.programs.names(),
        }

    def answer(self, line: bytes) -> bytes:
        """Carry out one call and return the line that answers it."""
        asked = json.loads(line)
        try:
            answer = {"number": asked["number"], "answer": self.calls[asked["call"]](**asked["with"])}
        except Exception as bad:  # whatever went wrong inside, the outside must hear of it
            text = "".join(traceback.format_exception(bad)[-2:]).strip()
            answer = {"number": asked["number"], "error": text}
        return json.dumps(answer).encode() + b"\n"


def serve(reader: io.RawIOBase | BinaryIO, writer: io.RawIOBase | BinaryIO) -> None:
    """Answer calls until the other side ends."""
    agent, lock = Agent(), threading.Lock()

    def work(line: bytes) -> None:
        answer = memoryview(agent.answer(line))
        with lock:
            while answer:
                answer = answer[writer.write(answer) or 0 :]

    rest = b""
    while data := reader.read(1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            threading.Thread(target=work, args=(line,), daemon=True).start()
