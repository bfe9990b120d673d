# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module flow_check: what documents do to packets."""

from __future__ import annotations

from ..plugin_utils._action_flow_check import FlowCheckAction


class ActionModule(FlowCheckAction):
    """What documents do to packets."""

    module = "flow_check"
