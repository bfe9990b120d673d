# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option of all modules whose change the host itself can take back."""

from __future__ import annotations


class ModuleDocFragment:
    """Within which time a change must be confirmed."""

    DOCUMENTATION = r"""
options:
  confirm_timeout:
    description:
      - Undo the change unless it is confirmed within this time, in seconds from 60 to 86400. The host's
        scheduler counts in whole minutes.
      - Before packets can meet another policy, the host gets a scheduled task that restores the previous
        assignment. It is deleted over a new connection, which proves that the host can still be
        reached. If that does not succeed in time, the host reverts by itself, and this task fails.
      - Without it, no confirmation is needed.
    type: int
    version_added: 0.1.0
"""
