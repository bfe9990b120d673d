# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module sa_info: the security associations of a host."""

from __future__ import annotations

from ..plugin_utils._action_sa_info import SaInfoAction


class ActionModule(SaInfoAction):
    """The security associations of a host."""

    module = "sa_info"
