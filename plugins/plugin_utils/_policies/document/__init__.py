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
from ..model import FilterAction, FilterList, Policy, Store, folded
from .filter_action import read_filter_action, write_filter_action
from .filter_list import read_filter_list, write_filter_list
from .policy import read_policy, write_policy
from .trouble import ASSIGNED, Notes, Trouble

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


def read_document(
    data: object, path: str = "config", *, partial: bool = False, trouble: Trouble | None = None
) -> Store:
    """Return the store that a document describes, with its objects ordered by name.

    With ``partial`` objects may lack options that only a whole object must have. What netsh cannot be told goes to
    ``trouble``, see :mod:`.trouble`; without it that is refused. References between objects are not followed here,
    since they may point at what a host already has.
    """
    if isinstance(data, Mapping) and isinstance(data.get("config"), Mapping):
        remedy = f"This is a whole result of a module: write .config behind its name in {path}."
        raise IpsecError(path, hidden(data), "a document", remedy)
    fields = Fields(data, path, DOCUMENT_OPTIONS)
    expected = "the name of a policy, or an empty text for none"
    assigned = fields.text("assigned", "", expected, "Name the policy; yes and no are words of netsh only.")
    notes = Notes(trouble)
    if assigned:
        notes.name(fields, "assigned")
        notes.close(ASSIGNED, assigned)

    def filter_list(item: object, where: str) -> FilterList:
        return read_filter_list(item, where, trouble=trouble)

    def action(item: object, where: str) -> FilterAction:
        return read_filter_action(item, where, partial=partial, trouble=trouble)

    def policy(item: object, where: str) -> Policy:
        return read_policy(item, where, partial=partial, trouble=trouble)

    return Store(
        filter_lists=_read_items(fields, "filter_lists", filter_list),
        filter_actions=_read_items(fields, "filter_actions", action),
        policies=_read_items(fields, "policies", policy),
        assigned=assigned or None,
    )


def read_shown(data: object, path: str = "config") -> Store:
    """Return the store that a document describes that a host has shown: names and texts may be such as it has."""
    return read_document(data, path, trouble={})


def write_document(store: Store) -> dict[str, object]:
    """Return the store as a document of plain data that :func:`read_shown` reads back as the same store.

    Objects whose meaning is not known are not part of it; ``assigned`` may name one.
    """
    return {
        "filter_lists": [write_filter_list(item) for item in store.filter_lists],
        "filter_actions": [write_filter_action(item) for item in store.filter_actions],
        "policies": [write_policy(item) for item in store.policies],
        "assigned": store.assigned or "",
    }
