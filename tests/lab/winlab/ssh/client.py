# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's `ssh`: takes the arguments that Ansible gives OpenSSH's client and goes to the host's port on loopback.

Ends with 255 when the host is not there or cuts the connection, as the real client does.
"""

from __future__ import annotations

import base64
import json
import socket
import sys

NOT_REACHED = 255


def main(arguments: list[str]) -> int:
    """Run one command line on a host, or answer a control command of a shared connection, which there is none of."""
    port = next((text.partition("=")[2] for text in arguments if text.startswith("Port=")), "22")
    if "-O" in arguments or len(arguments) < 2:
        return NOT_REACHED
    address, line = arguments[-2:]
    try:
        with socket.create_connection((address, int(port))) as host, host.makefile("rwb") as stream:
            stream.write(json.dumps({"line": line}).encode() + b"\n")
            stream.write(sys.stdin.buffer.read())
            stream.flush()
            host.shutdown(socket.SHUT_WR)
            answer = json.loads(stream.readline() or b"{}")
    except OSError as error:
        print(f"ssh: connect to host {address} port {port}: {error}", file=sys.stderr)
        return NOT_REACHED
    if "code" not in answer:
        print(f"Connection to {address} closed by remote host.", file=sys.stderr)
        return NOT_REACHED
    sys.stdout.buffer.write(base64.b64decode(answer["stdout"]))
    sys.stderr.buffer.write(base64.b64decode(answer["stderr"]))
    return int(answer["code"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
