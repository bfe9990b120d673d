# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First process of the emulated guest: finds the port to the outside and answers calls on it."""

from __future__ import annotations

import time
from pathlib import Path

from .agent import serve

_PORTS = Path("/sys/class/virtio-ports")


def port(seconds: float = 20.0) -> Path:
    """Return the device of the port named winlab, as soon as it is there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for each in _PORTS.glob("*"):
            if (each / "name").read_text().strip() == "winlab":
                return Path("/dev", each.name)
        time.sleep(0.02)
    raise TimeoutError("no port named winlab")


def main() -> None:
    """Serve until the other side ends; the machine goes with it."""
    with open(port(), "r+b", buffering=0) as device:
        serve(device, device)


if __name__ == "__main__":
    main()
