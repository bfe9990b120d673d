# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab consists of, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any

from .exchange import ServicesSpec, check
from .firewall import Profile
from .firewall.builtin import read_opening
from .interfaces import Interface
from .inventory import CONNECTIONS, TRANSPORTS
from .shell import CodeOfLine, LongLine, ShellOptions
from .ssh import DEFAULT_SHELLS
from .wsman import Limits

DEFAULT_USERS: Mapping[str, str] = MappingProxyType({"Administrator": "Lab-Passw0rd"})
DEFAULT_CONTROLLER = "10.0.0.250"
AUTH_SCHEMES = ("negotiate", "basic")
"""What a host offers unless its specification says otherwise."""
KNOWN_SCHEMES = (*AUTH_SCHEMES, "credssp", "kerberos", "certificate")
FIREWALL_STATES = ("off", "on")
NETWORK_PROFILES = tuple(each.lower() for each in Profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host of a lab.

    :param version: a key of `winlab.versions.VERSIONS`, from "2003" to "2025"; `language`: "en" or "de".
    :param address: where its endpoint listens; port 0 takes a free one.
    :param auth: the offered schemes: negotiate (NTLM), basic, credssp, kerberos, certificate.
    :param tls: whether its endpoint speaks HTTPS.
    :param ssh: the default shell of its sshd, "cmd" or "powershell"; None for no sshd.
    :param limits: quotas of the WinRM service, None for those of the version.
    :param shell: switches of the command shell.
    :param netsh: lines for one netsh session that prepares the host before anybody connects.
    :param addresses: its own addresses as policies name them; with one, the host obeys its policy in force.
    :param interfaces: what its registry says of its network interfaces; without any, one that has the IPv4 addresses.
    :param controller: the address that management comes from, as policies name it.
    :param management_port: the TCP port of management, as policies name it.
    :param firewall: "off" or "on" in all profiles, None for what the version starts with: off on 2003, on later.
    :param openings: what the firewall lets in from the start besides management: `udp/500`, `tcp/80`, `50`.
    :param auditing: whether the Security log gets events of IPsec; Windows writes none unless somebody configures it.
    :param clock_skew_seconds: how far the host's clock is ahead of the right time; below zero it is behind.
    :param network_profile: the kind of network that the firewall finds: "domain", "private" or "public".
    :param services: what it offers as an Exchange front-end or back-end; their ports are open in the firewall.
    :param groups: inventory groups besides `windows`; `vars`: inventory variables of the host.
    :param recording: the file of a bundle; the host then only says again what a real host said.
    """

    name: str
    version: str = "2016"
    language: str = "en"
    address: str = "127.0.0.1"
    port: int = 0
    auth: tuple[str, ...] = AUTH_SCHEMES
    tls: bool = False
    ssh: str | None = None
    limits: Limits | None = None
    shell: ShellOptions = field(default_factory=ShellOptions)
    netsh: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    controller: str = DEFAULT_CONTROLLER
    management_port: int = 5985
    firewall: str | None = None
    openings: tuple[str, ...] = ()
    network_profile: str = "domain"
    auditing: bool = False
    clock_skew_seconds: float = 0.0
    services: ServicesSpec | None = None
    groups: tuple[str, ...] = ()
    vars: Mapping[str, object] = field(default_factory=dict)
    recording: str | None = None

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> HostSpec:
        """Build a host from plain data, as in a specification file.

        :raises ValueError: for unknown or missing fields; the text names them.
        """
        _check(data, cls, f"host {data.get('name', '?')}")
        if "name" not in data:
            raise ValueError("a host needs a name")
        values = dict(data)
        values["version"] = str(values.get("version", "2016"))
        for name in ("auth", "netsh", "groups", "addresses"):
            if name in values:
                values[name] = tuple(values[name])
        unknown = set(values.get("auth", ())) - set(KNOWN_SCHEMES)
        if unknown:
            raise ValueError(f"host {values['name']}: unknown auth {', '.join(sorted(unknown))}")
        for text in (*values.get("addresses", ()), values.get("controller", DEFAULT_CONTROLLER)):
            try:
                ip_address(text)
            except ValueError as bad:
                raise ValueError(f"host {values['name']}: {bad}") from bad
        where = f"interfaces of {values['name']}"
        values["interfaces"] = tuple(Interface.from_plain(each, where) for each in values.get("interfaces", ()))
        if values.get("ssh") not in (None, *DEFAULT_SHELLS):
            raise ValueError(f"host {values['name']}: ssh is one of {', '.join(DEFAULT_SHELLS)}")
        _check_firewall(values)
        skew = values.setdefault("clock_skew_seconds", 0.0)
        if isinstance(skew, bool) or not isinstance(skew, (int, float)):
            raise ValueError(f"host {values['name']}: clock_skew_seconds is a number")
        if not isinstance(values.get("auditing", False), bool):
            raise ValueError(f"host {values['name']}: auditing is true or false")
        if values.get("limits") is not None:
            _check(values["limits"], Limits, f"limits of {values['name']}")
            values["limits"] = replace(Limits.of(values["version"]), **values["limits"])
        if values.get("services") is not None:
            values["services"] = ServicesSpec.from_plain(values["services"], f"host {values['name']}")
        if "shell" in values:
            options = dict(values["shell"])
            _check(options, ShellOptions, f"shell of {values['name']}")
            for name, kind in (("long_lines", LongLine), ("code_of_line", CodeOfLine)):
                if name in options:
                    options[name] = kind(options[name])
            values["shell"] = ShellOptions(**options)
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSpec:
    """A whole lab: hosts, accounts (name to password), and the connection and transport that the inventory names.

    `minute_seconds` is how many real seconds a minute of the hosts' clocks takes.
    """

    hosts: tuple[HostSpec, ...]
    users: Mapping[str, str] = field(default_factory=lambda: DEFAULT_USERS, repr=False)
    connection: str = "winrm"
    transport: str = "ntlm"
    minute_seconds: float = 60.0

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> LabSpec:
        """Build a lab from plain data.

        :raises ValueError: for unknown fields, no hosts, or two hosts of one name.
        """
        _check(data, cls, "lab")
        hosts = tuple(HostSpec.from_plain(each) for each in data.get("hosts") or ())
        names = [host.name.lower() for host in hosts]
        if not hosts or len(set(names)) != len(names):
            raise ValueError("a lab needs hosts, each with a name of its own")
        check(hosts)
        users = {str(name): str(password) for name, password in (data.get("users") or DEFAULT_USERS).items()}
        chosen = {"connection": str(data.get("connection", "winrm")), "transport": str(data.get("transport", "ntlm"))}
        for (name, value), known in zip(chosen.items(), (CONNECTIONS, TRANSPORTS), strict=True):
            if value not in known:
                raise ValueError(f"lab: {name} is one of {', '.join(known)}")
        return cls(hosts=hosts, users=users, minute_seconds=float(data.get("minute_seconds", 60.0)), **chosen)


def _check_firewall(values: dict[str, Any]) -> None:
    """Put the options of a host's firewall into their final form; ValueError for what does not fit."""
    where = f"host {values['name']}"
    if isinstance(values.get("firewall"), bool):
        # YAML reads the bare words as truth values.
        values["firewall"] = FIREWALL_STATES[values["firewall"]]
    if values.get("firewall") not in (None, *FIREWALL_STATES):
        raise ValueError(f"{where}: firewall is {' or '.join(FIREWALL_STATES)}")
    if values.get("network_profile", NETWORK_PROFILES[0]) not in NETWORK_PROFILES:
        raise ValueError(f"{where}: network_profile is one of {', '.join(NETWORK_PROFILES)}")
    values["openings"] = tuple(map(str, values.get("openings", ())))
    for text in values["openings"]:
        try:
            read_opening(text)
        except ValueError as bad:
            raise ValueError(f"{where}: {bad}") from bad


def _check(data: Mapping[str, Any], kind: type, where: str) -> None:
    unknown = set(data) - {each.name for each in fields(kind)}
    if unknown:
        raise ValueError(f"{where}: unknown field {', '.join(sorted(unknown))}")
