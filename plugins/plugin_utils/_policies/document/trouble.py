# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a document says that netsh cannot be told, though a host may have it from other tools.

What a host shows can be fed back as it is. It shows such an object with its GUID. So trouble about an object with a
GUID is noted, and only what would have to be sent is refused; about any other object it is raised at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..model import Key, folded
from ..names import check_guid, check_object_name, is_guid


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted while a document was read: GUIDs of objects, and what netsh cannot be told of some of them."""

    guids: dict[Key, str] = field(default_factory=dict)
    trouble: dict[Key, IpsecError] = field(default_factory=dict)

    def shows(self, kind: str, name: str) -> bool:
        """Tell whether a name is one that a host has shown: of an object with a GUID, or a GUID itself."""
        return is_guid(name) or (kind, folded(name)) in self.guids


class Notes:
    """The notes of one object, whose options these are."""

    def __init__(self, fields: Fields, noted: Noted) -> None:
        self._noted = noted
        self._guid = fields.checked("guid", "", check_guid).lower()
        self._first: IpsecError | None = None

    def add(self, error: IpsecError) -> None:
        """Note that something cannot be told; raise it, if the object has no GUID."""
        if not self._guid:
            raise error
        self._first = self._first or error

    def name(self, fields: Fields, key: str, kind: str = "") -> str:
        """Return a name, empty where none is given; with ``kind`` it is the name of another object of the document."""
        if not fields.given(key):
            return ""
        name, path = fields.text(key, ""), fields.at(key)
        if kind and self._noted.shows(kind, name):
            return name
        try:
            return check_object_name(name, path)
        except IpsecError as error:
            if not name:
                raise
            told = "Write a name that can be told: the GUID beside it finds the object, which then gets that name."
            remedy = told if self._guid and not kind else error.remedy
            self.add(IpsecError(path, name, error.expected, remedy))
        return name

    def close(self, kind: str, name: str) -> None:
        """Hand over what was noted of this object."""
        key = (kind, folded(name))
        if self._guid:
            self._noted.guids[key] = self._guid
        if self._first is not None:
            self._noted.trouble[key] = self._first


# Refuses all trouble at once.
STRICT = Notes(Fields({}, "", ("guid",)), Noted())
