# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents of policies without a host: from a saved registry, and to a script of netsh."""

from __future__ import annotations

from typing import Any

from .._common.errors import IpsecError
from .._policies.document import write_document
from .._policies.model import Store
from .._policies.netsh import render
from .._policies.planning.intent import Request, requested_store
from .._policies.planning.plan import make_plan
from .._policies.planning.staging import settled
from .._policies.store import read_store
from .._windows.netsh.line import Line
from .._windows.registry.saved import parse_saved
from .base import predefined, unmanaged
from .offline import PARSED

Data = dict[str, Any]


def parsed(content: bytes | str, option: str) -> Data:
    """Return the result for a saved registry that an option gave."""
    store = read_store(parse_saved(content, option))
    return {
        "changed": False,
        PARSED: write_document(settled(store)),
        "predefined": predefined(store),
        "unmanaged": unmanaged(store),
        "findings": list(store.findings),
    }


def script_lines(request: Request) -> tuple[Line, ...]:
    """Return the lines that make a document of an empty store."""
    empty = Store()
    try:
        wanted = requested_store(empty, request)
    except IpsecError as error:
        if error in request.noted.trouble.values():
            raise
        remedy = "Put it into the document: a script is made for a host that has nothing."
        raise IpsecError(error.path, error.value, error.expected, remedy) from None
    return tuple(render(step.operation) for step in make_plan(empty, wanted))
