# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailboxes of one back-end."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


def bare(user: str) -> str:
    """Return a user's name without the domain, which may stand before or behind it."""
    return user.rpartition("\\")[2].partition("@")[0]


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """Users of the back-end `host`, names in lower case, with their passwords."""

    host: str
    passwords: Mapping[str, str] = field(repr=False)

    def knows(self, user: str, password: str) -> bool:
        """Tell whether a user may log on."""
        right = self.passwords.get(bare(user).lower())
        return right is not None and hmac.compare_digest(right.encode(), password.encode())
