# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module session_check: sessions that the controller holds."""

from __future__ import annotations

from ..plugin_utils._action_session_check import SessionCheckAction


class ActionModule(SessionCheckAction):
    """Sessions that the controller holds."""

    module = "session_check"
