# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces by name, as iproute2 keeps them."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

FOLDER = "/run/netns"


def run(command: Sequence[str], text: str | None = None) -> str:
    """Run a program and return what it prints.

    :raises RuntimeError: when it fails; with what it says.
    """
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr + done.stdout).strip()}")
    return done.stdout


@contextmanager
def within(name: str) -> Iterator[None]:
    """Put the calling thread into a namespace. Sockets that are made there stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    home, away = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(f"{FOLDER}/{name}", os.O_RDONLY)
    try:
        if libc.setns(away, 0):
            raise OSError(ctypes.get_errno(), f"setns {name}")
        try:
            yield
        finally:
            libc.setns(home, 0)
    finally:
        os.close(home)
        os.close(away)
