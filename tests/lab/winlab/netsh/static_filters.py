# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec static` add, set and delete of filters, filter lists and filter actions."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from ..store.errors import Code, StoreError
from ..store.identifiers import ObjectClass
from ..store.model import (
    SERVER_KINDS,
    Action,
    ActionBody,
    Algorithm,
    EspCipher,
    Filter,
    Hash,
    Offer,
    Operation,
    Side,
    SideKind,
)
from . import values
from .context import Process
from .methods import offers
from .words import Given

FILTER_TAGS = (
    "filterlist",
    "srcaddr",
    "dstaddr",
    "description",
    "protocol",
    "mirrored",
    "srcmask",
    "dstmask",
    "srcport",
    "dstport",
)
ACTION_TAGS = ("name", "description", "qmpfs", "inpass", "soft", "action", "qmsecmethods")

# What a negotiating filter action offers if nothing was said is not known: lab's choice.
# [ledger: netsh-action-default-offer]
_DEFAULT_OFFERS = (Offer((Algorithm(Operation.ESP, EspCipher.TRIPLE_DES, Hash.SHA1),)),)


def sides(process: Process, given: Given) -> tuple[Side, Side]:
    """Return source and destination; where one is a server type the other has to be Me."""
    version = process.host.version
    source = values.side(given, "srcaddr", "srcmask", version)
    destination = values.side(given, "dstaddr", "dstmask", version)
    for one, other in ((source, destination), (destination, source)):
        if one.kind in SERVER_KINDS and other.kind is not SideKind.ME:
            raise StoreError(Code.SERVER_NEEDS_ME)
        if one.kind in SERVER_KINDS and not version.server_type_filters:
            raise StoreError(Code.NOT_ON_THIS_VERSION, tag=one.kind)
    families = {isinstance(each.first, IPv6Address) for each in (source, destination) if each.first is not None}
    if len(families) > 1:
        raise StoreError(Code.MIXED_FAMILIES)
    return source, destination


def port(given: Given, tag: str) -> int:
    """Return a port, 0 for any."""
    return values.number(given, tag, 0, 0xFFFF)


def add_filter(process: Process, given: Given) -> None:
    """Append one filter; its list is made if it is missing."""
    name = values.require(given, "filterlist")
    source, destination = sides(process, given)
    one = Filter(
        source,
        destination,
        values.protocol(given),
        port(given, "srcport"),
        port(given, "dstport"),
        values.yes(given, "mirrored", True),
        given.get("description") or "",
    )
    if (one.source_port or one.destination_port) and one.protocol not in (6, 17):
        raise StoreError(Code.PORT_NEEDS_TCP_OR_UDP)
    process.store.filter_lists.add(name, one)


def delete_filter(process: Process, given: Given) -> None:
    """Delete every filter that matches. A tag that is not given is not compared (lab's choice).

    [ledger: netsh-delete-filter-matches-all, netsh-delete-filter-missing-tags]
    """
    name = values.require(given, "filterlist")
    source, destination = sides(process, given)
    protocol = values.protocol(given)
    source_port, destination_port = port(given, "srcport"), port(given, "dstport")
    mirrored = values.yes(given, "mirrored", True)

    def matches(one: Filter) -> bool:
        return (
            ("srcmask" not in given or one.source.mask == source.mask)
            and ("dstmask" not in given or one.destination.mask == destination.mask)
            and ("protocol" not in given or one.protocol == protocol)
            and ("srcport" not in given or one.source_port == source_port)
            and ("dstport" not in given or one.destination_port == destination_port)
            and ("mirrored" not in given or one.mirrored == mirrored)
        )

    process.store.filter_lists.remove(name, source, destination, matches)


def _everything(given: Given) -> bool:
    return (given.get("name") or "").lower() == "all"


def add_filter_list(process: Process, given: Given) -> None:
    """Make an empty filter list."""
    process.store.filter_lists.create(values.require(given, "name"), given.get("description") or "")


def by_name_or_guid(process: Process, given: Given, object_class: ObjectClass, missing: Code) -> str:
    """Return the object that `name=` or `guid=` means."""
    guid = given.get("guid")
    if guid is None:
        name = values.require(given, "name")
        found = process.store.objects.find(object_class, name)
    else:
        name = guid
        found = process.store.objects.find_guid(object_class, guid)
    if found is None:
        raise StoreError(missing, name=name)
    return found


def set_filter_list(process: Process, given: Given) -> None:
    """Rename or describe a filter list."""
    lists = process.store.filter_lists
    key = by_name_or_guid(process, given, ObjectClass.FILTER, Code.NO_SUCH_FILTER_LIST)
    new_name, description = given.get("newname"), given.get("description")
    if new_name:
        lists.rename(key, new_name)
    if description is not None:
        lists.describe(key, description)


def delete_filter_list(process: Process, given: Given) -> None:
    """Delete one filter list or all; `all` stops at the first that is in use."""
    store = process.store
    if not _everything(given):
        store.filter_lists.delete(store.filter_lists.require(values.require(given, "name")))
        return
    keys = list(store.objects.names(ObjectClass.FILTER))
    if not keys:
        raise StoreError(Code.NO_FILTER_LISTS)
    for key in keys:
        store.filter_lists.delete(key)


def _body(given: Given, base: ActionBody) -> ActionBody:
    """Return the base with what the line changes; methods beside permit or block have no effect."""
    text = given.get("qmsecmethods")
    action = values.action(given, base.action)
    body = replace(
        base,
        action=action,
        offers=base.offers if text is None else offers(text),
        pfs=values.yes(given, "qmpfs", base.pfs),
        inpass=values.yes(given, "inpass", base.inpass),
        soft=values.yes(given, "soft", base.soft),
    )
    return body if body.offers or action is not Action.NEGOTIATE else replace(body, offers=_DEFAULT_OFFERS)


def add_filter_action(process: Process, given: Given) -> None:
    """Make a filter action."""
    name = values.require(given, "name")
    body = _body(given, ActionBody(Action.NEGOTIATE))
    process.store.filter_actions.create(body, name, given.get("description") or "")


def set_filter_action(process: Process, given: Given) -> None:
    """Rename, describe or change a filter action."""
    actions = process.store.filter_actions
    key = by_name_or_guid(process, given, ObjectClass.NEGOTIATION, Code.NO_SUCH_FILTER_ACTION)
    before = actions.read(key)
    body = _body(given, before)
    new_name, description = given.get("newname"), given.get("description")
    if new_name:
        actions.rename(key, new_name)
    if description is not None:
        actions.describe(key, description)
    if body != before:
        actions.write(key, body)


def delete_filter_action(process: Process, given: Given) -> None:
    """Delete one filter action or all named ones; `all` stops at the first that is in use."""
    store = process.store
    if not _everything(given):
        store.filter_actions.delete(store.filter_actions.require(values.require(given, "name")))
        return
    keys = [
        key for key in store.objects.names(ObjectClass.NEGOTIATION) if store.objects.text(key, "ipsecName") is not None
    ]
    if not keys:
        raise StoreError(Code.NO_FILTER_ACTIONS)
    for key in keys:
        store.filter_actions.delete(key)
