# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of netsh on a command line, for tests of the firewall and of connection security."""

from __future__ import annotations

import io

from winlab import Host
from winlab.consec.store import Origin
from winlab.netsh import main

OK = "Ok.\r\n\r\n"
LOCAL = Origin.LOCAL.value


def once(host: Host, line: str) -> tuple[int, str]:
    """Run one command; return its exit code and what it said."""
    said = bytearray()
    code = main(host, line, io.BytesIO(b""), said.extend)
    return code, said.decode(host.oem_encoding)


def done(host: Host, *lines: str) -> Host:
    """Run commands that succeed, and return the host."""
    for line in lines:
        code, said = once(host, line)
        assert (code, said.endswith(OK)) == (0, True), said
    return host
