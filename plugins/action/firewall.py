# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module firewall: all openings of a host's own firewall in one task."""

from __future__ import annotations

from ..plugin_utils._action_firewall import FirewallAction


class ActionModule(FirewallAction):
    """All openings of a host's own firewall in one task."""

    module = "firewall"
