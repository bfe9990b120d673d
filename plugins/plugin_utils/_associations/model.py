# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known about the associations of a host. None stands for what the host does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .._common.packets import format_protocol


class Unreadable(Exception):
    """An answer of a form that is not known. Its text is a phrase that says why nothing is concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MainModeAssociation:
    """An association that protects IKE itself."""

    local: str
    peer: str
    encryption: str | None = None
    integrity: str | None = None
    dh_group: int | None = None
    key_module: str | None = None

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "local": self.local,
            "peer": self.peer,
            "encryption": self.encryption,
            "integrity": self.integrity,
            "dh_group": self.dh_group,
            "key_module": self.key_module,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickModeAssociation:
    """An association that protects packets, both directions in one.

    Algorithms are words; ``none`` says that the protocol is not used, or not for that. Ports of 0 are any port.
    """

    local: str
    peer: str
    protocol: int | None = None
    local_port: int = 0
    peer_port: int = 0
    ah_integrity: str | None = None
    esp_encryption: str | None = None
    esp_integrity: str | None = None
    pfs: bool | None = None

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "local": self.local,
            "peer": self.peer,
            "protocol": None if self.protocol is None else format_protocol(self.protocol),
            "local_port": self.local_port,
            "peer_port": self.peer_port,
            "ah_integrity": self.ah_integrity,
            "esp_encryption": self.esp_encryption,
            "esp_integrity": self.esp_integrity,
            "pfs": self.pfs,
        }


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


@dataclass(frozen=True, slots=True)
class Counters:
    """Numbers of the whole host by their names in results; what is missing was not told."""

    told: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int | None:
        return self.told.get(name)

    def to_data(self) -> dict[str, object]:
        """Return plain data with every counter."""
        return {name: self.told.get(name) for name in (*IKE_COUNTERS, *DRIVER_COUNTERS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Associations:
    """The associations of a host.

    What stands in the lists exists. ``known`` says that nothing else does; without it ``reason`` is a sentence.
    ``source`` is ``cim``, ``events`` or ``none``; ``clock`` the time of the host in UTC, to the second.
    """

    known: bool = False
    reason: str = ""
    source: str = "none"
    main_mode: tuple[MainModeAssociation, ...] = ()
    quick_mode: tuple[QuickModeAssociation, ...] = ()
    counters: Counters = field(default_factory=Counters)
    clock: datetime | None = None

    def to_data(self) -> dict[str, object]:
        """Return plain data; the clock is not part of it, since it means something only beside another one."""
        return {
            "known": self.known,
            "reason": self.reason,
            "source": self.source,
            "main_mode": [one.to_data() for one in self.main_mode],
            "quick_mode": [one.to_data() for one in self.quick_mode],
            "counters": self.counters.to_data(),
        }
