# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook drift reports, from what it found out about each host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..plugin_utils._intent.drift import drift_of, told

# Variables of a host by what the report takes from them.
_LOOKS = {"info": "ipsec_found", "policies": "ipsec__differs", "firewall": "ipsec__openings"}


def drift_report(deployment: Any, hostvars: Any, names: Any) -> dict[str, Any]:
    """Return the report about the hosts of these names that have addresses."""
    looks = {}
    for name in names:
        known = hostvars[name]
        if known.get("ipsec_addresses") or known.get("ipsec_address"):
            looks[str(name)] = {key: known.get(variable) for key, variable in _LOOKS.items()}
    return drift_of(deployment, looks)


def drift_in_words(report: Any) -> list[str]:
    """Return a report as sentences."""
    return told(report)


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {"drift_report": drift_report, "drift_in_words": drift_in_words}
