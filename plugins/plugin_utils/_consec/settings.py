# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings for all rules (MS-GPFAS 2.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .._windows.registry.keys import Key
from .doubts import Doubtful, Doubts
from .model import Settings, Texts
from .words import EXEMPTIONS, THROUGH_NAT


def read_settings(key: Key | None) -> Settings:
    """Return the settings among the values of a store's root key."""
    if key is None:
        return Settings()
    doubts = Doubts()

    def told(name: str, most: int) -> int | None:
        value = key.value(name)
        if value is None:
            return None
        if value.type != "REG_DWORD" or not isinstance(value.data, int) or value.data > most:
            raise Doubtful(f"{name} is no number up to {most}")
        return value.data

    def listed(name: str) -> str | None:
        value = key.value(name)
        if value is not None and (value.type != "REG_SZ" or not isinstance(value.data, str)):
            raise Doubtful(f"{name} is of another type than REG_SZ")
        return None if value is None else str(value.data)

    def switch(name: str) -> bool | None:
        found = told(name, 1)
        return None if found is None else found == 1

    read = doubts.read
    found = Settings(
        idle_seconds=read("idle_seconds", lambda: told("SAIdlTime", 3600)),
        crl_check=read("crl_check", lambda: told("StrongCRLCheck", 2)),
        exemptions=read("exemptions", lambda: _exemptions(told)),
        through_nat=read("through_nat", lambda: _through_nat(told)),
        key_in_utf8=read("key_in_utf8", lambda: switch("PresharedKeyEncoding")),
        match_per_key_module=read("match_per_key_module", lambda: switch("IPsecOpportunisticallyMatchAuthSetPerKM")),
        packet_queue=read("packet_queue", lambda: told("EnablePacketQueue", 3)),
        tunnel_computers=read("tunnel_computers", lambda: listed("IPsecTunnelRemoteMachineAuthorizationList")),
        tunnel_users=read("tunnel_users", lambda: listed("IPsecTunnelRemoteUserAuthorizationList")),
        transport_computers=read("transport_computers", lambda: listed("IPsecTransportRemoteMachineAuthorizationList")),
        transport_users=read("transport_users", lambda: listed("IPsecTransportRemoteUserAuthorizationList")),
    )
    return replace(found, doubts=doubts.found)


def _exemptions(told: Callable[[str, int], int | None]) -> Texts | None:
    bits = told("IPsecExempt", sum(EXEMPTIONS))
    return None if bits is None else tuple(word for bit, word in EXEMPTIONS.items() if bits & bit)


def _through_nat(told: Callable[[str, int], int | None]) -> str | None:
    found = told("IPsecThroughNAT", 2)
    return None if found is None else THROUGH_NAT[found]
