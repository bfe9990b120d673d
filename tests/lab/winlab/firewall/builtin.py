# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall of a freshly installed host.

The rules are a handful in the form that Windows brings along: names and groups are numbers of resources, identifiers
are words. Management is open from the start. One string has a key that nobody knows and an older version.
"""

from __future__ import annotations

from ..registry import Kind, Value
from ..services import Service, StartType, install
from . import store
from .guarded import Guarded
from .model import Action, Direction, Rule
from .portopenings import Opening, put
from .spans import PortSpan

MANAGEMENT_PORTS = (5985, 5986)
"""TCP ports that are open from the start."""

_SVCHOST = r"App=%SystemRoot%\system32\svchost.exe"
_OWN = {
    "WINRM-HTTP-In-TCP": (
        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=5985|App=System|Name=@FirewallAPI.dll,-30253|"
        "Desc=@FirewallAPI.dll,-30256|EmbedCtxt=@FirewallAPI.dll,-30267|"
    ),
    "WINRM-HTTPS-In-TCP": (
        "Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=5986|App=System|Name=@FirewallAPI.dll,-30254|"
        "EmbedCtxt=@FirewallAPI.dll,-30267|"
    ),
    "CoreNet-DHCP-In": (
        f"Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=68|RPort=67|{_SVCHOST}|Svc=dhcp|"
        "Name=@FirewallAPI.dll,-25301|EmbedCtxt=@FirewallAPI.dll,-25000|"
    ),
    "CoreNet-Teredo-In": (
        f"Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=Teredo|{_SVCHOST}|Svc=iphlpsvc|"
        "Name=@FirewallAPI.dll,-25326|EmbedCtxt=@FirewallAPI.dll,-25000|Edge=TRUE|"
    ),
    "FPS-ICMP4-ERQ-In": (
        "Action=Allow|Active=FALSE|Dir=In|Protocol=1|Profile=Private|Profile=Public|ICMP4=8:*|RA4=LocalSubnet|"
        "Name=@FirewallAPI.dll,-28543|EmbedCtxt=@FirewallAPI.dll,-28502|"
    ),
}
_ODD = (
    "v2.0|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|RPort=445|App=System|Feature9=1:2|"
    "Name=@FirewallAPI.dll,-28515|EmbedCtxt=@FirewallAPI.dll,-28502|"
)


def install_service(host: Guarded) -> Service:
    """Register the firewall's service, and return it.

    On a Windows it depends on the filtering engine. Lab's choice: it does not, so that the engine can be stopped alone.

    [ledger: fw-service-engine]
    """
    if store.modern(host):
        return install(host.registry, "MpsSvc", StartType.AUTO, display="Windows Firewall", running=True)
    display = "Windows Firewall/Internet Connection Sharing (ICS)"
    return install(host.registry, "SharedAccess", StartType.AUTO, display=display, running=True)


def plant(host: Guarded) -> None:
    """Write the state of a fresh installation: on from Windows Vista on, off on Server 2003.

    [ledger: fw-on-by-default]
    """
    if not store.modern(host):
        store.switch(host, False)
        for port in MANAGEMENT_PORTS:
            put(host, Opening(port, "TCP", "Windows Remote Management"))
        return
    version = host.version.firewall_schema
    for rule_id, text in _OWN.items():
        host.registry.set(store.RULES, rule_id, Value(Kind.SZ, f"v{version}|{text}"))
    host.registry.set(store.RULES, "FPS-SMB-Out-TCP", Value(Kind.SZ, _ODD))
    store.switch(host, True)
    for profile, key in store.PROFILE_KEYS.items():
        store.set_setting(host, profile, store.INBOUND, 1)
        store.set_setting(host, profile, store.OUTBOUND, 0)
        host.registry.set(rf"{store.POLICY}\{key}", "DisableNotifications", Value(Kind.DWORD, 0))


_PROTOCOLS = {"tcp": 6, "udp": 17}


def read_opening(text: str) -> tuple[int, int | None]:
    """Return protocol and port of `tcp/80`, `udp/500` or a bare protocol number such as `50`; ValueError for others."""
    word, slash, port = text.lower().partition("/")
    number = port if slash else word
    if (word in _PROTOCOLS) is not bool(slash) or not number.isdecimal() or int(number) > (65535 if slash else 255):
        raise ValueError(f"{text!r} is not an opening like udp/500 or 50")
    return (_PROTOCOLS[word], int(port)) if slash else (int(word), None)


def open_up(host: Guarded, text: str) -> None:
    """Let something in from everywhere. The firewall of Server 2003 cannot open protocols, and needs not to."""
    protocol, port = read_opening(text)
    name = f"Lab {text}"
    if store.modern(host):
        ports = () if port is None else (PortSpan(port, port),)
        store.add(host, Rule(name, Action.ALLOW, Direction.IN, protocol=protocol, local_ports=ports))
    elif port is not None:
        put(host, Opening(port, text.partition("/")[0].upper(), name))
