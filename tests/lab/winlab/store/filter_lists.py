# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing filter lists: what the filter commands of netsh do to the store.

Blobs are the only state. So that thousands of filters can go through one session, a decoded copy of each list is kept
as long as nobody else has written its blob.

[ledger: host-large-lists]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..registry import Value
from . import filter_blob
from .errors import Code, StoreError
from .filter_blob_v2 import encode_v2
from .identifiers import ObjectClass
from .model import Address, Filter, Side, SideKind
from .objects import FILTERS, Objects
from .text_field import BlobError

_SideKey = tuple[SideKind, Address | None, Address | None]


@dataclass(slots=True)
class _Copy:
    """A decoded list: encoded filters by running number, and the numbers by the two sides."""

    value: Value
    filters: dict[int, Filter] = field(default_factory=dict)
    specs: dict[int, bytes] = field(default_factory=dict)
    v2_specs: dict[int, bytes] = field(default_factory=dict)
    by_sides: dict[tuple[_SideKey, _SideKey], list[int]] = field(default_factory=dict)
    next_number: int = 0

    def add(self, one: Filter) -> bytes:
        """Take a filter in and return its encoded form.

        [ledger: netsh-add-filter-makes-list, netsh-duplicate-filter]
        """
        number = self.next_number
        self.next_number += 1
        self.filters[number] = one
        self.by_sides.setdefault((one.source.key, one.destination.key), []).append(number)
        encoded = encode_v2(one) if one.needs_v2 else filter_blob.encode_spec(one)
        (self.v2_specs if one.needs_v2 else self.specs)[number] = encoded
        return encoded

    def drop(self, sides: tuple[_SideKey, _SideKey], number: int) -> None:
        """Forget a filter."""
        self.by_sides[sides].remove(number)
        del self.filters[number]
        self.specs.pop(number, None)
        self.v2_specs.pop(number, None)


class FilterLists:
    """The filter lists of a store."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._frame = objects.host.version.frame
        self._copies: dict[str, _Copy] = {}

    def create(self, name: str, description: str = "") -> str:
        """Make an empty list; refuses a name that is taken."""
        if self._objects.find(ObjectClass.FILTER, name) is not None:
            raise StoreError(Code.FILTER_LIST_EXISTS, name=name)
        blob = filter_blob.assemble((), (), self._frame)
        return self._objects.create(ObjectClass.FILTER, blob, name=name, description=description)

    def require(self, name: str) -> str:
        """Return the list of that display name."""
        found = self._objects.find(ObjectClass.FILTER, name)
        if found is None:
            raise StoreError(Code.NO_SUCH_FILTER_LIST, name=name)
        return found

    def rename(self, key: str, new_name: str) -> None:
        """Give a list another display name; refuses one that another list has. [ledger: force-rename-keeps-uses]"""
        other = self._objects.find(ObjectClass.FILTER, new_name)
        if other is not None and other != key:
            raise StoreError(Code.FILTER_LIST_EXISTS, name=new_name)
        self._objects.put(key, "ipsecName", new_name)
        self._objects.stamp(key)

    def describe(self, key: str, description: str) -> None:
        """Change the description of a list."""
        self._objects.put(key, "description", description)
        self._objects.stamp(key)

    def add(self, name: str, one: Filter) -> None:
        """Append a filter; a missing list is made, a filter that is there already is added once more."""
        key = self._objects.find(ObjectClass.FILTER, name) or self.create(name)
        copy = self._copy(key)
        encoded = copy.add(one)
        before = self._objects.data(key) or b""
        if one.needs_v2 or copy.v2_specs or not filter_blob.can_grow(before, self._frame):
            blob = filter_blob.assemble(copy.specs.values(), copy.v2_specs.values(), self._frame)
        else:
            blob = filter_blob.append(before, encoded, self._frame)
        copy.value = self._objects.write(key, blob)

    def remove(self, name: str, source: Side, destination: Side, matches: Callable[[Filter], bool]) -> None:
        """Delete every filter between the two sides (masks aside) for which `matches` is true."""
        key = self.require(name)
        copy = self._copy(key)
        sides = (source.key, destination.key)
        doomed = [number for number in copy.by_sides.get(sides, ()) if matches(copy.filters[number])]
        if not doomed:
            raise StoreError(Code.NO_SUCH_FILTER, name=name)
        for number in doomed:
            copy.drop(sides, number)
        blob = filter_blob.assemble(copy.specs.values(), copy.v2_specs.values(), self._frame)
        copy.value = self._objects.write(key, blob)

    def delete(self, key: str) -> None:
        """Delete a list; refused while a rule points at it (MS-GPIPSEC 3.1.5.7). [ledger: store-deleted-in-order]"""
        if self._objects.users(key, FILTERS):
            raise StoreError(Code.FILTER_LIST_IN_USE, name=self._objects.text(key, "ipsecName") or key)
        self._objects.delete(key)
        self._copies.pop(key, None)

    def filters(self, key: str) -> list[Filter]:
        """Return the filters of a list in their order."""
        return list(self._copy(key).filters.values())

    def _copy(self, key: str) -> _Copy:
        """Return the decoded list, from before if its blob is still the same value."""
        value = self._objects.data_value(key)
        kept = self._copies.get(key)
        if kept is not None and kept.value is value:
            return kept
        if value is None or not isinstance(value.data, bytes):
            raise StoreError(Code.UNREADABLE, name=key)
        try:
            filters = filter_blob.decode_filters(value.data)
        except BlobError as err:
            raise StoreError(Code.UNREADABLE, name=key) from err
        copy = _Copy(value)
        for one in filters:
            copy.add(one)
        self._copies[key] = copy
        return copy
