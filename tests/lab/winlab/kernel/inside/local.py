# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First process of the data plane in namespaces of the running kernel: answers calls on a socket that it inherits."""

from __future__ import annotations

import socket
import sys

from .agent import serve


def main() -> None:
    """Serve until the other side ends; all namespaces go with this process."""
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(connection.makefile("rb", buffering=0), connection.makefile("wb", buffering=0))


if __name__ == "__main__":
    main()
