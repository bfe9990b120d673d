# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a policy store as they lie there, from registry keys or from directory entries (MS-GPIPSEC 2.2.1).

[ledger: netsh-new-guids, store-five-classes, store-attributes, store-single-text-lists, data-type-598]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..._common.errors import StoreError
from ..._common.packets import natural_number
from ..._windows.registry.keys import Key, Keys
from ..codec.rule import is_version_object


class Kind(StrEnum):
    """The classes of the store; the values are their names, folded."""

    POLICY = "ipsecpolicy"
    MAIN_MODE = "ipsecisakmppolicy"
    RULE = "ipsecnfa"
    FILTER_LIST = "ipsecfilter"
    FILTER_ACTION = "ipsecnegotiationpolicy"


KIND_WORDS = {
    Kind.POLICY: "policy",
    Kind.MAIN_MODE: "main mode settings",
    Kind.RULE: "rule",
    Kind.FILTER_LIST: "filter list",
    Kind.FILTER_ACTION: "filter action",
}

_OBJECT_NAME = re.compile(rf"({'|'.join(Kind)})(\{{[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\}})")
# A deleted object keeps its name, followed by a line break and the mark DEL, which a DN shows escaped.
_FIRST_RDN = re.compile(r"cn=((?:[^,\\]|\\.)*)", re.IGNORECASE | re.DOTALL)
_DATA_TYPES = (256, 598)  # the second in the objects that a domain comes with


@dataclass(frozen=True, slots=True)
class Reference:
    """The class and identifier that a reference names. ``kind`` is None when it names no object of a store."""

    kind: Kind | None
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object. ``identity`` is its {guid} in lower case, ``data`` its bytes (None in a half-written object)."""

    kind: Kind
    identity: str
    name: str = ""
    description: str = ""
    data: bytes | None = field(default=None, repr=False)
    data_type: int | None = None
    action: str = ""
    action_type: str = ""
    main_modes: tuple[Reference, ...] = ()
    rules: tuple[Reference, ...] = ()
    filter_lists: tuple[Reference, ...] = ()
    filter_actions: tuple[Reference, ...] = ()
    owners: tuple[Reference, ...] = ()

    @property
    def reference(self) -> Reference:
        """What others use to name this object."""
        return Reference(self.kind, self.identity)

    @property
    def references(self) -> tuple[Reference, ...]:
        """All objects that this one uses."""
        return self.main_modes + self.rules + self.filter_lists + self.filter_actions

    @property
    def label(self) -> str:
        """Kind and name, or identifier where there is no name, for messages."""
        return f"{KIND_WORDS[self.kind]} {ascii(self.name) if self.name else self.identity}"

    @property
    def path(self) -> str:
        """Class and identifier, for messages about the data."""
        return f"{self.kind}{self.identity}"

    @property
    def odd_data_type(self) -> bool:
        """Whether the data claims a format other than the two known ones."""
        return self.data_type not in (None, *_DATA_TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Everything that lies in a store. ``active`` is the reference to the policy in force, None for none."""

    objects: tuple[StoredObject, ...]
    active: Reference | None = None
    findings: tuple[str, ...] = ()


def reference(text: str) -> Reference:
    """Return the object that a registry path or a distinguished name refers to."""
    rdn = _FIRST_RDN.match(text)
    last = rdn[1] if rdn else text.rstrip("\\").rpartition("\\")[2]
    match = _OBJECT_NAME.fullmatch(last.casefold())
    return Reference(Kind(match[1]), match[2]) if match else Reference(None, text.casefold())


def is_there(keys: Keys, root: str) -> bool:
    """Tell whether keys hold a store: its key itself, or one of its objects."""
    return root in keys or bool(keys.below(root))


def from_registry(keys: Keys, root: str) -> Stored:
    """Return the objects below the key ``root``; raise StoreError when there is no such key."""
    objects: list[StoredObject] = []
    findings = list(keys.findings)
    if not is_there(keys, root):
        remedy = "Read the key of the store with all keys below it."
        raise StoreError("registry text", f"{len(keys)} other keys", f"the key {root}", remedy)
    for key in keys.below(root):
        named = reference(key.path)
        if named.kind is None:
            findings.append(f"The key {key.name!a} is no object of a policy store; it was left out.")
            continue
        stored = _from_key(named.kind, named.identity, key)
        if stored.data is None or not is_version_object(stored.data):
            objects.append(stored)
    active = _texts(keys[root], "ActivePolicy") if root in keys else ()
    return Stored(objects=tuple(objects), active=reference(active[0]) if active else None, findings=tuple(findings))


def _texts(key: Key, name: str) -> tuple[str, ...]:
    """Return the non-empty texts of a value: of a list, or of a single text in its place."""
    value = key.value(name)
    if value is None or isinstance(value.data, (int, bytes)):
        return ()
    texts = (value.data,) if isinstance(value.data, str) else value.data
    return tuple(text for text in texts if text)


def _from_key(kind: Kind, identity: str, key: Key) -> StoredObject:
    data = key.value("ipsecData")
    data_type = key.value("ipsecDataType")
    return _stored(
        kind,
        identity,
        lambda name: _texts(key, name),
        data.data if data and isinstance(data.data, bytes) and data.data else None,
        data_type.data if data_type and isinstance(data_type.data, int) else None,
    )


def from_directory(entries: Iterable[Mapping[str, Sequence[str | bytes]]], assigned: str | None = None) -> Stored:
    """Return the objects of directory entries, each a mapping of attribute to values, as LDAP gives them.

    ``assigned`` is the distinguished name of the policy in force. Entries of other classes are left out with a
    finding, the version object without one.
    """
    objects: list[StoredObject] = []
    findings: list[str] = []
    for entry in entries:
        attributes = {name.casefold(): values for name, values in entry.items()}
        common_name = next(iter(_strings(attributes, "cn")), "")
        named = reference(f"cn={common_name}")
        if named.kind is None:
            findings.append(f"The entry {common_name!a} is no object of a policy store; it was left out.")
            continue
        stored = _from_entry(named.kind, named.identity, attributes)
        if stored.data is None or not is_version_object(stored.data):
            objects.append(stored)
    active = reference(assigned) if assigned else None
    return Stored(objects=tuple(objects), active=active, findings=tuple(findings))


def _strings(attributes: Mapping[str, Sequence[str | bytes]], name: str) -> tuple[str, ...]:
    values = attributes.get(name.casefold(), ())
    texts = (value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values)
    return tuple(text for text in texts if text)


def _from_entry(kind: Kind, identity: str, attributes: Mapping[str, Sequence[str | bytes]]) -> StoredObject:
    data = next(iter(attributes.get("ipsecdata", ())), None)
    data_type = next(iter(_strings(attributes, "ipsecDataType")), "")
    return _stored(
        kind,
        identity,
        lambda name: _strings(attributes, name),
        data if isinstance(data, bytes) and data else None,
        natural_number(data_type),
    )


def _stored(
    kind: Kind,
    identity: str,
    texts: Callable[[str], tuple[str, ...]],
    data: bytes | None,
    data_type: int | None,
) -> StoredObject:
    def first(name: str) -> str:
        return next(iter(texts(name)), "")

    def references(name: str) -> tuple[Reference, ...]:
        return tuple(map(reference, texts(name)))

    name = first("ipsecName")
    # Windows 2000 gives an object without a name the value that it wrote just before: seen in stores of that release.
    # [ledger: store-unnamed-have-no-name]
    borrowed = (identity, first("ipsecNegotiationPolicyAction"), first("ipsecNegotiationPolicyReference"))
    return StoredObject(
        kind=kind,
        identity=identity,
        name="" if name.casefold() in map(str.casefold, borrowed) else name,
        description=first("description"),
        data=data,
        data_type=data_type,
        action=first("ipsecNegotiationPolicyAction").casefold(),
        action_type=first("ipsecNegotiationPolicyType").casefold(),
        main_modes=references("ipsecISAKMPReference"),
        rules=references("ipsecNFAReference"),
        filter_lists=references("ipsecFilterReference"),
        filter_actions=references("ipsecNegotiationPolicyReference"),
        owners=references("ipsecOwnersReference"),
    )
