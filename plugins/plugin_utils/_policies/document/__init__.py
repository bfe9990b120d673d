# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole documents: what users write and what readers return, in one shape.

The names of options are those of the argument specification, which modules bring along and documentation is checked by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from ....module_utils import _argspec
from ..._common.errors import IpsecError, hidden
from ..._common.fields import Fields
from ..model import Store, folded
from ..names import check_object_name
from .filter_action import read_filter_action, write_filter_action
from .filter_list import read_filter_list, write_filter_list
from .policy import read_policy, write_policy

DOCUMENT_OPTIONS = tuple(_argspec.DOCUMENT)


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=_HasName)


def _read_items(fields: Fields, key: str, read: Callable[[object, str], Item]) -> tuple[Item, ...]:
    found: dict[str, Item] = {}
    for where, data in fields.items(key):
        item = read(data, where)
        if folded(item.name) in found:
            raise IpsecError(f"{where}.name", item.name, f"each name once in {key}", "Rename or remove one of them.")
        found[folded(item.name)] = item
    return tuple(found[key] for key in sorted(found))


def read_document(data: object, path: str = "config", *, partial: bool = False) -> Store:
    """Return the store that a document describes, with its objects ordered by name.

    With ``partial`` objects may lack options that only a whole object must have. References between objects are
    not followed here, since they may point at what a host already has.
    """
    if isinstance(data, Mapping) and isinstance(data.get("config"), Mapping):
        remedy = f"This is a whole result of a module: write .config behind its name in {path}."
        raise IpsecError(path, hidden(data), "a document", remedy)
    fields = Fields(data, path, DOCUMENT_OPTIONS)
    expected = "the name of a policy, or an empty text for none"
    assigned = fields.text("assigned", "", expected, "Name the policy; yes and no are words of netsh only.")
    return Store(
        filter_lists=_read_items(fields, "filter_lists", read_filter_list),
        filter_actions=_read_items(
            fields, "filter_actions", lambda item, where: read_filter_action(item, where, partial=partial)
        ),
        policies=_read_items(fields, "policies", lambda item, where: read_policy(item, where, partial=partial)),
        assigned=fields.checked("assigned", "", check_object_name) if assigned else None,
    )


def write_document(store: Store) -> dict[str, object]:
    """Return the store as a document of plain data that :func:`read_document` reads back as the same store.

    Foreign objects are not part of it. ``assigned`` is left out when a foreign policy is in force.
    """
    data: dict[str, object] = {
        "filter_lists": [write_filter_list(item) for item in store.filter_lists],
        "filter_actions": [write_filter_action(item) for item in store.filter_actions],
        "policies": [write_policy(item) for item in store.policies],
    }
    if store.foreign_in_force is None:
        data["assigned"] = store.assigned or ""
    return data
