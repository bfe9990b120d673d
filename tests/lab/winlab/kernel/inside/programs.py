# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of others in the namespaces, each with files of its own. What they serve is decided outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .namespaces import within

FOLDER = Path("/run/programs")
_HERE = "@folder@"
_LISTENING = "0A"
_ALL_USERS = 1 << 16


class Programs:
    """What runs, by namespace and label."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def possible(self) -> bool:
        """Tell whether programs that change their user work here: not where there is but one user."""
        users = sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines())
        return users >= _ALL_USERS

    def names(self) -> list[str]:
        """Return what runs, as namespace and label."""
        return sorted(" ".join(each) for each in self._running)

    def prepare(self, name: str, label: str, files: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the files of a program: text, and user and mode where others than root must or must not get at them.

        In texts @folder@ stands for the folder that the files are in.
        """
        folder = FOLDER / name / label
        folder.mkdir(parents=True, exist_ok=True)
        for path, one in files.items():
            place = folder / path
            for parent in reversed(place.relative_to(folder).parents[:-1]):
                (folder / parent).mkdir(exist_ok=True)
                os.chown(folder / parent, one.get("user", 0), -1)
            place.write_text(str(one["text"]).replace(_HERE, str(folder)))
            place.chmod(one.get("mode", 0o644))
            os.chown(place, one.get("user", 0), -1)

    def run(self, name: str, label: str, command: Sequence[str], text: str = "", seconds: float = 90) -> str:
        """Run something that ends in a namespace, with the files of a program; return what it prints.

        :raises RuntimeError: when it fails, or takes longer; with what it says.
        """
        whole = ["ip", "netns", "exec", name, *_placed(name, label, command)]
        settings: dict[str, Any] = {"env": _environment(name, label), "capture_output": True, "text": True}
        try:
            done = subprocess.run(whole, input=text, timeout=seconds, check=False, **settings)
        except subprocess.TimeoutExpired as late:
            raise RuntimeError(f"{label} of {name}: {' '.join(command)}: no end within {seconds:g} s") from late
        if done.returncode:
            raise RuntimeError(f"{label} of {name}: {' '.join(command)}: {(done.stderr + done.stdout).strip()}")
        return str(done.stdout)

    def start(self, name: str, label: str, command: Sequence[str], ports: Sequence[int], seconds: float = 90) -> None:
        """Start a program whose files are there, and wait until it listens on its TCP ports.

        :raises RuntimeError: when it ends or does not listen in time; with what it has said.
        """
        with open(FOLDER / name / label / "output", "wb") as output:
            process = subprocess.Popen(
                ["ip", "netns", "exec", name, *_placed(name, label, command)],
                env=_environment(name, label),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with self._lock:
            self._running[name, label] = process
        until = time.monotonic() + seconds
        while missing := set(ports) - listening(name):
            if process.poll() is not None or time.monotonic() > until:
                said = self.said(name, label)
                raise RuntimeError(f"{label} of {name} does not listen on {sorted(missing)}: {said}")
            time.sleep(0.05)

    def said(self, name: str, label: str) -> str:
        """Return what a program has written down, the end of it."""
        found = [path for path in (FOLDER / name / label / each for each in ("output", "log")) if path.exists()]
        return "".join(path.read_text(errors="replace")[-4000:] for path in found)

    def stop(self, name: str, label: str) -> None:
        """End a program with all its processes; its files stay."""
        with self._lock:
            process = self._running.pop((name, label), None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def remove(self, prefix: str) -> None:
        """End the programs of some namespaces and remove their files."""
        for name, label in [each for each in list(self._running) if each[0].startswith(prefix)]:
            self.stop(name, label)
        for folder in FOLDER.glob(f"{prefix}*"):
            shutil.rmtree(folder, ignore_errors=True)


def listening(name: str) -> set[int]:
    """Return the TCP ports on which somebody listens in a namespace."""
    with within(name), open("/proc/thread-self/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return {int(row[1].partition(":")[2], 16) for row in rows if row[3] == _LISTENING}


def _placed(name: str, label: str, command: Sequence[str]) -> list[str]:
    return [each.replace(_HERE, str(FOLDER / name / label)) for each in command]


def _environment(name: str, label: str) -> dict[str, str]:
    """Return the environment of a program: Kerberos looks for its files there."""
    folder = FOLDER / name / label
    places = {"KRB5_CONFIG": "krb5.conf", "KRB5_KDC_PROFILE": "kdc.conf", "KRB5_CLIENT_KTNAME": "keytab"}
    return {**os.environ, **{key: str(folder / file) for key, file in places.items()}, "KRB5CCNAME": f"{folder}/ccache"}
