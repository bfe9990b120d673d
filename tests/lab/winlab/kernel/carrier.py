# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way the data plane is carried here, and the data plane itself, up for as long as somebody needs it."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .channel import Channel
from .guest import Guest
from .image import prepare
from .packages import Unavailable


@dataclass(frozen=True, slots=True)
class Carrier:
    """A data plane that is up: which way it took, how long that took, and the way to the program inside."""

    way: str
    seconds: float
    channel: Channel


@contextmanager
def carrier(say: Callable[[str], None]) -> Iterator[Carrier]:
    """Bring the data plane up, and down again.

    :param say: told what is done, in sentences for people.
    :raises Unavailable: where no way works; the text says why.
    """
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Unavailable("the kernel data plane needs Linux on x86-64")
    began = time.monotonic()
    made = prepare(say, emulated=True)
    with Guest(made) as guest:
        check(guest.channel)
        seconds = round(time.monotonic() - began, 1)
        way = f"guest in software emulation, {guest.kernel}"
        say(f"kernel data plane: {way}, up after {seconds} s")
        yield Carrier(way, seconds, guest.channel)


def check(channel: Channel) -> None:
    """Have the kernel show that it can do what policies ask for.

    :raises Unavailable: with what it lacks.
    """
    lacking = channel.call("probe", patience=120)
    if lacking:
        raise Unavailable(f"the kernel lacks {'; '.join(lacking)}")
