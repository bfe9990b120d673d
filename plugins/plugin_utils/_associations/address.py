# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as Windows shows them, where those of one link have the number of the interface as their scope id.

[ledger: sa-scope-ids]
"""

from __future__ import annotations

import re

from .._common.packets import plain_address

_SCOPE = re.compile(r"%[0-9]{1,10}\Z")


def host_address(text: str) -> str:
    """Return an address in its shortest form, the scope id kept; ValueError for any other text."""
    scope = _SCOPE.search(text)
    found = plain_address(text[: scope.start()] if scope else text)
    if scope and found.version != 6:
        raise ValueError(text)
    return f"{found}{scope[0]}" if scope else str(found)
