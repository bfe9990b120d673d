# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MSFT_NetMainModeSA and MSFT_NetQuickModeSA.

One quick mode is two objects, inbound and outbound (lab's choice, after a reader that filters by `InboundDirection`).
With AH and ESP together the first transform is AH (lab's choice). `IpProtocol` is that of the filter, although the
reference lets it be 0.

[ledger: sa-classes-show-policy, sa-numbers, sa-two-objects, sa-ah-esp-order, sa-protocol-zero]
"""

from __future__ import annotations

from collections.abc import Mapping

from ..dataplane.wire import refresh
from ..host import Host
from ..ipsec.algorithms import GROUP_NUMBERS, NewCipher, NewHash
from ..ipsec.associations import MainModeAssociation, QuickModeAssociation, Way
from ..ipsec.connection import KeyModule
from ..store.model import Cipher, EspCipher, Hash

_INHERITED = (
    "IdleDurationSeconds",
    "LifetimeKilobytes",
    "LifetimeSeconds",
    "PacketLoggingActive",
    "RefreshThresholdSecondsPercentage",
    "RefreshThresholdKbytesPercentage",
    "NameFormat",
    "OtherTypeDescription",
    "ProtocolIFType",
    "ProtocolType",
    "SystemCreationClassName",
    "SystemName",
    "CreationClassName",
    "Name",
    "AvailableRequestedStates",
    "EnabledDefault",
    "EnabledState",
    "OtherEnabledState",
    "RequestedState",
    "TimeOfLastStateChange",
    "TransitioningToState",
    "InstallDate",
    "OperationalStatus",
    "StatusDescriptions",
    "Status",
    "HealthState",
    "CommunicationStatus",
    "DetailedStatus",
    "OperatingStatus",
    "PrimaryStatus",
    "InstanceID",
    "Caption",
    "Description",
    "ElementName",
)
MAIN_MODE = (
    "KeyModule",
    "LocalEndpoint",
    "RemoteEndpoint",
    "MaxQMSAs",
    "LocalFirstId",
    "LocalSecondId",
    "RemoteFirstId",
    "RemoteSecondId",
    "OtherGroupId",
    "ExtendedFilterId",
    "LocalUdpEncapsulationPort",
    "RemoteUdpEncapsulationPort",
    "IkePolicyKey",
    "VirtualIfTunnelId",
    "AuthenticationMethod",
    "CipherAlgorithm",
    "GroupId",
    "HashAlgorithm",
    "InitiatorCookie",
    "OtherAuthenticationMethod",
    "OtherCipherAlgorithm",
    "OtherHashAlgorithm",
    "ResponderCookie",
    "VendorID",
    *_INHERITED,
)
QUICK_MODE = (
    "LocalEndpoint",
    "RemoteEndpoint",
    "LocalPort",
    "RemotePort",
    "TrafficLuid",
    "IpProtocol",
    "InterfaceAlias",
    "RealIfProfileId",
    "LocalUdpEncapsulationPort",
    "RemoteUdpEncapsulationPort",
    "Flags",
    "TransportLayerFilterName",
    "MmSaId",
    "FirstTransformType",
    "FirstIntegrityAlgorithm",
    "FirstCipherAlgorithm",
    "SecondTransformType",
    "SecondIntegrityAlgorithm",
    "SecondCipherAlgorithm",
    "SecondSPI",
    "PeerV4PrivateAddress",
    "PfsGroupId",
    "QuickModeFilterId",
    "LifetimePackets",
    "NdAllowClearTimeoutSeconds",
    "NapContext",
    "QmSaId",
    "VirtualIfTunnelId",
    "TrafficSelectorId",
    "MmTargetName",
    "EmTargetName",
    "ExplicitCredentials",
    "DFHandling",
    "EncapsulationMode",
    "InboundDirection",
    "PFSInUse",
    "SPI",
    *_INHERITED,
)

# The number of IKE version 1 is the lab's choice, and so are those of the other two.
# [ledger: sa-key-module-zero]
_MODULES = {KeyModule.IKE_V1: 0, KeyModule.AUTH_IP: 1, KeyModule.IKE_V2: 2}
_NEW_CIPHERS = {each.value: each.value for each in NewCipher}
_CIPHERS: dict[int, int] = {Cipher.NONE: 0, Cipher.DES: 2, Cipher.TRIPLE_DES: 6, **_NEW_CIPHERS}
_ESP_CIPHERS: dict[int, int] = {EspCipher.NONE: 0, EspCipher.DES: 2, EspCipher.TRIPLE_DES: 6, **_NEW_CIPHERS}
_HASHES: dict[int, int] = {Hash.NONE: 0, Hash.MD5: 2, Hash.SHA1: 3, **{each.value: each.value for each in NewHash}}
_AH, _ESP_INTEGRITY, _ESP_CIPHER, _ESP_BOTH = 1, 2, 3, 4
_SAME_AS_MAIN_MODE = 65535


def main_mode(host: Host) -> list[Mapping[str, object]]:
    """Return the main modes that stand."""
    refresh(host)
    return [_main_mode(each) for each in host.associations.main_mode]


def _main_mode(one: MainModeAssociation) -> Mapping[str, object]:
    return {
        "KeyModule": _MODULES[one.module],
        "LocalEndpoint": str(one.local),
        "RemoteEndpoint": str(one.peer),
        "MaxQMSAs": 0,
        "ExtendedFilterId": 0,
        "LocalUdpEncapsulationPort": 0,
        "RemoteUdpEncapsulationPort": 0,
        "VirtualIfTunnelId": 0,
        "CipherAlgorithm": _CIPHERS[one.method.cipher],
        "GroupId": GROUP_NUMBERS[one.method.group],
        "HashAlgorithm": _HASHES[one.method.hash],
        "InitiatorCookie": one.cookie,
        "ResponderCookie": one.cookie + 1,
        "InstanceID": str(one.cookie),
    }


def quick_mode(host: Host) -> list[Mapping[str, object]]:
    """Return the quick modes that stand, each way on its own."""
    refresh(host)
    return [_quick_mode(each) for each in host.associations.quick_mode]


def _quick_mode(one: QuickModeAssociation) -> Mapping[str, object]:
    transforms = _transforms(one)
    (first, first_hash, first_cipher), (second, second_hash, second_cipher) = (*transforms, (0, 0, 0))[:2]
    return {
        "LocalEndpoint": str(one.traffic.local),
        "RemoteEndpoint": str(one.traffic.peer),
        "LocalPort": one.traffic.local_port,
        "RemotePort": one.traffic.peer_port,
        "TrafficLuid": 0,
        "IpProtocol": one.traffic.protocol,
        "RealIfProfileId": 0,
        "LocalUdpEncapsulationPort": 0,
        "RemoteUdpEncapsulationPort": 0,
        "Flags": 0,
        "MmSaId": one.main,
        "FirstTransformType": first,
        "FirstIntegrityAlgorithm": first_hash,
        "FirstCipherAlgorithm": first_cipher,
        "SecondTransformType": second,
        "SecondIntegrityAlgorithm": second_hash,
        "SecondCipherAlgorithm": second_cipher,
        "SecondSPI": one.spi if len(transforms) > 1 else 0,
        "PfsGroupId": _SAME_AS_MAIN_MODE if one.pfs else 0,
        "QuickModeFilterId": 0,
        "LifetimePackets": 0,
        "NdAllowClearTimeoutSeconds": 0,
        "NapContext": 0,
        "QmSaId": one.pair,
        "VirtualIfTunnelId": 0,
        "TrafficSelectorId": 0,
        "ExplicitCredentials": 0,
        "InboundDirection": one.way is Way.IN,
        "SPI": one.spi,
        "InstanceID": f"{one.pair}-{one.way}",
    }


def _transforms(one: QuickModeAssociation) -> list[tuple[int, int, int]]:
    """Return type, integrity and cipher of each transform."""
    found = []
    protection = one.protection
    if protection.ah_integrity is not None:
        found.append((_AH, _HASHES[protection.ah_integrity], 0))
    if protection.esp_cipher is not None:
        cipher = _ESP_CIPHERS[protection.esp_cipher]
        integrity = _HASHES[protection.esp_integrity or Hash.NONE]
        kind = _ESP_BOTH if cipher and integrity else _ESP_CIPHER if cipher else _ESP_INTEGRITY
        found.append((kind, integrity, cipher))
    return found
