# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a host has and what a user says to what the host shall have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..document import read_document
from ..document.filter_action import read_filter_action, write_filter_action
from ..document.filter_list import read_filter_list, write_filter_list
from ..document.policy import read_policy, write_policy
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, FilterAction, FilterList, Policy, Store, by_name, folded
from ..names import check_object_name
from .merge import Data, given_only, listed, merged_list, overlaid
from .references import complete, keep_needed, require_unused

Item = FilterList | FilterAction | Policy


class Mode(StrEnum):
    """What happens to objects and options that the user does not name."""

    MERGED = "merged"
    """Everything stays; filters and rules are added to those that are there."""
    PRESENT = "present"
    """Like merged, but a list of filters or rules is the whole list."""
    REPLACED = "replaced"
    """Named objects become exactly what is said; other objects stay."""
    OVERRIDDEN = "overridden"
    """The store becomes exactly what is said, but for predefined and foreign objects."""
    DELETED = "deleted"
    """Named objects go."""


@dataclass(frozen=True, slots=True)
class Request:
    """A document that has been read: what shall become of a host's store, whichever host it is.

    ``said`` is what the objects in ``given`` are on their own. What they leave out has its default there, which is
    not what a merged object gets that the host has already.
    """

    mode: Mode
    given: Data
    said: Store
    path: str


def read_request(given: Data, mode: Mode, path: str = "config") -> Request:
    """Read a document, once for all hosts; refuse one that no host could take, before any host is asked."""
    said = read_document(given, path, partial=mode in (Mode.MERGED, Mode.PRESENT, Mode.DELETED))
    if mode is Mode.DELETED and "assigned" in given:
        remedy = "Name the policies to delete; a deleted policy is unassigned first."
        raise IpsecError(f"{path}.assigned", given["assigned"], "no assignment with state deleted", remedy)
    return Request(mode, given_only(given), said, path)


def requested_store(current: Store, request: Request) -> Store:
    """Return what the host shall have when the request is applied to ``current``.

    Raises :class:`IpsecError` for unknown references, for names that differ from an existing one only by case, and
    for removals of what is still in use.
    """
    given, path = request.given, request.path
    if request.mode is Mode.DELETED:
        return _without(current, given, path)
    store = current
    for kind in _KINDS:
        store = _combined(current, store, kind, request)
    if request.mode is Mode.OVERRIDDEN:
        store = keep_needed(current, store)
    if given.get("assigned") is not None:
        name = str(given["assigned"])
        store = store.with_assigned(name) if name else _unassigned(store, f"{path}.assigned")
    elif store.assigned and folded(store.assigned) not in by_name(store.policies):
        store = replace(store, assigned=None)
    return complete(current, store, path)


def check_document(given: Data, mode: Mode, path: str = "config") -> None:
    """Refuse a document that no host could take; :func:`read_request` keeps what was read."""
    read_request(given, mode, path)


def desired_store(current: Store, given: Data, mode: Mode, path: str = "config") -> Store:
    """Return what one host shall have when ``given`` is applied to ``current``, see :func:`requested_store`."""
    return requested_store(current, read_request(given, mode, path))


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """Options of one object that have been read; ``said`` is what they are on their own, see :class:`Request`."""

    kind: str
    given: Data
    said: Item


def read_object(kind: str, given: Data) -> ObjectRequest:
    """Read the options of one object, once for all hosts; refuse what no host could take, before any is asked."""
    said = _KINDS[kind].read(given, "", True)
    return ObjectRequest(kind, given_only(given), said)


def store_with_object(current: Store, request: ObjectRequest) -> Store:
    """Return what the host shall have when the object of a request is present."""
    known = by_name(_items(current, request.kind))
    known[folded(request.said.name)] = _present(known, request.said, request.given, Mode.PRESENT, "")
    return complete(current, _with(current, request.kind, known), "")


def check_object(kind: str, given: Data, *, absent: bool = False) -> None:
    """Refuse options of one object that no host could take; :func:`read_object` keeps what was read."""
    read_object(kind, {"name": given.get("name")} if absent else given)


def desired_object(current: Store, kind: str, given: Data) -> Store:
    """Return what one host shall have when the object with these options is present, see :func:`store_with_object`."""
    return store_with_object(current, read_object(kind, given))


def without_object(current: Store, kind: str, name: str) -> Store:
    """Return what the host shall have when one object is absent."""
    return _without(current, {_KINDS[kind].field: [{"name": name}]}, "")


def check_assignment(name: object, state: str) -> None:
    """Refuse names that no policy can have, and an assignment of nothing."""
    fields = Fields({"name": name}, "", ("name",))
    if fields.given("name"):
        fields.checked("name", "", check_object_name)
    elif state == "assigned":
        raise IpsecError("name", None, "the name of the policy to assign", "Add name, or say state: unassigned.")


def assigned_store(current: Store, name: str | None, *, assign: bool) -> Store:
    """Return what the host shall have when a policy is, or is not, in force.

    To unassign with a name leaves another policy in force as it is. A foreign policy in force can only be replaced.
    """
    if assign:
        found = by_name(current.policies).get(folded(name or ""))
        if found is None:
            remedy = "Make the policy first, or name one that the host has."
            raise IpsecError("name", name, "the name of a policy of the host", remedy)
        return current.with_assigned(found.name)
    if name is None:
        return _unassigned(current, "name")
    if current.assigned is not None and folded(name) != folded(current.assigned):
        return current
    return replace(current, assigned=None)


def _unassigned(current: Store, path: str) -> Store:
    foreign = current.foreign_in_force
    if foreign is not None:
        remedy = "Unassign it with the tool that made it, or assign another policy, which replaces it."
        raise IpsecError(path, foreign.name or foreign.identity, "a policy that can be managed here", remedy)
    return replace(current, assigned=None)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of one kind are read from user data (data, path, partial), written to it, and kept in a store."""

    read: Callable[[object, str, bool], Item]
    write: Callable[[Any], dict[str, object]]
    field: str


_KINDS = {
    FILTER_LIST: _Kind(
        lambda data, path, partial: read_filter_list(data, path),
        write_filter_list,
        "filter_lists",
    ),
    FILTER_ACTION: _Kind(
        lambda data, path, partial: read_filter_action(data, path, partial=partial),
        write_filter_action,
        "filter_actions",
    ),
    POLICY: _Kind(
        lambda data, path, partial: read_policy(data, path, partial=partial),
        write_policy,
        "policies",
    ),
}


def _items(store: Store, kind: str) -> tuple[Item, ...]:
    found: tuple[Item, ...] = getattr(store, _KINDS[kind].field)
    return found


def _with(store: Store, kind: str, items: Mapping[str, Item]) -> Store:
    """Return the store with these objects, which are given by folded name, as all of their kind."""
    ordered: Any = tuple(items[key] for key in sorted(items))
    return replace(store, **{_KINDS[kind].field: ordered})


def _combined(current: Store, wanted: Store, kind: str, request: Request) -> Store:
    """Return ``wanted`` with the requested objects of one kind among, or instead of, those that the host has."""
    existing = by_name(_items(current, kind))
    said = by_name(_items(request.said, kind))
    items = {} if request.mode is Mode.OVERRIDDEN else dict(existing)
    field = _KINDS[kind].field
    for index, element in enumerate(listed(request.given.get(field))):
        key = folded(str(element["name"]))
        items[key] = _present(existing, said[key], element, request.mode, f"{request.path}.{field}[{index}]")
    return _with(wanted, kind, items)


def _present(known: Mapping[str, Item], said: Item, given: Data, mode: Mode, path: str) -> Item:
    """Return the object that shall be there when ``given``, read as ``said``, meets its namesake in ``known``."""
    before = known.get(folded(said.name))
    if before is not None and before.name != said.name:
        expected = f"the name as it is written on the host, {before.name!r}"
        where = f"{path}.name".lstrip(".")
        raise IpsecError(where, said.name, expected, "Names that differ only by case are one name to Windows.")
    if mode not in (Mode.MERGED, Mode.PRESENT):
        return said
    keep = mode is Mode.MERGED
    if isinstance(said, FilterList):
        return merged_list(before, said, given, keep=keep) if isinstance(before, FilterList) else said
    # It was read as a part of what a host has; it must be whole in the end.
    kind = _KINDS[FILTER_ACTION if isinstance(said, FilterAction) else POLICY]
    return kind.read(given if before is None else overlaid(kind.write(before), given, keep=keep), path, False)


def _without(current: Store, given: Data, path: str) -> Store:
    store = current
    gone: set[tuple[str, str]] = set()
    for kind, way in _KINDS.items():
        names = {folded(str(item["name"])) for item in listed(given.get(way.field))}
        gone |= {(kind, name) for name in names}
        items = by_name(_items(store, kind))
        store = _with(store, kind, {key: item for key, item in items.items() if key not in names})
    if store.assigned and (POLICY, folded(store.assigned)) in gone:
        store = replace(store, assigned=None)
    require_unused(store, gone, path)
    return store
