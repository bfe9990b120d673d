# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way the data plane is carried here, and the data plane itself, up for as long as somebody needs it.

Directly where the running kernel has ESP and AH: as root, else in a user namespace. Everywhere else in an emulated
guest. LAB_KERNEL_WAY names one way (direct, user, guest), which is then the only one that is tried.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .channel import Channel
from .direct import Direct, probe
from .guest import Guest
from .image import prepare
from .packages import Unavailable

WAYS = {
    "direct": "namespaces of the running kernel, as root",
    "user": "a user namespace of the running kernel",
    "guest": "a guest in software emulation",
}


@dataclass(frozen=True, slots=True)
class Carrier:
    """A data plane that is up: which way it took, how long that took, and the way to the program inside."""

    way: str
    seconds: float
    channel: Channel


@contextmanager
def carrier(say: Callable[[str], None]) -> Iterator[Carrier]:
    """Bring the data plane up, and down again.

    :param say: told which ways do not work here and why, and which one was taken.
    :raises Unavailable: where no way works; the text says why.
    """
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Unavailable("the kernel data plane needs Linux on x86-64")
    began = time.monotonic()
    way = choose(say)
    made = prepare(say, emulated=way == "guest")
    carried = Guest(made) if way == "guest" else Direct(made, user=way == "user")
    with carried as up:
        check(up.channel)
        seconds, text = round(time.monotonic() - began, 1), f"{WAYS[way]} ({up.kernel})"
        say(f"kernel data plane: {text}, up after {seconds} s")
        yield Carrier(text, seconds, up.channel)


def choose(say: Callable[[str], None]) -> str:
    """Return the way that works here, trying the cheap ones first.

    :raises Unavailable: when LAB_KERNEL_WAY names one that does not.
    """
    named = os.environ.get("LAB_KERNEL_WAY", "")
    if named and named not in WAYS:
        raise Unavailable(f"LAB_KERNEL_WAY is one of {', '.join(WAYS)}, not {named}")
    for way in ("direct", "user"):
        if named not in ("", way):
            continue
        problem = probe(user=way == "user")
        if not problem:
            return way
        if named:
            raise Unavailable(f"{WAYS[way]}: {problem}")
        say(f"not {WAYS[way]}: {problem}")
    return "guest"


def check(channel: Channel) -> None:
    """Have the kernel show that it can do what policies ask for.

    :raises Unavailable: with what it lacks.
    """
    lacking = channel.call("probe", patience=120)
    if lacking:
        raise Unavailable(f"the kernel lacks {'; '.join(lacking)}")
