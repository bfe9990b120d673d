# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules as a person wants them and as netsh is told them: the sets of a rule stand inside it. They compare as values.

In a set of addresses, ports, profiles or interface types nothing stands for any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .kinds import Kind
from .model import AuthenticationSuite, MainModeSuite, QuickModeSuite, Texts

Proofs: TypeAlias = tuple[AuthenticationSuite, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickMode:
    """What is offered for the protection of packets, in order of preference."""

    suites: tuple[QuickModeSuite, ...] = ()
    perfect_forward_secrecy: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MainMode:
    """What is offered for the protection of the key exchange; no suites stand for those that Windows has built in."""

    suites: tuple[MainModeSuite, ...] = ()
    lifetime_minutes: int = 480
    sessions: int = 0
    force_diffie_hellman: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefinition:
    """A connection security rule. None stands for the set that rules get which name none."""

    name: str
    description: str = ""
    enabled: bool = True
    action: str = ""
    mode: str = "transport"
    profiles: Texts = ()
    interface_types: Texts = ()
    protocol: str = "any"
    endpoint1: Texts = ()
    endpoint2: Texts = ()
    port1: Texts = ()
    port2: Texts = ()
    local_tunnel_endpoint: Texts = ()
    remote_tunnel_endpoint: Texts = ()
    exempt_protected_connections: bool = False
    apply_authorization: bool = False
    first_authentication: Proofs | None = None
    second_authentication: Proofs | None = None
    quick_mode: QuickMode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeDefinition:
    """A main-mode rule. None stands for the set that rules get which name none."""

    name: str
    description: str = ""
    enabled: bool = True
    profiles: Texts = ()
    endpoint1: Texts = ()
    endpoint2: Texts = ()
    first_authentication: Proofs | None = None
    main_mode: MainMode | None = None


Definition: TypeAlias = RuleDefinition | MainModeDefinition
RULE_KINDS = (Kind.RULE, Kind.MAIN_MODE_RULE)


def kind_of(definition: Definition) -> Kind:
    """Return the kind of a rule."""
    return Kind.RULE if isinstance(definition, RuleDefinition) else Kind.MAIN_MODE_RULE
