# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's name as the name of a file: never a path, never an option, never hidden, and no two hosts share one."""

from __future__ import annotations

import hashlib
import re

# File systems take 255 bytes; an ending and the marks of temporary files must fit too.
_LONGEST = 180
_KEPT = 60
_UNUSUAL = re.compile(rb"[^A-Za-z0-9_.@-]|\A[.-]")


def file_name(name: str) -> str:
    """Return ``name`` with each unusual byte as ``%`` and two digits; usual names stay what they are.

    A name that gets too long is cut and ends in ``%.`` and its digest, which no other name has.
    """
    raw = name.encode("utf-8", "surrogatepass")
    quoted = _UNUSUAL.sub(lambda found: b"%%%02X" % found[0][0], raw).decode("ascii") or "%"
    return quoted if len(quoted) <= _LONGEST else f"{quoted[:_KEPT]}%.{hashlib.sha256(raw).hexdigest()}"
