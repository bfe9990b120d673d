# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a host has and what a user says to what the host shall have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..document import read_document
from ..document.filter_action import read_filter_action, write_filter_action
from ..document.filter_list import read_filter_list, write_filter_list
from ..document.policy import read_policy, write_policy
from ..document.trouble import Noted
from ..model import FILTER_ACTION, FILTER_LIST, POLICY, FilterAction, FilterList, Policy, Store, by_name, folded
from ..names import check_guid, check_object_name, is_guid
from .changes import filter_action_changes, filter_list_changes, policy_changes
from .merge import Data, given_only, listed, merged_list, overlaid
from .operations import Rename
from .references import complete, keep_needed, require_unused
from .renames import renamed

Item = FilterList | FilterAction | Policy

# Says of an object that a host has it, whichever it is.
_NO_GUID = "{00000000-0000-0000-0000-000000000000}"


class Mode(StrEnum):
    """What happens to objects and options that the user does not name."""

    MERGED = "merged"
    """Everything stays; filters and rules are added to those that are there."""
    PRESENT = "present"
    """Like merged, but a list of filters or rules is the whole list."""
    REPLACED = "replaced"
    """Named objects become exactly what is said; other objects stay."""
    OVERRIDDEN = "overridden"
    """The store becomes exactly what is said; predefined and unmanaged objects stay unless they are named."""
    DELETED = "deleted"
    """Named objects go."""


@dataclass(frozen=True, slots=True)
class Request:
    """A document that has been read: what shall become of a host's store, whichever host it is.

    ``said`` is what the objects in ``given`` are on their own. What they leave out has its default there, which is
    not what a merged object gets that the host has already. ``noted`` are GUIDs of objects, and what netsh
    cannot be told of some: they are refused but on hosts that have them as they are.
    """

    mode: Mode
    given: Data
    said: Store
    path: str
    noted: Noted = field(default_factory=Noted)


def read_request(given: Data, mode: Mode, path: str = "config") -> Request:
    """Read a document, once for all hosts; refuse one that no host could take, before any host is asked."""
    noted = Noted()
    said = read_document(given, path, partial=mode in (Mode.MERGED, Mode.PRESENT, Mode.DELETED), noted=noted)
    if mode is Mode.DELETED and "assigned" in given:
        remedy = "Name the policies to delete; a deleted policy is unassigned first."
        raise IpsecError(f"{path}.assigned", given["assigned"], "no assignment with state deleted", remedy)
    return Request(mode, given_only(given), said, path, noted)


def requested_store(current: Store, request: Request) -> Store:
    """Return what the host shall have when the request is applied to ``current``.

    Raises :class:`IpsecError` for unknown references, for names that differ from an existing one only by case, and
    for removals of what is still in use.
    """
    given, path = request.given, request.path
    current = _with_names(current, request)
    if request.mode is Mode.DELETED:
        return _without(current, given, path)
    store = current
    for kind in _KINDS:
        store = _combined(current, store, kind, request)
    if request.mode is Mode.OVERRIDDEN:
        store = keep_needed(current, store)
    if given.get("assigned") is not None:
        name = str(given["assigned"])
        name = (current.found(POLICY, name) or name) if is_guid(name) else name
        store = replace(store, assigned=name or None)
    elif store.assigned and folded(store.assigned) not in store.named(POLICY):
        store = replace(store, assigned=None)
    wanted = complete(current, store, path)
    for (kind, name), error in request.noted.trouble.items():
        if not _same(by_name(_items(current, kind)).get(name), by_name(_items(wanted, kind)).get(name)):
            raise error
    return wanted


def _with_names(current: Store, request: Request) -> Store:
    """Return the store in which objects that are told by GUIDs have the names that they shall have.

    A host that has no such object is told the names alone.
    """
    for (kind, key), guid in request.noted.guids.items():
        found = current.found(kind, guid)
        if found is None or folded(found) == key or (kind, key) in request.noted.trouble:
            continue
        said = by_name(_items(request.said, kind))[key].name
        current = _renamed(current, kind, guid, said, f"{request.path}.{_KINDS[kind].field}[{said!r}].")
    return current


def _same(before: Item | None, after: Item | None) -> bool:
    """Tell whether nothing would have to be sent to make one object of the other."""
    if isinstance(after, FilterList) and isinstance(before, FilterList):
        return not any(filter_list_changes(before, after))
    if isinstance(after, FilterAction) and isinstance(before, FilterAction):
        return not any(filter_action_changes(before, after))
    if isinstance(after, Policy) and isinstance(before, Policy):
        return not any(policy_changes(before, after))
    return before is after


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """Options of one object that have been read; ``said`` is what they are on their own, see :class:`Request`.

    ``guid`` finds the object on the host, whatever its name is there; ``said`` has the name that it shall have.
    """

    kind: str
    given: Data
    said: Item
    guid: str = ""


def read_object(kind: str, given: Data) -> ObjectRequest:
    """Read the options of one object, once for all hosts; refuse what no host could take, before any is asked."""
    guid = _read_guid(given)
    # The name that it gets is sent in any case, so nothing is said of the GUID to the reader of names.
    said = _KINDS[kind].read({key: value for key, value in given.items() if key != "guid"}, "", True, Noted())
    return ObjectRequest(kind, given_only(given), said, guid)


def store_with_object(current: Store, request: ObjectRequest) -> Store:
    """Return what the host shall have when the object of a request is present."""
    kind, name = request.kind, request.said.name
    if request.guid:
        current = _renamed(current, kind, request.guid, name, "")
    known = by_name(_items(current, kind))
    present = _present(known, request.said, request.given, Mode.PRESENT, "")
    known[folded(name)] = present
    wanted = complete(current, _with(current, kind, known), "")
    whole = isinstance(present, Policy) and request.given.get("rules") is not None
    return _said_whole(wanted, kind, name) if whole else wanted


def without_object(current: Store, kind: str, name: str, guid: str = "") -> Store:
    """Return what the host shall have when one object is absent, which is found by its GUID where that is given."""
    found = current.found(kind, guid) if guid else name
    return current if found is None else _without(current, {_KINDS[kind].field: [{"name": found}]}, "")


def _read_guid(given: Data) -> str:
    fields = Fields({"guid": given.get("guid")}, "", ("guid",))
    return fields.checked("guid", "", check_guid).lower()


def _renamed(current: Store, kind: str, guid: str, name: str, path: str) -> Store:
    """Return the store with the object of a GUID under a name; refuse when there is none, or another of that name."""
    words = kind.replace("_", " ")
    found = current.found(kind, guid)
    if found is None:
        remedy = "policies_info lists the GUIDs of what has no name that can be told."
        raise IpsecError(f"{path}guid", guid, f"the GUID of a {words} of the host", remedy)
    if found == name:
        return current
    if current.is_opaque(kind, found):
        remedy = "It cannot be read, so what it would be under another name is not known."
        raise IpsecError(f"{path}guid", guid, f"the GUID of a {words} that can be read", remedy)
    if folded(name) in current.named(kind):
        expected = f"a name that no other {words} of the host has"
        raise IpsecError(f"{path}name", name, expected, "Choose another name, or remove the other one first.")
    return renamed(current, Rename(kind, found, name, guid))


def _said_whole(store: Store, kind: str, name: str) -> Store:
    """Return the store in which nothing of an object has to be kept: all of it was said."""
    return replace(store, unmanaged={key: mark for key, mark in store.unmanaged.items() if key != (kind, folded(name))})


def check_assignment(name: object, state: str, guid: object = None) -> None:
    """Refuse names and GUIDs that no policy can have, and an assignment of nothing."""
    fields = Fields({"name": name, "guid": guid}, "", ("name", "guid"))
    _read_guid({"guid": guid})
    if fields.given("name") and fields.given("guid"):
        raise IpsecError("guid", guid, "a name or a GUID, not both", "Leave one of them out.")
    if not fields.given("name") and not fields.given("guid") and state == "assigned":
        remedy = "Add name or guid, or say state: unassigned."
        raise IpsecError("name", None, "the name of the policy to assign", remedy)
    if fields.given("name"):
        fields.checked("name", "", check_object_name)


def assigned_store(current: Store, name: str | None, *, assign: bool, guid: str = "") -> Store:
    """Return what the host shall have when a policy is, or is not, in force; ``guid`` finds one of any name.

    To unassign with a name leaves another policy in force as it is.
    """
    found = current.found(POLICY, guid) if guid else current.named(POLICY).get(folded(name or ""))
    if assign:
        if found is None:
            remedy = "Make the policy first, or name one that the host has."
            if guid:
                raise IpsecError("guid", guid, "the GUID of a policy of the host", remedy)
            raise IpsecError("name", name, "the name of a policy of the host", remedy)
        return replace(current, assigned=found)
    if (name is None and not guid) or (current.assigned is not None and found == current.assigned):
        return replace(current, assigned=None)
    return current


@dataclass(frozen=True, slots=True)
class _Kind:
    """How objects of one kind are read from user data, written to it, and kept in a store.

    ``read`` takes the data, their path, whether they may be partial, and where it notes what
    netsh cannot be told.
    """

    read: Callable[[object, str, bool, Noted], Item]
    write: Callable[[Any], dict[str, object]]
    field: str


_KINDS = {
    FILTER_LIST: _Kind(
        lambda data, path, partial, noted: read_filter_list(data, path, noted),
        write_filter_list,
        "filter_lists",
    ),
    FILTER_ACTION: _Kind(
        lambda data, path, partial, noted: read_filter_action(data, path, noted, partial=partial),
        write_filter_action,
        "filter_actions",
    ),
    POLICY: _Kind(
        lambda data, path, partial, noted: read_policy(data, path, noted, partial=partial),
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
        if request.mode in (Mode.REPLACED, Mode.OVERRIDDEN) and kind == POLICY:
            wanted = _said_whole(wanted, kind, key)
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
    if before is None:
        return kind.read(given, path, False, Noted())
    # What of it cannot be told is on the host already, and is refused where it would have to be sent.
    whole = overlaid({"guid": _NO_GUID, **kind.write(before)}, given, keep=keep)
    return kind.read(whole, path, False, Noted())


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
    for item in store.opaque:
        if item.key in gone:
            where = f"{path}.{_KINDS[item.kind].field}" if path else "name"
            expected = f"a {item.kind.replace('_', ' ')} that can be read"
            remedy = f"Remove it in the snap-in, if nobody needs it. {item.reason}"
            raise IpsecError(where, item.name, expected, remedy)
    return store
