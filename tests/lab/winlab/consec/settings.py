# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of connection security for the whole host (MS-GPFAS 2.2.1, 2.2.3). [ledger: cs-settings]"""

from __future__ import annotations

from ..firewall.guarded import Guarded
from ..firewall.model import Profile
from ..registry import Kind, Value
from .store import Origin

IDLE_SECONDS = "SAIdlTime"
EXEMPTIONS = "IPsecExempt"
CRL_CHECK = "StrongCRLCheck"
NAT = "IPsecThroughNAT"
MACHINES, USERS = "IPsecTunnelRemoteMachineAuthorizationList", "IPsecTunnelRemoteUserAuthorizationList"
TRANSPORT_MACHINES = "IPsecTransportRemoteMachineAuthorizationList"
TRANSPORT_USERS = "IPsecTransportRemoteUserAuthorizationList"

NEIGHBOR_DISCOVERY, ICMP, ROUTER_DISCOVERY, DHCP = 1, 2, 4, 8
"""Bits of the exemptions."""

_DEFAULTS = {IDLE_SECONDS: 300, EXEMPTIONS: NEIGHBOR_DISCOVERY | DHCP, CRL_CHECK: 0, NAT: 0}
_PROFILES = {Profile.DOMAIN: "DomainProfile", Profile.PRIVATE: "PrivateProfile", Profile.PUBLIC: "PublicProfile"}


def number(host: Guarded, name: str) -> int:
    """Return a setting, or what its absence means; that of a group policy counts before the local one."""
    value = host.registry.get(Origin.GROUP_POLICY.value, name)
    return value.data if value is not None and isinstance(value.data, int) else local_number(host, name)


def local_number(host: Guarded, name: str) -> int:
    """Return a setting of the local store, or what its absence means."""
    value = host.registry.get(Origin.LOCAL.value, name)
    return value.data if value is not None and isinstance(value.data, int) else _DEFAULTS[name]


def local_text(host: Guarded, name: str) -> str:
    """Return a text setting of the local store, empty where it is absent."""
    value = host.registry.get(Origin.LOCAL.value, name)
    return value.data if value is not None and isinstance(value.data, str) else ""


def set_number(host: Guarded, name: str, value: int) -> None:
    """Write a setting of the local store."""
    host.registry.set(Origin.LOCAL.value, name, Value(Kind.DWORD, value))


def set_text(host: Guarded, name: str, value: str) -> None:
    """Write a text setting of the local store; an empty one removes it."""
    if value:
        host.registry.set(Origin.LOCAL.value, name, Value(Kind.SZ, value))
    else:
        host.registry.delete_value(Origin.LOCAL.value, name)


def local_rules_count(host: Guarded, profile: Profile) -> bool:
    """Tell whether rules of the local store are merged in a profile; only a group policy can forbid it.

    [ledger: cs-local-merge]
    """
    key = rf"{Origin.GROUP_POLICY.value}\{_PROFILES[profile]}"
    value = host.registry.get(key, "AllowLocalIPsecPolicyMerge")
    return value is None or value.data != 0
