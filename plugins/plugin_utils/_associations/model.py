# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known about the associations of a host. None stands for what the host does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from .._common.errors import IpsecError
from .._common.packets import parse_protocol
from .clock import Clock


class Source(StrEnum):
    """Where a host showed its associations."""

    CIM = "cim"
    EVENTS = "events"
    NONE = "none"


class Unreadable(Exception):
    """An answer of a form that is not known. Its text is a phrase that says why nothing is concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MainModeAssociation:
    """An association that protects IKE itself. ``identities`` tell it from those before and after it, if it has any."""

    local: str
    peer: str
    encryption: str | None = None
    integrity: str | None = None
    dh_group: int | None = None
    key_module: str | None = None
    identities: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickModeAssociation:
    """An association that protects packets, both directions in one.

    Protocol and algorithms are words; ``none`` says that the protocol is not used, or not for that. Ports of 0 are any
    port. ``identities`` tell it from those before and after it; a host may number each direction by itself.
    """

    local: str
    peer: str
    protocol: str | None = None
    local_port: int | None = 0
    peer_port: int | None = 0
    ah_integrity: str | None = None
    esp_encryption: str | None = None
    esp_integrity: str | None = None
    pfs: bool | None = None
    identities: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def algorithms(self) -> tuple[str, str, str] | None:
        """AH integrity, ESP encryption and ESP integrity; None where one is not told."""
        ah, encryption, integrity = self.ah_integrity, self.esp_encryption, self.esp_integrity
        return None if ah is None or encryption is None or integrity is None else (ah, encryption, integrity)

    def covers(self, protocol: str, local: str, peer: str, *, local_port: int = 0, peer_port: int = 0) -> bool:
        """Tell whether packets of a protocol between the two addresses fall under it; ports as the host sees them.

        A port that is given must be the association's; one that is not stands for the ports of clients. What the host
        does not tell of an association may be anything: protocol 0 says that its filter names it, or that it is any.
        """
        if (self.local, self.peer) != (local, peer) or not self._may_be(protocol):
            return False
        pairs = ((self.local_port, local_port), (self.peer_port, peer_port))
        return all(its in (None, 0, wanted) or not wanted for its, wanted in pairs)

    def _may_be(self, protocol: str) -> bool:
        if self.protocol in (None, "any", "0") or protocol == "any":
            return True
        return _number(str(self.protocol)) == _number(protocol)


def _number(protocol: str) -> int | None:
    """Return the number of a protocol, None for a word that is none."""
    try:
        return parse_protocol(protocol, "")
    except IpsecError:
        return None


# Names in results by the classes of performance data and their properties, which are the same in every language.
DRIVER_CLASS = "Win32_PerfRawData_Counters_IPsecDriver"
IKE_CLASS = "Win32_PerfRawData_Counters_IPsecIKEv1IPv4"
DRIVER_COUNTERS = {
    "active_associations": "ActiveSecurityAssociations",
    "pending_associations": "PendingSecurityAssociations",
    "plaintext_packets_received": "PlaintextPacketsReceived",
    "incorrect_spi_packets": "IncorrectSPIPackets",
    "packets_not_authenticated": "PacketsNotAuthenticated",
    "packets_not_decrypted": "PacketsNotDecrypted",
    "bytes_sent": "BytesSentinTransportModePersec",
    "bytes_received": "BytesReceivedinTransportModePersec",
    "packets_received": "TotalInboundPacketsReceived",
    "packets_dropped": "TotalInboundPacketsDropped",
}
IKE_COUNTERS = {"active_main_mode": "ActiveMainModeSAs", "active_quick_mode": "ActiveQuickModeSAs"}


def counted(told: Mapping[str, int]) -> dict[str, int | None]:
    """Return the numbers of a whole host with every name that results have; None for what was not told."""
    return {name: told.get(name) for name in (*IKE_COUNTERS, *DRIVER_COUNTERS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Associations:
    """The associations of a host.

    What stands in the lists exists. ``known`` says that nothing else does; without it ``reason`` is a sentence.
    """

    known: bool = False
    reason: str = ""
    source: Source = Source.NONE
    main_mode: tuple[MainModeAssociation, ...] = ()
    quick_mode: tuple[QuickModeAssociation, ...] = ()
    counters: Mapping[str, int | None] = field(default_factory=lambda: counted({}))
    clock: Clock = field(default_factory=Clock)

    def to_data(self) -> dict[str, object]:
        """Return plain data, which :func:`.data.read_associations` reads."""
        return {
            "known": self.known,
            "reason": self.reason,
            "source": self.source.value,
            "main_mode": [_data(one) for one in self.main_mode],
            "quick_mode": [_data(one) for one in self.quick_mode],
            "counters": dict(self.counters),
            "clock": self.clock.to_data(),
        }


def _data(one: MainModeAssociation | QuickModeAssociation) -> dict[str, object]:
    return {**asdict(one), "identities": list(one.identities)}
