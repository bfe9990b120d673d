# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy objects as registry keys: identity, names, references, owners and time stamps.

An object is known here by the name of its key, `<class>{guid}`. References are texts that end in such a name; only
that last element counts, and letter case never does (seen in exports of Windows 10 and 11 and of Windows 2000).

[ledger: store-local-root, store-attributes, store-case-ignored]
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping

from ..registry import Kind, Value
from .identifiers import ObjectClass
from .keeper import Keeper

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
DATA_TYPE = 256

OWNERS = "ipsecOwnersReference"
ISAKMP = "ipsecISAKMPReference"
NFAS = "ipsecNFAReference"
FILTERS = "ipsecFilterReference"
NEGOTIATION = "ipsecNegotiationPolicyReference"
_LISTS = (OWNERS, NFAS, FILTERS)


class Objects:
    """The local store of one host, key by key."""

    def __init__(self, host: Keeper) -> None:
        self.host = host
        self._registry = host.registry

    def path(self, name: str) -> str:
        """Return the full registry path of an object."""
        return f"{LOCAL}\\{name}"

    def names(self, object_class: ObjectClass) -> Iterator[str]:
        """Yield the key names of a class in order of creation, half-written ones left out."""
        prefix = object_class.lower() + "{"
        for name in self._registry.subkeys(LOCAL):
            if name.lower().startswith(prefix) and self.data(name) is not None:
                yield name

    def find(self, object_class: ObjectClass, display_name: str) -> str | None:
        """Return the object of that display name, whatever the case. [ledger: names-ignore-case]"""
        wanted = display_name.lower()
        for name in self.names(object_class):
            shown = self.text(name, "ipsecName")
            if shown is not None and shown.lower() == wanted:
                return name
        return None

    def find_guid(self, object_class: ObjectClass, guid: str) -> str | None:
        """Return the object of that GUID, with or without braces. [ledger: netsh-set-by-guid]"""
        wanted = f"{object_class}{{{guid.strip('{}')}}}".lower()
        return next((name for name in self.names(object_class) if name.lower() == wanted), None)

    def text(self, name: str, attribute: str) -> str | None:
        """Return a text attribute, None if missing."""
        value = self._registry.get(self.path(name), attribute)
        return value.data if value is not None and isinstance(value.data, str) else None

    def data(self, name: str) -> bytes | None:
        """Return the blob, None if missing."""
        value = self._registry.get(self.path(name), "ipsecData")
        return value.data if value is not None and isinstance(value.data, bytes) else None

    def data_value(self, name: str) -> Value | None:
        """Return the very value that holds the blob; its identity tells whether anybody wrote since."""
        return self._registry.get(self.path(name), "ipsecData")

    def changed(self, name: str) -> int:
        """Return the time of the last change in Unix seconds, 0 if unknown. [ledger: store-when-changed]"""
        value = self._registry.get(self.path(name), "whenChanged")
        return value.data if value is not None and isinstance(value.data, int) else 0

    def create(
        self,
        object_class: ObjectClass,
        data: bytes,
        *,
        name: str | None = None,
        description: str = "",
        guid: uuid.UUID | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> str:
        """Write a new object and return its key name; an unnamed object has no ipsecName at all.

        [ledger: netsh-new-guids]
        """
        text = f"{{{guid or uuid.uuid4()}}}"
        text = text.upper() if self.host.version.guid_upper else text
        key_name = f"{object_class}{text}"
        self._registry.create(self.path(key_name))
        self.put(key_name, self.host.version.class_value, object_class)
        self.put(key_name, "name", key_name)
        if name is not None:
            self.put(key_name, "ipsecName", name)
        if description:
            self.put(key_name, "description", description)
        self.put(key_name, "ipsecID", text)
        self._registry.set(self.path(key_name), "ipsecDataType", Value(Kind.DWORD, DATA_TYPE))
        self.write(key_name, data)
        for attribute, content in (extra or {}).items():
            self.put(key_name, attribute, content)
        return key_name

    def put(self, name: str, attribute: str, text: str) -> None:
        """Write a text attribute."""
        self._registry.set(self.path(name), attribute, Value(Kind.SZ, text))

    def remove(self, name: str, attribute: str) -> None:
        """Remove an attribute if it is there."""
        self._registry.delete_value(self.path(name), attribute)

    def write(self, name: str, data: bytes) -> Value:
        """Write the blob, stamp the object, return the stored value."""
        value = Value(Kind.BINARY, data)
        self._registry.set(self.path(name), "ipsecData", value)
        self.stamp(name)
        return value

    def stamp(self, name: str) -> None:
        """Write the time of change."""
        self._registry.set(self.path(name), "whenChanged", Value(Kind.DWORD, int(self.host.clock.now())))

    def delete(self, name: str) -> None:
        """Remove the object's key."""
        self._registry.delete_key(self.path(name))

    def reference(self, name: str) -> str:
        """Return the text that points at an object."""
        return f"{self.host.version.reference_root}\\{name}"

    def references(self, name: str, attribute: str) -> list[str]:
        """Return the reference texts of an attribute as stored; a single text counts as a list of one."""
        value = self._registry.get(self.path(name), attribute)
        if value is None:
            return []
        return [value.data] if isinstance(value.data, str) else [str(each) for each in value.data]  # type: ignore[union-attr]

    def targets(self, name: str, attribute: str) -> list[str]:
        """Return the key names that an attribute points at, those left out that are missing or half-written."""
        found = []
        for text in self.references(name, attribute):
            target = text.rpartition("\\")[2]
            if self.data(target) is not None:
                found.append(self._registry.spelled(self.path(target)).rpartition("\\")[2])
        return found

    def target(self, name: str, attribute: str) -> str | None:
        """Return the first key name that an attribute points at."""
        return next(iter(self.targets(name, attribute)), None)

    def point(self, name: str, attribute: str, target: str) -> None:
        """Let an attribute point at one object and nothing else."""
        text = self.reference(target)
        value = Value(Kind.MULTI_SZ, (text,)) if attribute in _LISTS else Value(Kind.SZ, text)
        self._registry.set(self.path(name), attribute, value)

    def add_reference(self, name: str, attribute: str, target: str) -> None:
        """Put a reference first in a list, as netsh was seen to do. [ledger: store-new-first]"""
        self._set_list(name, attribute, [self.reference(target), *self.references(name, attribute)])

    def drop_reference(self, name: str, attribute: str, target: str) -> None:
        """Take a reference out of a list; a list that becomes empty disappears."""
        wanted = target.lower()
        kept = [each for each in self.references(name, attribute) if each.rpartition("\\")[2].lower() != wanted]
        self._set_list(name, attribute, kept)

    def _set_list(self, name: str, attribute: str, texts: list[str]) -> None:
        if texts:
            self._registry.set(self.path(name), attribute, Value(Kind.MULTI_SZ, tuple(texts)))
        else:
            self._registry.delete_value(self.path(name), attribute)

    def users(self, name: str, attribute: str) -> list[str]:
        """Return the rules that point at a filter list or filter action, whatever its owner list says."""
        folded = name.lower()
        return [
            rule
            for rule in self.names(ObjectClass.NFA)
            if any(text.rpartition("\\")[2].lower() == folded for text in self.references(rule, attribute))
        ]

    def assigned(self) -> str | None:
        """Return the key name of the assigned policy, None if there is none. [ledger: store-active-policy]"""
        value = self._registry.get(LOCAL, "ActivePolicy")
        return str(value.data).rpartition("\\")[2] if value is not None else None

    def assign(self, name: str | None) -> None:
        """Put a policy in force, or none."""
        if name is None:
            self._registry.delete_value(LOCAL, "ActivePolicy")
        else:
            self._registry.set(LOCAL, "ActivePolicy", Value(Kind.SZ, self.reference(name)))
