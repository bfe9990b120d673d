# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What associations leave behind: events in the Security log and counts of the keying module.

Names and order of the data are those of the manifest of Microsoft-Windows-Security-Auditing. Words such as algorithms
are message numbers there, and their table is not public. Taken from published events are the number of the keying
module, the one for a failure on this side, and those of state, role and impersonation; the others are made up, in the
same range.

[ledger: sa-events-numbers, sa-events-fields, sa-events-words]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ..audit import SecurityLog
from ..clock import Clock
from .algorithms import GROUP_24, P256, P384, NewCipher, NewHash
from .associations import Hard, MainModeAssociation, QuickModeAssociation, Traffic
from .connection import KeyModule
from .counters import Counters
from .fate import Fate

MAIN_MODE, MAIN_MODE_BY_CERTIFICATE, MAIN_MODE_ENDED = 4650, 4651, 4655
MAIN_MODE_FAILED, QUICK_MODE_FAILED = 4653, 4654
QUICK_MODE, QUICK_MODE_ENDED = 5451, 5452

_IKE = "%%8222"
_MODULES = {KeyModule.IKE_V1: _IKE, KeyModule.AUTH_IP: "%%8223", KeyModule.IKE_V2: "%%8248"}
_HERE, _PEER = "%%8199", "%%8200"
_INITIATOR, _RESPONDER = "%%8205", "%%8206"
_STATE, _IMPERSONATION, _TRANSPORT = "%%8202", "%%8217", "%%8234"
_AUTHENTICATION = {1: "%%8194", 3: "%%8195", 5: "%%8196", 101: "%%8197", 102: "%%8198"}
_BY_CERTIFICATE = 3
_CERTIFIED_NAMES = tuple(
    f"{side}MM{what}" for side in ("Local", "Remote") for what in ("PrincipalName", "CertHash", "IssuingCA", "RootCA")
)
_NEW_CIPHER: dict[int, str] = {each: f"%%{8250 + number}" for number, each in enumerate(NewCipher)}
_CIPHER = {0: "%%8210", 1: "%%8211", 3: "%%8212", **_NEW_CIPHER}
_NEW_HASH: dict[int, str] = {each: f"%%{8260 + number}" for number, each in enumerate(NewHash)}
_HASH = {0: "%%8213", 1: "%%8214", 2: "%%8215", **_NEW_HASH}
_ESP_CIPHER = {1: "%%8210", 2: "%%8211", 3: "%%8212", **_NEW_CIPHER}
_GROUP = {1: "%%8224", 2: "%%8225", 3: "%%8226", P256: "%%8227", P384: "%%8228", GROUP_24: "%%8229"}
_NOTHING = "-"
_HOST_MASK = "255.255.255.255"
_IKE_PORT = "500"


class Noting(Protocol):
    """What a host notes negotiations with."""

    clock: Clock
    audit: SecurityLog
    counters: Counters


def main_mode(host: Noting, one: MainModeAssociation) -> None:
    """Note a main mode that was established."""
    counters = host.counters
    counters.main_mode_negotiations += int(one.initiator)
    counters.main_mode_requests += int(not one.initiator)
    counters.main_mode_successes += 1
    certified = one.authentication == _BY_CERTIFICATE
    names = {name: _NOTHING for name in _CERTIFIED_NAMES if certified or name.endswith("PrincipalName")}
    data = {
        **names,
        "LocalAddress": str(one.local),
        "LocalKeyModPort": _IKE_PORT,
        "RemoteAddress": str(one.peer),
        "RemoteKeyModPort": _IKE_PORT,
        "KeyModName": _MODULES[one.module],
        "MMAuthMethod": _AUTHENTICATION.get(one.authentication, _NOTHING),
        "MMCipherAlg": _CIPHER.get(one.method.cipher, _NOTHING),
        "MMIntegrityAlg": _HASH.get(one.method.hash, _NOTHING),
        "DHGroup": _GROUP.get(one.method.group, _NOTHING),
        "MMLifetime": str(one.lifetime_seconds // 60),
        "QMLimit": "0",
        "Role": _role(one.initiator),
        "MMImpersonationState": _IMPERSONATION,
        "MMFilterID": "0",
        "MMSAID": str(one.cookie),
    }
    host.audit.write(MAIN_MODE_BY_CERTIFICATE if certified else MAIN_MODE, host.clock.now(), data)


def quick_mode(host: Noting, one: QuickModeAssociation, other: QuickModeAssociation, *, initiator: bool) -> None:
    """Note both ways of a quick mode that was established; they may come in either order."""
    counters = host.counters
    counters.quick_mode_negotiations += int(initiator)
    counters.quick_mode_successes += 1
    counters.associations_added += 1
    inbound, outbound = sorted((one, other), key=lambda each: each.way)
    traffic, protection = one.traffic, one.protection
    data = {
        "LocalAddress": str(traffic.local),
        "LocalAddressMask": _HOST_MASK,
        "LocalPort": str(traffic.local_port),
        "LocalTunnelEndpoint": _NOTHING,
        "RemoteAddress": str(traffic.peer),
        "RemoteAddressMask": _HOST_MASK,
        "RemotePort": str(traffic.peer_port),
        "PeerPrivateAddress": "0.0.0.0",  # text of an event, nobody listens there
        "RemoteTunnelEndpoint": _NOTHING,
        "IpProtocol": str(traffic.protocol),
        "KeyingModuleName": _IKE,
        "AhAuthType": _HASH.get(protection.ah_integrity or 0, _NOTHING),
        "EspAuthType": _HASH.get(protection.esp_integrity or 0, _NOTHING),
        "CipherType": _ESP_CIPHER.get(protection.esp_cipher or 1, _NOTHING),
        "LifetimeSeconds": str(one.lifetime_seconds),
        "LifetimeKilobytes": "0",
        "LifetimePackets": "0",
        "Mode": _TRANSPORT,
        "Role": _role(initiator),
        "TransportFilterId": "0",
        "MainModeSaId": str(one.main),
        "QuickModeSaId": str(one.pair),
        "InboundSpi": str(inbound.spi),
        "OutboundSpi": str(outbound.spi),
    }
    host.audit.write(QUICK_MODE, host.clock.now(), data)


def ended(host: Noting, associations: Iterable[Hard]) -> None:
    """Note associations that are gone. A quick mode has two ways and one event."""
    told: set[int] = set()
    for one in associations:
        if isinstance(one, MainModeAssociation):
            main = {
                "LocalAddress": str(one.local),
                "RemoteAddress": str(one.peer),
                "KeyModName": _MODULES[one.module],
                "MMSAID": str(one.cookie),
            }
            host.audit.write(MAIN_MODE_ENDED, host.clock.now(), main)
        elif one.pair not in told:
            told.add(one.pair)
            quick = {
                "LocalAddress": str(one.traffic.local),
                "LocalPort": str(one.traffic.local_port),
                "LocalTunnelEndpoint": _NOTHING,
                "RemoteAddress": str(one.traffic.peer),
                "RemotePort": str(one.traffic.peer_port),
                "RemoteTunnelEndpoint": _NOTHING,
                "IpProtocol": str(one.traffic.protocol),
                "QuickModeSaId": str(one.pair),
            }
            host.audit.write(QUICK_MODE_ENDED, host.clock.now(), quick)


def failed(host: Noting, traffic: Traffic, fate: Fate, reason: str, *, initiator: bool) -> None:
    """Note a negotiation that failed at a host, in quick mode or, for all other fates, in main mode."""
    if fate is Fate.QM_PROPOSAL_MISMATCH:
        _quick_mode_failed(host, traffic, reason, initiator=initiator)
        return
    counters = host.counters
    counters.main_mode_negotiations += int(initiator)
    counters.main_mode_requests += int(not initiator)
    counters.main_mode_failures += 1
    data = {
        "LocalMMPrincipalName": _NOTHING,
        "RemoteMMPrincipalName": _NOTHING,
        "LocalAddress": str(traffic.local),
        "LocalKeyModPort": _IKE_PORT,
        "RemoteAddress": str(traffic.peer),
        "RemoteKeyModPort": _IKE_PORT,
        "KeyModName": _IKE,
        "FailurePoint": _HERE if initiator else _PEER,
        "FailureReason": reason,
        "MMAuthMethod": _NOTHING,
        "State": _STATE,
        "Role": _role(initiator),
        "MMImpersonationState": _IMPERSONATION,
        "MMFilterID": "0",
        "InitiatorCookie": "0" * 16,
        "ResponderCookie": "0" * 16,
    }
    host.audit.write(MAIN_MODE_FAILED, host.clock.now(), data, success=False)


def _quick_mode_failed(host: Noting, traffic: Traffic, reason: str, *, initiator: bool) -> None:
    host.counters.quick_mode_negotiations += int(initiator)
    host.counters.quick_mode_failures += 1
    data = {
        "LocalAddress": str(traffic.local),
        "LocalAddressMask": _HOST_MASK,
        "LocalPort": str(traffic.local_port),
        "LocalTunnelEndpoint": _NOTHING,
        "RemoteAddress": str(traffic.peer),
        "RemoteAddressMask": _HOST_MASK,
        "RemotePort": str(traffic.peer_port),
        "RemoteTunnelEndpoint": _NOTHING,
        "Protocol": str(traffic.protocol),
        "RemotePrivateAddress": _NOTHING,
        "KeyModName": _IKE,
        "FailurePoint": _HERE if initiator else _PEER,
        "FailureReason": reason,
        "Mode": _TRANSPORT,
        "State": _STATE,
        "Role": _role(initiator),
        "MessageID": "0",
        "QMFilterID": "0",
        "MMSAID": "0",
    }
    host.audit.write(QUICK_MODE_FAILED, host.clock.now(), data, success=False)


def _role(initiator: bool) -> str:
    return _INITIATOR if initiator else _RESPONDER
