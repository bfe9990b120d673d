# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people want between hosts, and what is known of the hosts. Frozen values, without any I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from .._common.packets import Network, format_protocol
from .._common.traits import TODAY, Traits
from .._policies.model import Authentication, MainMode, QuickModeMethod, Store
from .batches import DEFAULT_SERIAL

IpAddress = IPv4Address | IPv6Address


class Level(StrEnum):
    """How much a flow insists on IPsec."""

    REQUEST = "request"
    REQUIRE = "require"


class System(StrEnum):
    """What a host runs."""

    WINDOWS = "windows"


class Engine(StrEnum):
    """What a host's policy is kept in."""

    POLICY_STORE = "policy_store"


class Absence(StrEnum):
    """Why a host takes no part in a run."""

    LIMIT = "limit"
    UNREACHABLE = "unreachable"


class Swap(StrEnum):
    """What no overlap can change, so that both ends must change at once."""

    KEY = "key"
    PFS = "perfect_forward_secrecy"
    ADDED_PORT = "added_port"
    REMOVED_PORT = "removed_port"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Traffic from some ends to others. Ends are names of groups or hosts, or addresses. No ports are all ports.

    ``path`` is where it stands. With ``same_site`` only hosts of one site are a pair.
    """

    name: str
    path: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    protocol: int
    ports: tuple[int, ...]
    level: Level
    authentication: tuple[Authentication, ...]
    methods: tuple[QuickModeMethod, ...]
    perfect_forward_secrecy: bool = False
    same_site: bool = False

    @property
    def traffic(self) -> str:
        """The traffic in the words of expectations, such as ``tcp/80,443``."""
        name = format_protocol(self.protocol)
        return f"{name}/{','.join(map(str, self.ports))}" if self.ports else name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Host:
    """A host of the inventory; two hosts are never equal. ``store`` is what it has, None where that is not known.

    ``own`` are the addresses that the host says it has, of ``own_families``, None where they are not known.
    ``translated`` are those of ``addresses`` that are not its own. ``keys_differ`` tells that the pre-shared keys it
    has are not those of the flows; nobody can see that in a document.
    """

    name: str
    path: str
    addresses: tuple[IpAddress, ...] = ()
    system: System = System.WINDOWS
    engine: Engine = Engine.POLICY_STORE
    absent: Absence | None = None
    store: Store | None = None
    own: tuple[IpAddress, ...] | None = None
    own_families: frozenset[int] = frozenset({4, 6})
    translated: tuple[IpAddress, ...] = ()
    traits: Traits = TODAY
    version: str = ""
    exemption_level: int | None = None
    services_running: bool = True
    key_exchange_running: bool = True
    services_automatic: bool = True
    predefined_actions: frozenset[str] = frozenset()
    predefined_policies: frozenset[str] = frozenset()
    domain_policy: str = ""
    keys_differ: bool = False
    site: str = ""

    @property
    def present(self) -> bool:
        """Whether the host takes part in the run."""
        return self.absent is None


@dataclass(frozen=True, slots=True)
class Stranger:
    """The far end of a flow that is no host of the inventory: an address or a network."""

    name: str
    network: Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The names that the roles frontend and backend give to what they make, by the names of their variables."""

    frontend_policy_name: str = "Exchange front-end"
    frontend_filter_list_name: str = "To the back-ends"
    frontend_filter_action_name: str = "Require Security"
    frontend_request_filter_action_name: str = "Request Security (Optional)"
    frontend_accept_unsecured: bool = True
    frontend_default_response: bool = True
    backend_policy_name: str = "Client (Respond Only)"
    backend_filter_list_name: str = "From the front-ends"
    backend_filter_action_name: str = "Respond"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What a run may do that it does not do unasked. With ``only_look`` the way does not matter: it is not gone."""

    allow_swap: frozenset[Swap] = frozenset()
    skip_unreachable: bool = False
    leave_refused: bool = False
    remove_unknown_peers: bool = False
    replace_policy: bool = False
    only_look: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """All that was asked. ``article`` is given for the instance of the article, None for the general one.

    ``serial`` says how many hosts change at a time.
    """

    flows: tuple[Flow, ...]
    hosts: tuple[Host, ...]
    groups: Mapping[str, tuple[str, ...]]
    policy_name: str
    main_mode: MainMode
    switches: Switches = Switches()
    article: Article | None = None
    serial: tuple[str, ...] = DEFAULT_SERIAL
