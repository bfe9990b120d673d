# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing filter actions."""

from __future__ import annotations

from dataclasses import replace

from .action_blob import encode_offers
from .errors import Code, StoreError
from .identifiers import (
    TYPE_DEFAULT_RESPONSE,
    TYPE_STANDARD,
    ObjectClass,
    action_identifier,
)
from .model import Action, ActionBody, Offer
from .objects import NEGOTIATION, Objects
from .view import read_action

ACTION = "ipsecNegotiationPolicyAction"
TYPE = "ipsecNegotiationPolicyType"


def _stored_offers(body: ActionBody) -> tuple[Offer, ...]:
    """Permit and block carry no offers; falling back to clear text is one more, empty offer at the end."""
    if body.action is not Action.NEGOTIATE:
        return ()
    offers = tuple(replace(each, pfs=body.pfs) for each in body.offers)
    return (*offers, Offer()) if body.soft else offers


class FilterActions:
    """The filter actions of a store."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._version = objects.host.version

    def create(self, body: ActionBody, name: str | None = None, description: str = "") -> str:
        """Make a filter action; refuses a name that is taken. An unnamed one belongs to a single rule."""
        if name is not None and self._objects.find(ObjectClass.NEGOTIATION, name) is not None:
            raise StoreError(Code.FILTER_ACTION_EXISTS, name=name)
        return self._objects.create(
            ObjectClass.NEGOTIATION,
            encode_offers(_stored_offers(body), self._version),
            name=name,
            description=description,
            extra={
                ACTION: action_identifier(body.action, inpass=body.inpass),
                TYPE: TYPE_DEFAULT_RESPONSE if body.default_response else TYPE_STANDARD,
            },
        )

    def require(self, name: str) -> str:
        """Return the filter action of that display name."""
        found = self._objects.find(ObjectClass.NEGOTIATION, name)
        if found is None:
            raise StoreError(Code.NO_SUCH_FILTER_ACTION, name=name)
        return found

    def rename(self, key: str, new_name: str) -> None:
        """Give a filter action another display name; refuses one that another has."""
        other = self._objects.find(ObjectClass.NEGOTIATION, new_name)
        if other is not None and other != key:
            raise StoreError(Code.FILTER_ACTION_EXISTS, name=new_name)
        self._objects.put(key, "ipsecName", new_name)
        self._objects.stamp(key)

    def describe(self, key: str, description: str) -> None:
        """Change the description of a filter action."""
        self._objects.put(key, "description", description)
        self._objects.stamp(key)

    def write(self, key: str, body: ActionBody) -> None:
        """Replace what a filter action says."""
        self._objects.put(key, ACTION, action_identifier(body.action, inpass=body.inpass))
        self._objects.write(key, encode_offers(_stored_offers(body), self._version))

    def read(self, key: str) -> ActionBody:
        """Return what a filter action says."""
        view = read_action(self._objects, key)
        if view is None:
            raise StoreError(Code.UNREADABLE, name=key)
        return view.body

    def delete(self, key: str) -> None:
        """Delete a filter action; refused while a rule points at it (MS-GPIPSEC 3.1.5.7).

        [ledger: store-deleted-in-order]
        """
        if self._objects.users(key, NEGOTIATION):
            raise StoreError(Code.FILTER_ACTION_IN_USE, name=self._objects.text(key, "ipsecName") or key)
        self._objects.delete(key)
