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
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, FilterAction, FilterList, Policy, Store, Unmanaged, folded
from ..names import check_object_name, sent_name_trouble
from .filter_action import read_filter_action, write_filter_action
from .filter_list import read_filter_list, write_filter_list
from .policy import read_policy, write_policy
from .trouble import Noted

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


def read_document(data: object, path: str = "config", *, partial: bool = False, noted: Noted | None = None) -> Store:
    """Return the store that a document describes, with its objects ordered by name.

    With ``partial`` objects may lack options that only a whole object must have. GUIDs, and what netsh cannot be told
    of objects that have one, go to ``noted``, see :mod:`.trouble`. References between objects are not followed here,
    since they may point at what a host already has.
    """
    if isinstance(data, Mapping) and isinstance(data.get("config"), Mapping):
        remedy = f"This is a whole result of a module: write .config behind its name in {path}."
        raise IpsecError(path, hidden(data), "a document", remedy)
    fields = Fields(data, path, DOCUMENT_OPTIONS)
    expected = "the name of a policy, or an empty text for none"
    assigned = fields.text("assigned", "", expected, "Name the policy; yes and no are words of netsh only.")
    found = Noted() if noted is None else noted

    def filter_list(item: object, where: str) -> FilterList:
        return read_filter_list(item, where, found)

    def action(item: object, where: str) -> FilterAction:
        return read_filter_action(item, where, found, partial=partial)

    def policy(item: object, where: str) -> Policy:
        return read_policy(item, where, found, partial=partial)

    store = Store(
        filter_lists=_read_items(fields, "filter_lists", filter_list),
        filter_actions=_read_items(fields, "filter_actions", action),
        policies=_read_items(fields, "policies", policy),
        assigned=assigned or None,
        identities=found.guids,
        # What had its GUID in the document has it when the document is written again.
        unmanaged={key: Unmanaged(name="is known by its GUID") for key in found.guids},
    )
    if assigned and not found.shows(POLICY, assigned):
        check_object_name(assigned, fields.at("assigned"))
    return store


def write_document(store: Store) -> dict[str, object]:
    """Return the store as a document of plain data that :func:`read_document` reads back as the same store.

    Objects of which netsh cannot be told all have their GUIDs. Objects whose meaning is not known are not part of it;
    ``assigned`` may name one.
    """
    lists = (_with_guid(store, FILTER_LIST, item.name, write_filter_list(item)) for item in store.filter_lists)
    actions = (_with_guid(store, FILTER_ACTION, item.name, write_filter_action(item)) for item in store.filter_actions)
    policies = (_with_guid(store, POLICY, item.name, write_policy(item)) for item in store.policies)
    return {
        "filter_lists": [*lists],
        "filter_actions": [*actions],
        "policies": [*policies],
        "assigned": _assigned(store),
    }


def _assigned(store: Store) -> str:
    """Return what tells the policy in force: its name, or its GUID where it is no part of the document."""
    opaque = store.opaque_in_force
    if opaque is not None and sent_name_trouble(opaque.name):
        return opaque.identity
    return store.assigned or ""


def _with_guid(store: Store, kind: str, name: str, data: dict[str, object]) -> dict[str, object]:
    """Return an object as user data, with its GUID behind the name if it has a mark."""
    if (kind, folded(name)) not in store.unmanaged:
        return data
    return {"name": name, "guid": store.identity(kind, name), **data}
