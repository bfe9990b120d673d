# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module report: a proof as a page and as files for programs."""

from __future__ import annotations

from ..plugin_utils._action_report import ReportAction


class ActionModule(ReportAction):
    """A proof as a page and as files for programs."""

    module = "report"
