# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From documents to two judgements of one packet: the lab's, on the host's registry, and the collection's, on what it
reads from that registry. The documents get there the way they always do: plan, netsh lines, the lab's netsh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from flow_worlds import HostSpec, Tuple5, World
from ties import tied

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.finding import FindingKind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.lint import lint_host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.negotiation import Agreement
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import PASSING, Network
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.semantics import is_group
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (
    Mode,
    read_request,
    requested_store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store.read import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_query
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_ver
from winlab.dataplane.inforce import in_force as lab_in_force
from winlab.dataplane.judge import assess
from winlab.host import Host
from winlab.ipsec.packet import Network as LabNetwork
from winlab.ipsec.packet import Packet as LabPacket
from winlab.netsh.talk import talk
from winlab.registry import Kind, Value
from winlab.services import ROOT, SUCCESS, stop
from winlab.shell import run
from winlab.testing.policies import machine

IPSEC = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec"
_HASHES = {None: None, 0: "none", 1: "md5", 2: "sha1"}
_ESP_CIPHERS = {None: None, 1: "none", 2: "des", 3: "3des"}
_CIPHERS = {1: "des", 3: "3des"}
_GROUPS = {1: "768", 2: "1024", 3: "2048"}
_WORDS = {1: "pre-shared key", 3: "certificate", 5: "Kerberos"}


@dataclass(frozen=True)
class Seen:
    """What a side says of a packet: its fate, whether packet and answer arrive, and what both ends agreed on."""

    fate: str
    passes: bool
    agreed: tuple[object, ...] = ()


def read(host: Host) -> Store:
    """Return what the collection reads from a host's registry."""
    done = run(host, f"reg.exe query {IPSEC} /s", None)
    return read_store(parse_query(done.stdout.decode("ascii")))


@lru_cache(maxsize=8)
def _fresh(version: str) -> Store:
    """Return what the collection reads from a host that nobody has touched, which has no policy store from Vista on."""
    host = machine("fresh", version=version)
    return read(host) if host.version.predefined_objects else Store()


def build(spec: HostSpec) -> Host:
    """Return a host of the lab that has the document, the exemption level and the services.

    :raises AssertionError: when the lab's netsh refuses a line.
    """
    host = machine(spec.name, *spec.addresses, version=spec.version)
    current = _fresh(spec.version)
    wanted = requested_store(current, read_request(spec.document, Mode.MERGED))
    lines = [render(step.operation).clear() for step in make_plan(current, wanted)]
    for line, answer in zip(lines, talk(host, *lines), strict=True):
        assert not answer, (line, answer)
    if spec.level is not None:
        service = "PolicyAgent" if host.version.has_ikeext else "IPSec"
        host.registry.set(rf"{ROOT}\{service}", "NoDefaultExempt", Value(Kind.DWORD, spec.level))
    if spec.stopped:
        assert stop(host, spec.stopped) == SUCCESS
    return host


def endpoint(spec: HostSpec, host: Host) -> Endpoint:
    """Return the host as the collection sees it."""
    return Endpoint(
        name=spec.name,
        addresses=tuple(ip_address(one) for one in spec.addresses),
        policy=in_force(read(host)) if spec.document["policies"] else None,
        traits=parse_ver(host.version.ver_text).traits,
        exemption_level=spec.level,
        services_running=spec.stopped != "PolicyAgent",
        key_exchange_running=spec.stopped != "IKEEXT",
    )


class Bench:
    """A world on both sides, worked out once for many packets."""

    def __init__(self, found: World) -> None:
        self.world = found
        hosts = [build(spec) for spec in found.hosts]
        self._states = [lab_in_force(host) for host in hosts]
        self._lab_network = LabNetwork(ike=found.ike, esp=found.esp, ah=found.ah)
        self.ends = [endpoint(spec, host) for spec, host in zip(found.hosts, hosts, strict=True)]
        self.pair = Pair(*self.ends, Network(ike=found.ike, esp=found.esp, ah=found.ah))
        self._reported: dict[str, bool] = {}

    def collection(self, one: Tuple5) -> Seen:
        """Return what the collection says."""
        packet = Packet(*one)
        found = self.pair.fate(packet)
        passes = found.kind in PASSING and not is_group(packet)
        return Seen(found.kind.value, passes, _agreed(found.agreement) if found.agreement else ())

    def lab(self, one: Tuple5) -> Seen:
        """Return what the lab says."""
        found = assess(*self._states, LabPacket(*one), self._lab_network)
        if found.bargain is None:
            return Seen(found.fate.value, found.replied)
        agreed = found.bargain.agreement
        method, protection = agreed.method, agreed.protection
        words = (
            _WORDS[agreed.authentication],
            _CIPHERS[method.cipher],
            _HASHES[method.hash],
            _GROUPS[method.group],
            _HASHES[protection.ah_integrity],
            _ESP_CIPHERS[protection.esp_cipher],
            _HASHES[protection.esp_integrity],
        )
        return Seen(found.fate.value, found.replied, words)

    def tied(self, one: Tuple5) -> bool:
        """Tell whether equally specific filters of different effect decide: their winner is not documented.

        :raises AssertionError: when lint does not report the host for it.
        """
        packet = Packet(*one)
        directions = (packet,) if is_group(packet) else (packet, packet.reply)
        views = [view for view in (self.pair.a, self.pair.b) if any(tied(view, each) for each in directions)]
        for view in views:
            name = view.host.name
            if name not in self._reported:
                kinds = {finding.kind for finding in lint_host(view.host)}
                self._reported[name] = FindingKind.EQUAL_RANK_OVERLAP in kinds
            assert self._reported[name], f"lint does not report equal ranks on {name}"
        return bool(views)

    def edges(self, limit: int) -> list[Tuple5]:
        """Return a packet of each region that the collection sees, and the corners of its first boxes."""
        found: list[Tuple5] = []
        for space, _outcome in self.pair.regions():
            for box in space.boxes[:limit]:
                example = box.example()
                corner = (*(part[-1][1] for part in box.sides),)
                last = (*corner[:3], corner[4], corner[3]) if corner[2] in (6, 17) else (*corner[:3], 0, 0)
                kind = type(example.source)
                found.append((kind(last[0]), kind(last[1]), *last[2:]))
                found.append(
                    (
                        example.source,
                        example.destination,
                        example.protocol,
                        example.source_port,
                        example.destination_port,
                    )
                )
        return found


def _agreed(found: Agreement) -> tuple[object, ...]:
    main = found.main_mode
    values = (main.encryption, main.integrity, main.dh_group, found.ah_integrity, found.esp_encryption)
    word = found.authentication.partition(" of ")[0]
    return (word, *(one.value if one else None for one in (*values, found.esp_integrity)))
