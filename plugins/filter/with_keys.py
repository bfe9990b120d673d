# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pre-shared keys for the documents of the module deployment, which returns none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._intent.keys import with_keys as keyed


def with_keys(document: Any, keys: Any, flows: Any) -> Any:
    """Return a document whose rules have the keys of flows."""
    with filter_refusals(document, keys, flows):
        return keyed(document, keys, flows)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"with_keys": with_keys}
