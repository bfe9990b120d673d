# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What connection security consists of.

None stands for what could not be made out; one of the ``doubts`` of the object then says why. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .._common.secret import Secret
from .._windows.rule_string import RuleString
from .doubts import Doubt
from .kinds import Kind
from .stored import StoredSet

Texts: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A connection security rule. Empty tuples stand for any.

    ``text`` is what it was read from, whole. ``endpoint1`` is this host, ``endpoint2`` the other side. Sets go by their
    identifiers; ``default`` is the primary set, empty is none.
    """

    id: str
    text: RuleString = field(repr=False)
    version: str
    name: str | None = None
    description: str | None = None
    group: str | None = None
    enabled: bool | None = None
    action: str | None = None
    mode: str | None = None
    profiles: Texts | None = None
    interface_types: Texts | None = None
    interfaces: Texts | None = None
    protocol: str | None = None
    endpoint1: Texts | None = None
    endpoint2: Texts | None = None
    port1: Texts | None = None
    port2: Texts | None = None
    local_tunnel_endpoint: Texts | None = None
    remote_tunnel_endpoint: Texts | None = None
    exempt_protected_connections: bool | None = None
    apply_authorization: bool | None = None
    first_authentication: str | None = None
    second_authentication: str | None = None
    quick_mode: str | None = None
    key_modules: Texts | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeRule:
    """How the key exchange between two sets of addresses is protected and authenticated."""

    id: str
    text: RuleString = field(repr=False)
    version: str
    name: str | None = None
    description: str | None = None
    group: str | None = None
    enabled: bool | None = None
    profiles: Texts | None = None
    endpoint1: Texts | None = None
    endpoint2: Texts | None = None
    first_authentication: str | None = None
    main_mode: str | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Which certificates will do: of oneself (select), of the peer (validate), or both."""

    type: str
    name_type: str | None = None
    name: str | None = None
    ekus: Texts = ()
    thumbprint: str | None = None
    follow_renewal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationSuite:
    """One way to prove who one is. Options of certificates and of Kerberos are None for other methods.

    ``key`` is a pre-shared key; it is shown nowhere.
    """

    method: str | None = None
    authority: str | None = None
    intermediate: bool | None = None
    signature: str | None = None
    certificate_mapping: bool | None = None
    exclude_ca_name: bool | None = None
    health: bool | None = None
    criteria: Criteria | None = None
    proxy: str | None = None
    key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeSuite:
    """One proposal for main mode."""

    key_exchange: str | None = None
    encryption: str | None = None
    integrity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickModeSuite:
    """One proposal for quick mode. Integrity and encryption are ``none`` where a protocol has none."""

    protocol: str | None = None
    ah_integrity: str | None = None
    esp_integrity: str | None = None
    esp_encryption: str | None = None
    lifetime_minutes: int | None = None
    lifetime_kilobytes: int | None = None


Suite: TypeAlias = AuthenticationSuite | MainModeSuite | QuickModeSuite


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSet:
    """Suites in order of preference; ``stored`` is what they were read from, whole.

    ``perfect_forward_secrecy`` is of quick mode only, what stands behind it of main mode.
    """

    kind: Kind
    id: str
    stored: StoredSet = field(repr=False)
    primary: bool = False
    version: str | None = None
    name: str | None = None
    description: str | None = None
    group: str | None = None
    suites: tuple[Suite, ...] | None = None
    perfect_forward_secrecy: str | None = None
    force_diffie_hellman: bool | None = None
    lifetime_minutes: int | None = None
    sessions: int | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings for all rules. None stands for what is not set, too: the host then takes its own default."""

    idle_seconds: int | None = None
    crl_check: int | None = None
    exemptions: Texts | None = None
    through_nat: str | None = None
    key_in_utf8: bool | None = None
    match_per_key_module: bool | None = None
    packet_queue: int | None = None
    tunnel_computers: str | None = None
    tunnel_users: str | None = None
    transport_computers: str | None = None
    transport_users: str | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Opaque:
    """An object of which nothing is known but where it stands."""

    kind: Kind
    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All of one store, that of the host itself or that of its group policy."""

    rules: tuple[Rule, ...] = ()
    main_mode_rules: tuple[MainModeRule, ...] = ()
    sets: tuple[SuiteSet, ...] = ()
    settings: Settings = field(default_factory=Settings)
    opaque: tuple[Opaque, ...] = ()

    def of_kind(self, kind: Kind) -> tuple[SuiteSet, ...]:
        """Return the sets of one kind."""
        return tuple(each for each in self.sets if each.kind is kind)


@dataclass(frozen=True, slots=True)
class ProfileState:
    """Whether the firewall is on in a profile (None: nothing says so), and whether local rules of ours count in it."""

    on: bool | None
    local_rules_count: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The firewall's state as far as connection security depends on it: services that run, and profiles."""

    services: Mapping[str, bool]
    profiles: Mapping[str, ProfileState]
