# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated Windows host: a registry, services and a clock under a name, a version and a language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address

from . import services
from .audit import SecurityLog
from .clock import Clock
from .connections import TcpConnection, managed
from .dynamic import Dynamic
from .firewall import Profile
from .firewall import builtin as firewall
from .interfaces import Interface
from .interfaces import plant as plant_interfaces
from .ipsec import trail
from .ipsec.associations import Associations
from .ipsec.counters import Counters
from .recording import Recording
from .registry import Kind, Registry, Value
from .services import Service, StartType
from .store.predefined import plant
from .tasks import Task
from .versions import VERSIONS, WindowsVersion

OEM_ENCODINGS = {"en": "cp437", "de": "cp850"}
_LANGUAGE_IDS = {"en": "0409", "de": "0407"}


@dataclass
class Host:
    """A host. All policy lives in `registry`; nothing else about it is kept between two commands.

    `address` is where its endpoint listens, `addresses` are those that its policy speaks of. `tasks` are scheduled
    tasks by folded name. `profile` is the kind of network that its firewall takes it to be on. `files` are those that
    its programs find, by folded name; `dynamic` is what `netsh ipsec dynamic` was told. `counters` and `audit` are what
    its IPsec driver counts and what its Security log holds. `live` brings both and the associations up to date where
    somebody else than the lab's own model keeps them. `connections` are its TCP connections. With a
    `recording` it only says again what a real host said.
    """

    name: str
    version: WindowsVersion
    language: str = "en"
    address: str = "127.0.0.1"
    registry: Registry = field(default_factory=Registry)
    services: dict[str, Service] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    addresses: tuple[IPv4Address | IPv6Address, ...] = ()
    associations: Associations = field(default_factory=Associations)
    counters: Counters = field(default_factory=Counters)
    audit: SecurityLog = field(default_factory=SecurityLog)
    tasks: dict[str, Task] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    dynamic: Dynamic = field(default_factory=Dynamic)
    profile: Profile = Profile.DOMAIN
    connections: tuple[TcpConnection, ...] = ()
    recording: Recording | None = None
    live: Callable[[], None] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def create(
        cls,
        name: str,
        version: str = "2016",
        language: str = "en",
        address: str = "127.0.0.1",
        addresses: Iterable[str] = (),
        interfaces: Iterable[Interface] = (),
    ) -> Host:
        """Return a host as freshly installed; without `interfaces` one has all IPv4 addresses.

        :raises KeyError: for an unknown version or language.
        :raises ValueError: for an entry of `addresses` that is none.
        """
        own = tuple(ip_address(each) for each in addresses)
        host = cls(name, VERSIONS[version], language, address, addresses=own)
        host.connections = managed(own[0] if own else ip_address(address))
        _system_keys(host, OEM_ENCODINGS[language])
        usual = Interface(tuple(str(each) for each in own if each.version == 4), dhcp=not own)
        old = not host.version.has_ikeext
        plant_interfaces(host.registry, name, tuple(interfaces) or (usual,), old=old)
        _install_services(host)
        firewall.plant(host)
        if host.version.predefined_objects:
            plant(host)
        return host

    def ended(self, stopped: str) -> None:
        """Security associations end with the services that hold them, and dynamic policy with the agent (cc739550).

        The agent serves the policy store alone.

        [ledger: cs-agent-leaves-rules]
        """
        if stopped == "PolicyAgent":
            self.dynamic.discard()
        if stopped in ("PolicyAgent", "IKEEXT"):
            if self.live is not None:
                self.live()
            else:
                trail.ended(self, self.associations.clear(of_policies_only=stopped == "PolicyAgent"))

    @property
    def oem_encoding(self) -> str:
        """The code page of console programs, as a Python codec name."""
        return OEM_ENCODINGS[self.language]


def _system_keys(host: Host, encoding: str) -> None:
    """Write the few facts about itself that a Windows keeps in its registry. [ledger: oem-page-in-registry]"""
    current = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    major, minor, build = host.version.build.split(".")
    facts = {
        "ProductName": host.version.product,
        # Windows 10 and later keep 6.3 here for the sake of old programs.
        # [ledger: host-version-of-2016]
        "CurrentVersion": "6.3" if major == "10" else f"{major}.{minor}",
        "CurrentBuildNumber": build,
    }
    for name, text in facts.items():
        host.registry.set(current, name, Value(Kind.SZ, text))
    names = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName"
    host.registry.set(names, "ComputerName", Value(Kind.SZ, host.name.upper()))
    nls = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls"
    host.registry.set(rf"{nls}\CodePage", "OEMCP", Value(Kind.SZ, encoding.removeprefix("cp")))
    host.registry.set(rf"{nls}\CodePage", "ACP", Value(Kind.SZ, "1252"))
    host.registry.set(rf"{nls}\Language", "InstallLanguage", Value(Kind.SZ, _LANGUAGE_IDS[host.language]))
    # Every Windows has these, with or without policies in them.
    host.registry.create(r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates")
    host.registry.create(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion")


def _install_services(host: Host) -> None:
    """PolicyAgent everywhere; the keying modules and the filtering engine are services of their own from Vista on.

    [ledger: force-service-order, host-agent-start-type, host-ikeext]
    """
    start_type, running = host.version.policy_agent
    agent = "IPsec Policy Agent" if host.version.has_ikeext else "IPSEC Services"
    wanted = [services.install(host.registry, "PolicyAgent", start_type, display=agent, running=running)]
    if host.version.has_ikeext:
        engine = "Base Filtering Engine"
        keying = "IKE and AuthIP IPsec Keying Modules"
        wanted.append(services.install(host.registry, "BFE", StartType.AUTO, display=engine, running=True))
        wanted.append(
            services.install(
                host.registry, "IKEEXT", StartType.DEMAND, display=keying, running=False, depends_on=("BFE",)
            )
        )
    wanted.append(firewall.install_service(host))
    host.services.update({service.name: service for service in wanted})
