# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reading the objects of one class gave: what they mean, what of them cannot be changed, and what is not known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..._common.errors import StoreError, shown
from ..model import FilterAction, FilterList, Policy
from .express import Inexpressible, Oddities
from .objects import StoredObject

Item = TypeVar("Item", FilterList, FilterAction, Policy)


def words(trouble: Inexpressible | StoreError) -> str:
    """Return what completes "This object ..." for something that could not be read."""
    if isinstance(trouble, StoreError):
        return f"has damaged data: {trouble.path} is {shown(trouble.value)}, expected {trouble.expected}"
    return str(trouble)


@dataclass(frozen=True, slots=True)
class Readings(Generic[Item]):
    """The objects of one class by identity.

    ``seen`` are those whose meaning is known, ``oddities`` what of each cannot be changed and why; ``unknown`` says why
    the meaning of others is not known, which completes "This object ...".
    """

    seen: dict[str, Item] = field(default_factory=dict)
    oddities: dict[str, Oddities] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def add(self, stored: StoredObject, express: Callable[[StoredObject, Oddities], Item], oddities: Oddities) -> None:
        """Read one object, about which ``oddities`` are known already."""
        self.oddities[stored.identity] = oddities
        try:
            self.seen[stored.identity] = express(stored, oddities)
        except (Inexpressible, StoreError) as trouble:
            self.unknown[stored.identity] = words(trouble)
