# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection security rules as they decide about packets: everything they refer to is resolved.

[ledger: cs-request-in-clear]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from ..store.model import MainModeMethod
from .packet import Address
from .protection import Protection

SAME_AS_MAIN_MODE = -1
"""Forward secrecy with the group of the main mode."""


class Treatment(IntEnum):
    """What a rule asks of its traffic; the higher, the stricter."""

    EXEMPT = 0
    REQUEST = 1
    REQUIRE_IN = 2
    REQUIRE_BOTH = 3


class KeyModule(StrEnum):
    """Protocols that negotiate."""

    IKE_V1 = "IKEv1"
    AUTH_IP = "AuthIP"
    IKE_V2 = "IKEv2"


class ProofKind(StrEnum):
    """Ways to prove who one is."""

    KERBEROS = "Kerberos"
    CERTIFICATE = "certificate"
    KEY = "key"
    NTLM = "NTLM"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Proof:
    """One of them; `text` is a key, which is a secret, or the authority of a certificate."""

    kind: ProofKind
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses from `first` to `last`, both of one family."""

    first: Address
    last: Address

    def holds(self, address: Address) -> bool:
        """Tell whether an address lies in the span."""
        return address.version == self.first.version and int(self.first) <= int(address) <= int(self.last)

    @property
    def length(self) -> int:
        """The length of the smallest prefix that holds as many addresses."""
        return self.first.max_prefixlen - (int(self.last) - int(self.first)).bit_length()


Spans = tuple[Span, ...] | None
"""None stands for any address of either family."""


def longest(spans: Spans, address: Address) -> int | None:
    """Return the longest prefix of those that hold an address, -1 for any, None for no match."""
    if spans is None:
        return -1
    return max((each.length for each in spans if each.holds(address)), default=None)


@dataclass(frozen=True, slots=True)
class Offered:
    """One proposal of quick mode, with its lifetime."""

    protection: Protection
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRule:
    """A rule in force. Ports are pairs of first and last; none stand for any, and so does the protocol None.

    `pfs` is 0 for none, SAME_AS_MAIN_MODE, or a group of a main-mode method. `modules` are those that the rule names.
    """

    key: str
    name: str
    treatment: Treatment
    local: Spans = None
    remote: Spans = None
    protocol: int | None = None
    local_ports: tuple[tuple[int, int], ...] = ()
    remote_ports: tuple[tuple[int, int], ...] = ()
    tunnel: bool = False
    first: tuple[Proof, ...] = ()
    second: tuple[Proof, ...] = ()
    offers: tuple[Offered, ...] = ()
    pfs: int = 0
    modules: tuple[KeyModule, ...] = ()

    @property
    def requests(self) -> bool:
        """What it sends goes in clear until a negotiation has succeeded."""
        return self.treatment in (Treatment.REQUEST, Treatment.REQUIRE_IN)

    @property
    def lets_clear_in(self) -> bool:
        """Clear packets that arrive are accepted."""
        return self.treatment in (Treatment.EXEMPT, Treatment.REQUEST)


@dataclass(frozen=True, slots=True)
class MainModeChoice:
    """How main mode runs between two sets of addresses; `first` None leaves the authentication to the rule."""

    local: Spans
    remote: Spans
    first: tuple[Proof, ...] | None
    methods: tuple[MainModeMethod, ...]
    seconds: int
