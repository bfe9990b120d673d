# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated guest: starts it, speaks with it, ends it. It is no one's child but ours and dies with us."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from .channel import Channel
from .image import ImageSet, initial_files
from .packages import Unavailable

_KERNEL_LINE = (
    "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on "
    "cryptomgr.notests rcupdate.rcu_expedited=1"
)
_MEGABYTES = 768
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Guest:
    """Context manager around one guest. `channel` speaks with the program inside.

    :param seconds: how long it may take to answer.
    """

    def __init__(self, made: ImageSet, seconds: float = 120.0) -> None:
        self._made = made
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._channel: Channel | None = None

    @property
    def kernel(self) -> str:
        """Which kernel runs in it."""
        return self._made.kernel.name.replace("vmlinuz-", "Linux ")

    @property
    def channel(self) -> Channel:
        """The way to the program inside."""
        if self._channel is None:
            raise RuntimeError("the guest is not up")
        return self._channel

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="winlab-guest-")
        place = Path(self._folder.name)
        (place / "initrd").write_bytes(initial_files(self._made))
        try:
            modules = self._made.folder / "emulator/usr/lib/x86_64-linux-gnu/qemu"
            self._process = subprocess.Popen(
                self._command(place),
                env={**os.environ, "QEMU_MODULE_DIR": str(modules)},
                stdin=subprocess.DEVNULL,
                preexec_fn=_with_parent,
                start_new_session=True,
            )
            self._channel = Channel(self._connect(place / "port"))
            self._channel.call("hello", patience=self._seconds)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            # Nothing in it is to be kept.
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _command(self, place: Path) -> list[str]:
        data = self._made.folder / "emulator/usr/share"
        folders = [word for name in ("qemu", "seabios") for word in ("-L", str(data / name))]
        return [
            *self._made.emulator("qemu-system-x86_64"),
            *("-M", "pc", "-cpu", "max", "-accel", "tcg,tb-size=128,thread=multi", "-smp", "2", "-m", str(_MEGABYTES)),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", *folders),
            *("-kernel", str(self._made.kernel), "-initrd", str(place / "initrd"), "-append", _KERNEL_LINE),
            *("-drive", f"file={self._made.disk},if=virtio,format=raw,readonly=on"),
            *("-chardev", f"file,id=console,path={place / 'console'}", "-serial", "chardev:console"),
            *("-device", "virtio-serial-pci"),
            *("-chardev", f"socket,id=port,path={place / 'port'},server=on,wait=off"),
            *("-device", "virtserialport,chardev=port,name=winlab"),
        ]

    def _connect(self, path: Path) -> socket.socket:
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            if self._process is not None and self._process.poll() is not None:
                raise Unavailable(f"the emulator ended with code {self._process.returncode}")
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(path))
                return connection
            except OSError:
                connection.close()
                time.sleep(0.05)
        raise Unavailable("the emulator opened no port")


def _with_parent() -> None:
    """Have the kernel end the emulator when this process ends, however it does."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
