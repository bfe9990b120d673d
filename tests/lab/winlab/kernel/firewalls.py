# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network firewalls of the data plane as hosts of an Ansible inventory.

They have no system of their own that one could log on to. Ansible runs on this machine instead (connection "local"),
with an interpreter that finds a program `nft` first which hands its arguments and its input to the real one in the
firewall's namespace, and brings back output and exit code. So what modules read and change is the kernel's.
"""

from __future__ import annotations

import json
import shlex
import socketserver
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from .channel import Channel

_STAND_IN = """#!{python}
import json, socket, sys

text = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
with socket.socket(socket.AF_UNIX) as door:
    door.connect({door!r})
    door.sendall(json.dumps({{"space": {space!r}, "arguments": sys.argv[1:], "text": text}}).encode())
    door.shutdown(socket.SHUT_WR)
    answer = json.loads(door.makefile().read())
sys.stdout.write(answer["output"])
sys.stderr.write(answer["errors"])
sys.exit(answer["code"])
"""
_INTERPRETER = """#!/bin/sh
PATH={folder}:$PATH exec {python} "$@"
"""
GROUP = "ipsec_firewalls"


class NetworkFirewalls:
    """Context manager.

    :param spaces: namespaces of the firewalls, by the names that the inventory shall have.
    """

    def __init__(self, channel: Channel, spaces: Mapping[str, str]) -> None:
        self._channel = channel
        self._spaces = spaces
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: _Door | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="winlab-firewalls-")
        place = Path(self._folder.name)
        self._server = _Door(str(place / "door"), self._channel, frozenset(self._spaces.values()))
        threading.Thread(target=self._server.serve_forever, name="winlab-firewalls", daemon=True).start()
        for name, space in self._spaces.items():
            folder = place / name
            folder.mkdir()
            stand_in = _STAND_IN.format(python=sys.executable, door=str(place / "door"), space=space)
            interpreter = _INTERPRETER.format(folder=shlex.quote(str(folder)), python=shlex.quote(sys.executable))
            for program, text in (("nft", stand_in), ("python", interpreter)):
                (folder / program).write_text(text)
                (folder / program).chmod(0o700)
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def inventory(self) -> dict[str, object]:
        """Return the group with the firewalls, for beside the lab's own inventory."""
        if self._folder is None:
            raise RuntimeError("the firewalls are not up")
        hosts = {
            name: {
                "ansible_connection": "local",
                "ansible_python_interpreter": str(Path(self._folder.name, name, "python")),
                # There is no start of the system that rules would have to survive.
                "firewall_nftables_main_file": "",
            }
            for name in self._spaces
        }
        return {"all": {"children": {GROUP: {"hosts": hosts}}}}


class _Door(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, channel: Channel, spaces: frozenset[str]) -> None:
        super().__init__(path, _Visit)
        self.channel = channel
        self.spaces = spaces


class _Visit(socketserver.StreamRequestHandler):
    server: _Door

    def handle(self) -> None:
        asked = json.loads(self.rfile.read())
        arguments: Sequence[str] = asked["arguments"]
        if asked["space"] not in self.server.spaces:
            answer = {"code": 1, "output": "", "errors": "no such firewall\n"}
        else:
            command = ["nft", *arguments]
            answer = self.server.channel.call("attempt", name=asked["space"], command=command, text=asked["text"])
        self.wfile.write(json.dumps(answer).encode())
