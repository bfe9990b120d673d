# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw performance counters of the IPsec driver and of IKE version 1 over IPv4.

[ledger: sa-counter-classes, sa-counters-associations]
"""

from __future__ import annotations

from collections.abc import Mapping

from ..dataplane.wire import refresh
from ..host import Host

_COMMON = (
    "Caption",
    "Description",
    "Frequency_Object",
    "Frequency_PerfTime",
    "Frequency_Sys100NS",
    "Name",
    "Timestamp_Object",
    "Timestamp_PerfTime",
    "Timestamp_Sys100NS",
)
DRIVER = (
    *_COMMON,
    "ActiveSecurityAssociations",
    "BytesReceivedinTransportModePersec",
    "BytesReceivedinTunnelModePersec",
    "BytesSentinTransportModePersec",
    "BytesSentinTunnelModePersec",
    "InboundPacketsDroppedPersec",
    "InboundPacketsReceivedPersec",
    "IncorrectSPIPackets",
    "IncorrectSPIPacketsPersec",
    "OffloadedBytesReceivedPersec",
    "OffloadedBytesSentPersec",
    "OffloadedSecurityAssociations",
    "PacketsNotAuthenticated",
    "PacketsNotAuthenticatedPersec",
    "PacketsNotDecrypted",
    "PacketsNotDecryptedPersec",
    "PacketsReceivedOverWrongSA",
    "PacketsReceivedOverWrongSAPersec",
    "PacketsThatFailedESPValidation",
    "PacketsThatFailedESPValidationPersec",
    "PacketsThatFailedReplayDetection",
    "PacketsThatFailedReplayDetectionPersec",
    "PacketsThatFailedUDPESPValidation",
    "PacketsThatFailedUDPESPValidationPersec",
    "PendingSecurityAssociations",
    "PlaintextPacketsReceived",
    "PlaintextPacketsReceivedPersec",
    "SARekeys",
    "SecurityAssociationsAdded",
    "TotalInboundPacketsDropped",
    "TotalInboundPacketsReceived",
)
KEYING = (
    *_COMMON,
    "ActiveMainModeSAs",
    "ActiveQuickModeSAs",
    "FailedMainModeNegotiations",
    "FailedMainModeNegotiationsPersec",
    "FailedQuickModeNegotiations",
    "FailedQuickModeNegotiationsPersec",
    "MainModeNegotiationRequestsReceived",
    "MainModeNegotiationRequestsReceivedPersec",
    "MainModeNegotiations",
    "MainModeNegotiationsPersec",
    "PendingMainModeNegotiations",
    "PendingQuickModeNegotiations",
    "QuickModeNegotiations",
    "QuickModeNegotiationsPersec",
    "SuccessfulMainModeNegotiations",
    "SuccessfulMainModeNegotiationsPersec",
    "SuccessfulQuickModeNegotiations",
    "SuccessfulQuickModeNegotiationsPersec",
)


def active_quick_modes(host: Host) -> int:
    """Return how many quick modes stand, both ways of one counted once."""
    return len({each.pair for each in host.associations.quick_mode})


def driver(host: Host) -> list[Mapping[str, object]]:
    """Return the one object of the driver. What the lab's packets never cause stays zero."""
    refresh(host)
    seen = host.counters
    values = {
        "ActiveSecurityAssociations": active_quick_modes(host),
        "BytesReceivedinTransportModePersec": seen.bytes_received,
        "BytesSentinTransportModePersec": seen.bytes_sent,
        "InboundPacketsDroppedPersec": seen.inbound_packets_dropped,
        "InboundPacketsReceivedPersec": seen.inbound_packets_received,
        "PlaintextPacketsReceived": seen.plaintext_packets_received,
        "PlaintextPacketsReceivedPersec": seen.plaintext_packets_received,
        "SecurityAssociationsAdded": seen.associations_added,
        "TotalInboundPacketsDropped": seen.inbound_packets_dropped,
        "TotalInboundPacketsReceived": seen.inbound_packets_received,
    }
    return [_whole(host, DRIVER, values)]


def keying(host: Host) -> list[Mapping[str, object]]:
    """Return the one object of the keying module."""
    refresh(host)
    seen = host.counters
    totals = {
        "FailedMainModeNegotiations": seen.main_mode_failures,
        "FailedQuickModeNegotiations": seen.quick_mode_failures,
        "MainModeNegotiationRequestsReceived": seen.main_mode_requests,
        "MainModeNegotiations": seen.main_mode_negotiations,
        "QuickModeNegotiations": seen.quick_mode_negotiations,
        "SuccessfulMainModeNegotiations": seen.main_mode_successes,
        "SuccessfulQuickModeNegotiations": seen.quick_mode_successes,
    }
    active = {
        "ActiveMainModeSAs": len(host.associations.main_mode),
        "ActiveQuickModeSAs": active_quick_modes(host),
    }
    return [_whole(host, KEYING, {**totals, **{f"{name}Persec": value for name, value in totals.items()}, **active})]


def _whole(host: Host, properties: tuple[str, ...], values: Mapping[str, int]) -> Mapping[str, object]:
    """Return all properties of a counter object. A raw rate is the sum so far; who wants a rate reads it twice.

    [ledger: sa-counters-raw]
    """
    hundred_nanoseconds = int((host.clock.now() + 11_644_473_600) * 10_000_000)
    times = {
        "Frequency_Object": 0,
        "Frequency_PerfTime": 10_000_000,
        "Frequency_Sys100NS": 10_000_000,
        "Timestamp_Object": 0,
        "Timestamp_PerfTime": int(host.clock.now() * 10_000_000),
        "Timestamp_Sys100NS": hundred_nanoseconds,
    }
    zeros = {name: 0 for name in properties if name not in _COMMON}
    return {**zeros, **times, **values}
