# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewalls between hosts need for IPsec, in their own languages, so that the role has no logic in templates."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._common.errors import IpsecError
from ..plugin_utils._common.fields import listed
from ..plugin_utils._firewall.access_lists import asa, ios, policy_options, rich_rules, zones
from ..plugin_utils._firewall.nftables import ChainPlace, file_text, include_line, make_change
from ..plugin_utils._firewall.passages import Passage, read_passages

_PLATFORMS: dict[str, Callable[[tuple[Passage, ...], str], str]] = {"asa": asa, "ios": ios}


def nftables_openings(
    flows: Any,
    listing: Any,
    protocols: Any = None,
    family: str = "inet",
    table: str = "filter",
    hooks: Any = ("forward",),
    state: str = "present",
    file: str = "/etc/nftables.d/winsec-ipsec.nft",
) -> dict[str, Any]:
    """Return whether the kernel differs, the transaction that changes it, the text of the file and its include line."""
    with filter_refusals(flows, protocols, family, table, hooks, file):
        place = ChainPlace(family=str(family), table=str(table), hooks=tuple(listed(hooks, "hooks")))
        passages = read_passages(flows, protocols) if state == "present" else None
        change = make_change(place, json.loads(listing) if isinstance(listing, str) else listing, passages)
        text = file_text(place, passages) if passages is not None else ""
        return {"differs": change.differs, "script": change.script, "file": text, "include": include_line(str(file))}


def firewalld_openings(
    flows: Any,
    listings: Any = ("", "", ""),
    protocols: Any = None,
    ingress_zones: Any = ("ANY",),
    egress_zones: Any = ("ANY",),
) -> list[str]:
    """Return the options of firewall-cmd that make a policy object hold the openings and nothing else."""
    with filter_refusals(flows, protocols, ingress_zones, egress_zones):
        ingress, egress, rules = (str(listing) for listing in listings)
        wanted = rich_rules(read_passages(flows, protocols))
        return [
            *policy_options(
                "ingress-zone", zones(listed(ingress_zones, "ingress_zones"), "ingress_zones"), ingress.split()
            ),
            *policy_options("egress-zone", zones(listed(egress_zones, "egress_zones"), "egress_zones"), egress.split()),
            *policy_options("rich-rule", wanted, rules.splitlines()),
        ]


def cisco_openings(flows: Any, platform: str, protocols: Any = None, name: str = "WINSEC-IPSEC") -> str:
    """Return access lists as text."""
    with filter_refusals(flows, platform, protocols, name):
        if platform not in _PLATFORMS:
            raise IpsecError("platform", platform, f"one of {', '.join(_PLATFORMS)}", "Correct the word.")
        return _PLATFORMS[platform](read_passages(flows, protocols), str(name))


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {
            "nftables_openings": nftables_openings,
            "firewalld_openings": firewalld_openings,
            "cisco_openings": cisco_openings,
        }
