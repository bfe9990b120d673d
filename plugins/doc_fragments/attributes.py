# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all modules of the collection have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes and requirements of the modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in check_mode and return changed status prediction without modifying target.
  diff_mode:
    support: full
    description: Will return details on what has changed, or possibly needs changing in check_mode, when in diff mode.
  idempotent:
    support: full
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  platform:
    support: full
    platforms: windows
    description: Target OS/families that can be operated against.
    details:
      - Windows Server 2003 to 2025, on which an administrator logs on.
  action:
    support: full
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    details:
      - The host needs neither Python nor PowerShell modules, only C(netsh), C(reg) and C(sc).
  async:
    support: none
    description: Supports use with the C(async) keyword.
    details:
      - The work is done by the controller.
"""
