# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a policy store holds, in the terms of the snap-in. Frozen; units are in the names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from .._common.packets import Address, Place
from .._common.secret import Secret
from .words import ActionKind, ConnectionType, DhGroup, Encryption, Integrity

DEFAULT_POLLING_INTERVAL_MINUTES = 180
DEFAULT_MAIN_MODE_LIFETIME_MINUTES = 480


def folded(name: str) -> str:
    """Return the form in which names are compared: Windows keeps their case and ignores it."""
    return name.casefold()


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
    def selector(self) -> tuple[Address, Address, int, int, int, bool]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRule:
    """A rule as it was read. ``filter_list`` and ``filter_action`` are what it uses where that is foreign itself.

    None stands for the managed object that the rule names, so that a changed one counts as it will be.
    """

    rule: Rule
    filter_list: FilterList | None = None
    filter_action: FilterAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPolicy:
    """A policy as it was read. Names may be empty, repeated, or such that netsh cannot be given them.

    Rules that are switched off are left out where they could not be read: they mean nothing to packets.
    """

    policy: Policy
    rules: tuple[SeenRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """An object of the store that this language cannot express. It is reported, kept and never changed.

    ``reason`` says why it cannot be managed. ``seen`` is what it means to packets all the same; None where that is not
    known, and ``unknown`` then says why. Both are sentences.
    ``uses`` names the filter lists and filter actions that it keeps in use, as (kind, folded name).
    """

    kind: str
    name: str
    identity: str
    reason: str
    assigned: bool = False
    uses: frozenset[tuple[str, str]] = frozenset()
    seen: FilterList | FilterAction | SeenPolicy | None = None
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Everything in one policy store. ``assigned`` is the name of the policy in force, None for none.

    ``predefined`` are folded (kind, name) pairs of the objects that Windows itself brought along.
    ``findings`` are sentences about damage that was seen while reading. ``identities`` are the GUIDs of the policies
    by folded name, with braces; they say nothing about what a store means and are not compared.
    """

    filter_lists: tuple[FilterList, ...] = ()
    filter_actions: tuple[FilterAction, ...] = ()
    policies: tuple[Policy, ...] = ()
    assigned: str | None = None
    foreign: tuple[Foreign, ...] = ()
    predefined: frozenset[tuple[str, str]] = frozenset()
    findings: tuple[str, ...] = ()
    identities: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def foreign_in_force(self) -> Foreign | None:
        """The foreign policy that is assigned."""
        return next((item for item in self.foreign if item.assigned), None)

    def with_assigned(self, name: str) -> Store:
        """Return the store with this policy in force, and no other one: not a foreign one either."""
        foreign = tuple(replace(item, assigned=False) if item.assigned else item for item in self.foreign)
        return replace(self, assigned=name, foreign=foreign)


FILTER_LIST = "filter_list"
FILTER_ACTION = "filter_action"
POLICY = "policy"


Named = TypeVar("Named", bound="FilterList | FilterAction | Policy | Rule")


def by_name(items: Iterable[Named]) -> dict[str, Named]:
    """Return the items by folded name, in their order."""
    return {folded(item.name): item for item in items}
