# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `netsh ipsec dynamic` puts into the policy agent: policies, rules and settings beside the store.

They act at once and are discarded when the agent stops (cc739550). The lab keeps them and lets nothing act on them:
its data plane judges by the store alone.

[ledger: netsh-dynamic-discarded]
"""

from __future__ import annotations

from dataclasses import dataclass, field

Tags = dict[str, str]
"""The tags of a command with their values; may hold secrets."""

Identity = tuple[str, ...]
"""What tells one rule from another."""


@dataclass(slots=True)
class Dynamic:
    """Main-mode and quick-mode policies by folded name, rules by what identifies them, settings by folded name."""

    main_mode: dict[str, Tags] = field(default_factory=dict, repr=False)
    quick_mode: dict[str, Tags] = field(default_factory=dict, repr=False)
    rules: dict[Identity, Tags] = field(default_factory=dict, repr=False)
    settings: dict[str, str] = field(default_factory=dict)

    def discard(self) -> None:
        """Forget everything, as the agent does when it stops."""
        self.delete_all()
        self.settings.clear()

    def delete_all(self) -> None:
        """Forget policies and rules; settings stay."""
        self.main_mode.clear()
        self.quick_mode.clear()
        self.rules.clear()
