# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of one host to or from many peers, so that roles need no loops in templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._common.fields import listed
from ..plugin_utils._common.packets import format_address, parse_address


def _pairs(peers: Any, ports: Any) -> list[tuple[str, str]]:
    with filter_refusals(peers, ports):
        near, far = listed(peers, "the list of peers"), listed(ports, "ports")
        found = [format_address(parse_address(peer, f"peers[{index}]")) for index, peer in enumerate(near)]
        return [(peer, port) for peer in found for port in far]


def filters_to(peers: Any, ports: Any, protocol: str = "tcp") -> list[dict[str, Any]]:
    """Return a filter from this host to each port of each peer."""
    return [
        {"source": "me", "destination": peer, "protocol": str(protocol), "destination_port": port}
        for peer, port in _pairs(peers, ports)
    ]


def filters_from(peers: Any, ports: Any, protocol: str = "tcp") -> list[dict[str, Any]]:
    """Return a filter from each peer to each port of this host."""
    return [
        {"source": peer, "destination": "me", "protocol": str(protocol), "destination_port": port}
        for peer, port in _pairs(peers, ports)
    ]


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filters by their names."""
        return {"filters_to": filters_to, "filters_from": filters_from}
