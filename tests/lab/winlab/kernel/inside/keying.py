# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IKE daemons, one in each namespace that speaks IKE, each with files of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .vici import Session

FOLDER = Path("/run/keying")

# Plugins are named: what else is installed must not change what is offered.
_PLUGINS = (
    "random nonce x509 constraints pubkey pkcs1 pkcs8 pem openssl gcrypt md5 sha1 sha2 hmac kdf gmp kernel-netlink "
    "socket-default vici counters"
)
_SETTINGS = """
{name} {{
  load = {plugins}
  install_routes = no
  install_virtual_ip = no
  retransmit_timeout = 2.0
  retransmit_tries = 3
  plugins {{
    vici {{
      socket = unix://{folder}/vici
    }}
  }}
  filelog {{
    main {{
      path = {folder}/log
      default = 1
      cfg = 1
      ike_name = yes
      flush_line = yes
      time_format = %s
    }}
  }}
}}
"""


class Daemons:
    """Which daemons run, by namespace."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the namespaces with a daemon."""
        return sorted(self._running)

    def start(self, name: str, secrets: Sequence[Mapping[str, Any]], connections: Mapping[str, Any]) -> None:
        """Start the daemon of a namespace and load what it needs; one that runs already is ended first.

        :param secrets: arguments of commands, each with the command's name in it.
        """
        self.stop(name)
        folder = FOLDER / name
        folder.mkdir(parents=True)
        settings = folder / "strongswan.conf"
        # The daemon reads the section with its own name and falls back to that of its family.
        sections = (_SETTINGS.format(name=each, plugins=_PLUGINS, folder=folder) for each in ("charon-systemd",))
        settings.write_text("".join(sections))
        with open(folder / "output", "wb") as output:
            process = subprocess.Popen(
                ["ip", "netns", "exec", name, "charon-systemd"],
                env={**os.environ, "STRONGSWAN_CONF": str(settings)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with self._lock:
            self._running[name] = process
        session = self._session(name)
        try:
            _load(session, secrets, connections)
        finally:
            session.close()

    def change(self, name: str, secrets: Sequence[Mapping[str, Any]], connections: Mapping[str, Any]) -> None:
        """Load something else into the daemon of a namespace, which goes on running; what it has negotiated ends."""
        session = self._session(name)
        try:
            known = [each for found in session.stream("list-conns", "list-conn", {}) for each in found]
            old = [one["uniqueid"] for found in session.stream("list-sas", "list-sa", {}) for one in found.values()]
            session.command("clear-creds", {})
            for label in set(known) - set(connections):
                session.command("unload-conn", {"name": label})
            _load(session, secrets, connections)
            for number in old:
                # One that is gone already needs no end.
                with suppress(RuntimeError):
                    session.command("terminate", {"ike-id": number, "force": "yes", "timeout": "1000"})
        finally:
            session.close()

    def stop(self, name: str) -> None:
        """End the daemon of a namespace; its associations go with it."""
        with self._lock:
            process = self._running.pop(name, None)
        if process is not None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(FOLDER / name, ignore_errors=True)

    def remove(self, prefix: str) -> None:
        """End the daemons of some namespaces."""
        for name in [each for each in self.names() if each.startswith(prefix)]:
            self.stop(name)

    def associations(self, name: str) -> list[dict[str, Any]]:
        """Return what the daemon of a namespace has, as it tells it; nothing without one."""
        if name not in self._running:
            return []
        session = self._session(name)
        try:
            return list(session.stream("list-sas", "list-sa", {}))
        finally:
            session.close()

    def log(self, name: str) -> str:
        """Return what the daemon of a namespace has written down."""
        path = FOLDER / name / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _session(self, name: str, seconds: float = 60.0) -> Session:
        """Connect to a daemon as soon as it listens."""
        until = time.monotonic() + seconds
        while True:
            try:
                return Session(str(FOLDER / name / "vici"))
            except OSError as bad:
                process = self._running.get(name)
                if process is None or process.poll() is not None or time.monotonic() > until:
                    said = (FOLDER / name / "output").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the daemon of {name} does not listen: {bad}; {said}") from bad
                time.sleep(0.05)


def _load(session: Session, secrets: Sequence[Mapping[str, Any]], connections: Mapping[str, Any]) -> None:
    for each in secrets:
        arguments = dict(each)
        session.command(str(arguments.pop("command")), arguments)
    for label, one in connections.items():
        session.command("load-conn", {label: one})
