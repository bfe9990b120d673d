# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..store.errors import Code


@dataclass(frozen=True, slots=True)
class Texts:
    """All words of one language. Templates take named fields; `time` is a strftime format.

    `firewall` are the words of both firewall contexts, `resources` the texts behind `@FirewallAPI.dll,-NUMBER`,
    `dynamic` the words of `netsh ipsec dynamic`.
    """

    yes: str
    no: str
    none: str
    any: str
    me: str
    any_address: str
    local_store: str
    not_found: str
    bad_argument: str
    usage: str
    available: str
    no_file: str
    time: str
    labels: Mapping[str, str]
    errors: Mapping[Code, str]
    firewall: Mapping[str, str]
    resources: Mapping[int, str]
    dynamic: Mapping[str, str]

    def truth(self, value: bool) -> str:
        """Return the word for yes or no."""
        return self.yes if value else self.no
