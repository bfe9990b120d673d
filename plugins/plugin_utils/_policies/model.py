# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy store holds, in the terms of the snap-in. Frozen; units are in the names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from .._common.packets import Address, Place
from .._common.secret import Secret
from .words import ActionKind, ConnectionType, DhGroup, Encryption, Integrity

DEFAULT_POLLING_INTERVAL_MINUTES = 180
DEFAULT_MAIN_MODE_LIFETIME_MINUTES = 480


def folded(name: str) -> str:
    """Return the form in which names are compared: Windows keeps their case and ignores it.

    [ledger: names-ignore-case]
    """
    return name.casefold()


Selector = tuple[Address, Address, int, int, int, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Packets by addresses, IP protocol (0 is any) and ports (0 is any)."""

    source: Address = Place.ME
    destination: Address = Place.ANY
    protocol: int = 0
    source_port: int = 0
    destination_port: int = 0
    mirrored: bool = True
    description: str = ""

    @property
    def selector(self) -> Selector:
        """All that decides which packets match; two filters with one selector are duplicates."""
        return (
            self.source,
            self.destination,
            self.protocol,
            self.source_port,
            self.destination_port,
            self.mirrored,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterList:
    """A named set of filters. The order of filters means nothing."""

    name: str
    description: str = ""
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickModeMethod:
    """One offer of a filter action: AH, ESP or both. Lifetimes of 0 leave the limit to the host."""

    ah_integrity: Integrity | None = None
    esp_encryption: Encryption | None = None
    esp_integrity: Integrity | None = None
    lifetime_kilobytes: int = 100_000
    lifetime_seconds: int = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterAction:
    """Permit, block or negotiate.

    ``accept_unsecured`` lets clear packets in and answers them with IPsec (netsh: inpass);
    ``fallback_to_clear`` talks in clear to a peer that does not answer IKE (netsh: soft).

    [ledger: packet-accept-unsecured]
    """

    name: str
    description: str = ""
    action: ActionKind = ActionKind.NEGOTIATE
    methods: tuple[QuickModeMethod, ...] = ()
    accept_unsecured: bool = False
    fallback_to_clear: bool = False
    perfect_forward_secrecy: bool = False


@dataclass(frozen=True, slots=True)
class Kerberos:
    """Authentication by the domain."""


@dataclass(frozen=True, slots=True)
class PresharedKey:
    """Authentication by a shared secret; None stands for the key that the store already has."""

    key: Secret | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """Authentication by a certificate that ``authority`` (its name as in ``CN=..., O=...``) has issued."""

    authority: str
    map_to_account: bool = False
    exclude_authority_name: bool = False


Authentication = Kerberos | PresharedKey | Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Binds a filter list to a filter action inside a policy. ``tunnel_endpoint`` None is transport mode."""

    name: str
    description: str = ""
    filter_list: str = ""
    filter_action: str = ""
    authentication: tuple[Authentication, ...] = (Kerberos(),)
    connection_type: ConnectionType = ConnectionType.ALL
    tunnel_endpoint: IPv4Address | IPv6Address | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeMethod:
    """One offer for the association that protects IKE itself."""

    encryption: Encryption = Encryption.TRIPLE_DES
    integrity: Integrity = Integrity.SHA1
    dh_group: DhGroup = DhGroup.HIGH


DEFAULT_MAIN_MODE_METHODS = (
    MainModeMethod(dh_group=DhGroup.HIGH),
    MainModeMethod(dh_group=DhGroup.MEDIUM),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MainMode:
    """Key exchange settings of a policy. ``quick_modes`` limits quick modes per main mode, 0 is no limit."""

    methods: tuple[MainModeMethod, ...] = DEFAULT_MAIN_MODE_METHODS
    lifetime_minutes: int = DEFAULT_MAIN_MODE_LIFETIME_MINUTES
    quick_modes: int = 0
    perfect_forward_secrecy: bool = False


DEFAULT_RESPONSE_METHODS = (
    QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1),
    QuickModeMethod(ah_integrity=Integrity.SHA1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultResponse:
    """The rule that answers peers which ask for IPsec; without effect from Windows Vista and Server 2008 on.

    What Windows fills in of its own accord differs by version, so policies made here always say everything.

    [ledger: netsh-default-response-words]
    """

    enabled: bool = False
    authentication: tuple[Authentication, ...] = (Kerberos(),)
    methods: tuple[QuickModeMethod, ...] = DEFAULT_RESPONSE_METHODS
    perfect_forward_secrecy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy with its rules. Rules have no order: the most specific filter wins."""

    name: str
    description: str = ""
    polling_interval_minutes: int = DEFAULT_POLLING_INTERVAL_MINUTES
    main_mode: MainMode = field(default_factory=MainMode)
    default_response: DefaultResponse = field(default_factory=DefaultResponse)
    rules: tuple[Rule, ...] = ()


FILTER_LIST = "filter_list"
FILTER_ACTION = "filter_action"
POLICY = "policy"

Key = tuple[str, str]
"""What a store knows an object by: its kind and its folded name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmanaged:
    """Which changes of an object are refused, and why; each text is empty, or completes "This object ...".

    ``name``: netsh cannot be given its name, so it is assigned, renamed and removed by its GUID and not changed.
    ``content``: it holds what netsh cannot be told, so it can be made anew or removed, not changed.
    ``rules``: rules of it that netsh cannot be told by name; to change one of them the policy is made anew.
    ``kept``: another object shares its parts, so it can only be assigned, unassigned and renamed.
    ``filters`` are the selectors of the filters of a list that hold what netsh cannot be told: they do not go singly.
    """

    name: str = ""
    content: str = ""
    rules: str = ""
    kept: str = ""
    filters: frozenset[Selector] = frozenset()

    @property
    def reason(self) -> str:
        """All that is the matter, as sentences."""
        return " ".join(f"It {text}." for text in (self.kept, self.name, self.content, self.rules) if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """An object whose meaning is not known: some of its data cannot be read. It is reported and kept.

    ``reason`` is a sentence. ``uses`` are the filter lists and filter actions that a policy keeps in use.
    """

    kind: str
    name: str
    identity: str
    reason: str
    uses: frozenset[Key] = frozenset()

    @property
    def key(self) -> Key:
        """What a store knows it by."""
        return self.kind, folded(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Everything in one policy store. ``assigned`` is the name of the policy in force, None for none.

    An object without a name, or with the name of another one, goes by its GUID. ``unmanaged`` says what of an object
    cannot be changed, ``opaque`` are objects whose meaning is not known; one of them may be assigned.
    ``predefined`` are the objects that Windows itself brought along. ``findings`` are sentences about damage that was
    seen while reading. ``identities`` are the GUIDs of the objects, with braces; they say nothing about what a store
    means and are not compared.
    """

    filter_lists: tuple[FilterList, ...] = ()
    filter_actions: tuple[FilterAction, ...] = ()
    policies: tuple[Policy, ...] = ()
    assigned: str | None = None
    opaque: tuple[Opaque, ...] = ()
    unmanaged: Mapping[Key, Unmanaged] = field(default_factory=dict, hash=False)
    predefined: frozenset[Key] = frozenset()
    findings: tuple[str, ...] = ()
    identities: Mapping[Key, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def opaque_in_force(self) -> Opaque | None:
        """The policy in force, if its meaning is not known."""
        key = (POLICY, folded(self.assigned or ""))
        return next((item for item in self.opaque if item.key == key), None)

    def is_opaque(self, kind: str, name: str) -> bool:
        """Tell whether an object of this kind and name is there whose meaning is not known."""
        return any(item.key == (kind, folded(name)) for item in self.opaque)

    def mark(self, kind: str, name: str) -> Unmanaged:
        """Return what of an object cannot be changed."""
        return self.unmanaged.get((kind, folded(name)), _MANAGED)

    def identity(self, kind: str, name: str) -> str:
        """Return the GUID of an object, empty where it is not known."""
        return self.identities.get((kind, folded(name)), "")

    def named(self, kind: str) -> dict[str, str]:
        """Return the names of all objects of a kind by folded name, those whose meaning is not known included."""
        found = {folded(item.name): item.name for item in self._objects(kind)}
        return found | {item.key[1]: item.name for item in self.opaque if item.kind == kind}

    def _objects(self, kind: str) -> tuple[FilterList, ...] | tuple[FilterAction, ...] | tuple[Policy, ...]:
        if kind == POLICY:
            return self.policies
        return self.filter_lists if kind == FILTER_LIST else self.filter_actions

    def found(self, kind: str, identity: str) -> str | None:
        """Return the name of the object with a GUID, None where there is none."""
        names = self.named(kind)
        wanted = identity.lower()
        known = (key for (each, key), guid in self.identities.items() if (each, guid) == (kind, wanted))
        return next((names[key] for key in known if key in names), None)


_MANAGED = Unmanaged()


Named = TypeVar("Named", bound="FilterList | FilterAction | Policy | Rule")


def by_name(items: Iterable[Named]) -> dict[str, Named]:
    """Return the items by folded name, in their order."""
    return {folded(item.name): item for item in items}


RuleKey = tuple[str, ...]


def rules_by_key(rules: Iterable[Rule]) -> dict[RuleKey, Rule]:
    """Return the rules of a policy by what tells them apart, in their order.

    That is the name. Rules that have none, or the same one, are told apart by what they use, and then by their order.
    """
    ordered = tuple(rules)
    counts = Counter(folded(rule.name) for rule in ordered)
    found: dict[RuleKey, Rule] = {}
    for rule in ordered:
        name = folded(rule.name)
        key: RuleKey = (name,)
        if not name or counts[name] > 1:
            number = 1
            while (key := (name, folded(rule.filter_list), folded(rule.filter_action), str(number))) in found:
                number += 1
        found[key] = rule
    return found


def ordered_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return rules in the order in which a policy holds them."""
    return tuple(sorted(rules, key=lambda rule: tuple(map(folded, (rule.name, rule.filter_list, rule.filter_action)))))
