# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data plane in namespaces of the running kernel: of root, or of a user namespace.

The programs are those of the cached tree, as in the guest. Network, mounts and processes are private: what is made in
them is gone when the first process ends, and that dies with this one.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from .channel import Channel
from .image import ImageSet
from .packages import Unavailable

PROGRAMS = ("unshare", "mount", "chroot", "ip")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_KEY = "0x" + "".join(f"{7 * each:02x}" for each in range(1, 25))
_STATE = (
    "src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 mode transport "
    f"enc cbc(des3_ede) {_KEY} auth hmac(sha1) {_KEY[:42]}"
)
_SETUP = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
for place in run tmp; do mount -t tmpfs $place "$1/$place"; done
mount -t proc proc "$1/proc"
mount -t sysfs sys "$1/sys"
mount --rbind /dev "$1/dev"
mkdir "$1/run/lab" "$1/run/lab/inside"
cp "$2"/*.py "$1/run/lab/inside/"
cd "$1/run/lab"
enter=$(command -v chroot)
export PYTHONPATH=/run/lab PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec "$enter" "$1" /usr/bin/python3 -B -m inside.local "$3"
"""


def _namespaces(*, user: bool) -> list[str]:
    own = ["--user", "--map-root-user"] if user else []
    return ["unshare", *own, "--net", "--mount", "--pid", "--fork", "--kill-child"]


def probe(*, user: bool) -> str:
    """Return why the running kernel cannot carry the data plane, empty if it seems that it can.

    An association is added in a throw-away namespace; the kernel loads what it needs for that if it can.
    """
    missing = [each for each in PROGRAMS if shutil.which(each) is None]
    if missing:
        return f"{', '.join(missing)} missing"
    if not user and os.geteuid():
        return "only root may make namespaces without a user namespace"
    command = [*_namespaces(user=user), "ip", "xfrm", "state", "add", *_STATE.split()]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
    said = (done.stderr + done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else (said[-1] if said else f"code {done.returncode}")


class Direct:
    """Context manager around the namespaces. `channel` speaks with the program inside.

    :param user: whether they belong to a user namespace.
    """

    def __init__(self, made: ImageSet, *, user: bool, seconds: float = 60.0) -> None:
        self._made = made
        self._user = user
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None

    @property
    def kernel(self) -> str:
        """Which kernel runs."""
        return f"Linux {platform.release()}"

    @property
    def channel(self) -> Channel:
        """The way to the program inside."""
        if self._channel is None:
            raise RuntimeError("the data plane is not up")
        return self._channel

    def __enter__(self) -> Self:
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [str(self._made.tree), str(Path(__file__).parent / "inside"), str(theirs.fileno())]
            self._process = subprocess.Popen(
                [*_namespaces(user=self._user), "sh", "-c", _SETUP, "sh", *arguments],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                preexec_fn=_with_parent,
                start_new_session=True,
            )
        self._channel = Channel(ours)
        try:
            self._channel.call("hello", patience=self._seconds)
        except BaseException as bad:
            self.__exit__()
            raise Unavailable(f"the namespaces do not answer: {bad}") from bad
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _with_parent() -> None:
    """Have the kernel end the namespaces when this process ends, however it does."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
