# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing policies, their main-mode settings and their assignment."""

from __future__ import annotations

import uuid
from dataclasses import replace

from .errors import Code, StoreError
from .identifiers import ObjectClass
from .model import Cipher, Hash, MainMode, MainModeMethod
from .objects import ISAKMP, OWNERS, Objects
from .policy_blob import decode_main_mode, decode_policy, encode_main_mode, encode_policy
from .rules import Rules
from .text_field import BlobError

DEFAULT_POLLING = 10800

# Seen in the directory defaults and in Windows 2000.
OLD_DEFAULT_METHODS = (
    MainModeMethod(Cipher.TRIPLE_DES, Hash.SHA1, 2),
    MainModeMethod(Cipher.TRIPLE_DES, Hash.MD5, 2),
    MainModeMethod(Cipher.DES, Hash.SHA1, 1),
    MainModeMethod(Cipher.DES, Hash.MD5, 1),
)
# Seen in policies that netsh made on Windows 10 and 11; whether they are its defaults is not known: lab's choice.
# [ledger: netsh-send-every-parameter, data-new-policy-methods]
NEW_DEFAULT_METHODS = (
    MainModeMethod(Cipher.TRIPLE_DES, Hash.SHA1, 2),
    MainModeMethod(Cipher.TRIPLE_DES, Hash.SHA1, 3),
)


class Policies:
    """The policies of a store."""

    def __init__(self, objects: Objects, rules: Rules) -> None:
        self._objects = objects
        self._rules = rules
        self._version = objects.host.version

    def default_mode(self) -> MainMode:
        """Return the main-mode settings of a policy for which nothing was said."""
        return MainMode(NEW_DEFAULT_METHODS if self._version.random_function else OLD_DEFAULT_METHODS)

    def create(
        self, name: str, mode: MainMode, *, polling_seconds: int, default_active: bool, description: str = ""
    ) -> str:
        """Make a policy with its main-mode settings and its default response rule; refuses a name that is taken."""
        if self._objects.find(ObjectClass.POLICY, name) is not None:
            raise StoreError(Code.POLICY_EXISTS, name=name)
        policy = self._objects.create(
            ObjectClass.POLICY, encode_policy(polling_seconds), name=name, description=description
        )
        identity = uuid.uuid4()
        isakmp = self._objects.create(
            ObjectClass.ISAKMP, encode_main_mode(mode, identity, self._version), guid=identity
        )
        self._objects.point(policy, ISAKMP, isakmp)
        self._objects.point(isakmp, OWNERS, policy)
        self._rules.create_default(policy, active=default_active)
        return policy

    def require(self, name: str) -> str:
        """Return the policy of that display name."""
        found = self._objects.find(ObjectClass.POLICY, name)
        if found is None:
            raise StoreError(Code.NO_SUCH_POLICY, name=name)
        return found

    def rename(self, key: str, new_name: str) -> None:
        """Give a policy another display name; refuses one that another policy has."""
        other = self._objects.find(ObjectClass.POLICY, new_name)
        if other is not None and other != key:
            raise StoreError(Code.POLICY_EXISTS, name=new_name)
        self._objects.put(key, "ipsecName", new_name)
        self._objects.stamp(key)

    def describe(self, key: str, description: str) -> None:
        """Change the description of a policy."""
        self._objects.put(key, "description", description)
        self._objects.stamp(key)

    def polling(self, key: str) -> int:
        """Return the polling interval in seconds."""
        try:
            return decode_policy(self._objects.data(key) or b"")
        except BlobError as err:
            raise StoreError(Code.UNREADABLE, name=key) from err

    def set_polling(self, key: str, seconds: int) -> None:
        """Change the polling interval."""
        self._objects.write(key, encode_policy(seconds))

    def mode(self, key: str) -> MainMode:
        """Return the main-mode settings."""
        isakmp = self._objects.target(key, ISAKMP)
        try:
            return decode_main_mode((self._objects.data(isakmp) if isakmp else None) or b"")
        except BlobError as err:
            raise StoreError(Code.UNREADABLE, name=isakmp or key) from err

    def set_mode(self, key: str, mode: MainMode) -> None:
        """Replace the main-mode settings; the policy is stamped with them."""
        isakmp = self._objects.target(key, ISAKMP)
        if isakmp is None:
            raise StoreError(Code.UNREADABLE, name=key)
        identity = uuid.UUID(isakmp[isakmp.index("{") :])
        self._objects.write(isakmp, encode_main_mode(mode, identity, self._version))
        self._objects.stamp(key)

    def set_default_active(self, key: str, active: bool) -> None:
        """Switch the default response rule on or off."""
        rule = self._rules.default(key)
        self._rules.write(key, rule, replace(self._rules.read(rule), active=active))

    def assign(self, key: str) -> None:
        """Put the policy in force, in place of any other local policy. [ledger: force-assign-replaces]"""
        self._objects.assign(key)

    def unassign(self, key: str) -> None:
        """Take the policy out of force, if it is the one in force."""
        if self.is_assigned(key):
            self._objects.assign(None)

    def is_assigned(self, key: str) -> bool:
        """Tell whether this policy is the one in force."""
        assigned = self._objects.assigned()
        return assigned is not None and assigned.lower() == key.lower()

    def delete(self, key: str) -> None:
        """Delete a policy with its rules and main-mode settings, also the one in force.

        KB 4471134 removes the assigned policy of a worm in one command, and published scripts delete the policy that
        their last run assigned. That nothing is in force afterwards is the lab's choice.

        [ledger: force-delete-assigned, force-after-delete]
        """
        self.unassign(key)
        for rule in self._rules.of(key):
            self._rules.delete(key, rule)
        settings = self._objects.targets(key, ISAKMP)
        self._objects.delete(key)
        for isakmp in settings:
            self._objects.drop_reference(isakmp, OWNERS, key)
            if not self._objects.references(isakmp, OWNERS):
                self._objects.delete(isakmp)
