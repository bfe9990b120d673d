# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the data of stored objects hold, each decoded once while a store is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..._common.errors import StoreError
from ..codec.filter_action import decode_filter_action
from ..codec.filter_list import decode_filter_list
from ..codec.main_mode import decode_main_mode
from ..codec.policy import decode_policy
from ..codec.rule import decode_rule
from .express import Inexpressible
from .objects import Kind, StoredObject

Data = TypeVar("Data")

_DECODERS: dict[Kind, Callable[[bytes, str], Any]] = {
    Kind.POLICY: decode_policy,
    Kind.MAIN_MODE: decode_main_mode,
    Kind.RULE: decode_rule,
    Kind.FILTER_LIST: decode_filter_list,
    Kind.FILTER_ACTION: decode_filter_action,
}


class Contents:
    """The decoded data of objects; the objects must live as long as this."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}

    def of(self, stored: StoredObject, decode: Callable[[bytes, str], Data]) -> Data:
        """Return the data of an object, which ``decode`` reads for its class.

        Raises Inexpressible for a half-written object and StoreError for a damaged one.
        """
        if stored.data is None:
            raise Inexpressible(f"has no data in its {stored.label}")
        # An object is known by its place in memory: to compare objects would compare their data.
        found = self._known.get(id(stored))
        if found is None:
            try:
                found = decode(stored.data, stored.path)
            except StoreError as error:
                found = error
            self._known[id(stored)] = found
        if isinstance(found, StoreError):
            # Without the frames of the last time, which would pile up.
            raise found.with_traceback(None)
        known: Data = found
        return known

    def notes(self, stored: StoredObject) -> tuple[str, ...]:
        """Return remarks on the frame of an object's data; raise StoreError for a damaged one."""
        if stored.data is None:
            return ()
        found: tuple[str, ...] = self.of(stored, _DECODERS[stored.kind]).notes
        return found
