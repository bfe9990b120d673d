# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module filter_action: a filter action is present or absent."""

from __future__ import annotations

from ..plugin_utils._actions.object import ObjectAction


class ActionModule(ObjectAction):
    """A filter action is present or absent."""

    module = "filter_action"
    read_whole = ("security_methods",)
