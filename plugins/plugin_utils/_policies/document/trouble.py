# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a document says that netsh cannot be told, though a host may have it from other tools.

What a host shows can be fed back as it is. So a reader notes such trouble for each object, and only what would have to
be sent is refused. Without a place for notes it is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable

from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..model import Key, folded
from ..names import check_object_name

Trouble = dict[Key, IpsecError]
ASSIGNED = "assigned"


class Notes:
    """The first trouble of one object; without ``trouble`` it is raised."""

    def __init__(self, trouble: Trouble | None) -> None:
        self._trouble = trouble
        self._first: IpsecError | None = None

    def add(self, error: IpsecError) -> None:
        """Note that something cannot be told."""
        if self._trouble is None:
            raise error
        self._first = self._first or error

    def checked(self, text: str, path: str, check: Callable[[str, str], str]) -> str:
        """Return a text as it is, and note what ``check`` says against it."""
        try:
            return check(text, path)
        except IpsecError as error:
            self.add(error)
        return text

    def name(self, fields: Fields, key: str) -> str:
        """Return a name, empty where none is given; an empty one is no name of anything."""
        if not fields.given(key):
            return ""
        name = fields.text(key, "")
        return (
            self.checked(name, fields.at(key), check_object_name) if name else check_object_name(name, fields.at(key))
        )

    def close(self, kind: str, name: str) -> None:
        """Hand over what was noted of this object."""
        if self._first is not None and self._trouble is not None:
            self._trouble[kind, folded(name)] = self._first
