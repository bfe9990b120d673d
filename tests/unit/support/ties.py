# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packets about which the documents say nothing: equally specific filters of different effect meet them."""

from __future__ import annotations

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lint import effect
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import View
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet


def tied(view: View, packet: Packet) -> bool:
    """Tell whether equally specific filters of different effect decide about a packet; lint_host reports them."""
    met = [one for one in view.directed if packet in one.box]
    return len({effect(one.bound) for one in met if one.rank == met[0].rank}) > 1
