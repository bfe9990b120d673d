# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The article's two groups of an inventory as the module deployment takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._intent.article import BACK_ENDS, FRONT_ENDS
from ..plugin_utils._intent.article import article_intent as intent


def article_intent(hostvars: Any, groups: Any) -> dict[str, Any]:
    """Return flows, article and hosts, with refusals."""
    with filter_refusals(groups):
        members = {name: [str(host) for host in hosts] for name, hosts in groups.items()}
        names = dict.fromkeys([*members.get(FRONT_ENDS, []), *members.get(BACK_ENDS, [])])
        return intent({name: hostvars[name] for name in names}, members)


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"article_intent": article_intent}
