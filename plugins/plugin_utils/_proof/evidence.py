# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was collected about a deployment, read from the options of a task. [ledger: packet-both-negotiate]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

from .._associations.data import ASSOCIATION_OPTIONS, read_associations
from .._associations.model import Associations
from .._clients.hold import SessionOutcome
from .._common.errors import IpsecError, hidden
from .._common.fields import Fields, element, freely_named, one_port
from .._common.mappings import mapping
from .._common.packets import parse_one_address, parse_protocol
from .model import ProofFinding, Role, ServiceState
from .reading import FINDING_OPTIONS, read_finding

Data = Mapping[str, object]

OPTIONS = (
    "title",
    "hosts",
    "firewalls",
    "ports",
    "flows",
    "sessions",
    "expect",
    "networks",
    "findings",
    "unproven",
    "fail",
)
_HOST_OPTIONS = (
    "name",
    "role",
    "address",
    "addresses",
    "info",
    "wanted",
    "commands",
    "openings",
    "associations_before",
    "associations",
)
_TCP = 6
_ROLES = (Role.FRONT_END, Role.BACK_END, Role.OTHER)
_FLOW_OPTIONS = ("from", "to", "protocol", "port", "level")
_FIREWALL_OPTIONS = ("name", "between", "commands", "openings")
# What session_check tells beside these is for people.
_SESSION_OPTIONS = ("name", "protocol", "frontend", "backend", "service_port", "source", "outcome", "detail")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEvidence:
    """One host. ``info`` is the answer of policies_info, None for a host that could not be read.

    ``wanted`` is the document that it should have and ``commands`` what still separates it from that, ``openings`` the
    commands that its firewall lacks; each None where nobody looked. ``before`` and ``after`` are its associations
    before and after the sessions.
    """

    name: str
    role: Role
    addresses: tuple[str, ...]
    info: Data | None = None
    wanted: Data | None = None
    commands: tuple[str, ...] | None = None
    openings: tuple[str, ...] | None = None
    before: Associations | None = None
    after: Associations | None = None

    @property
    def facts(self) -> Data:
        """The facts about the host, empty where it could not be read."""
        return mapping((self.info or {}).get("host"))

    @property
    def config(self) -> Data:
        """The document of the host, empty where it could not be read."""
        return mapping((self.info or {}).get("config"))

    @property
    def services(self) -> Mapping[str, ServiceState]:
        """The services by name."""
        return {
            str(name): ServiceState(bool(one.get("running")), bool(one.get("automatic")))
            for name, one in mapping(self.facts.get("services")).items()
            if isinstance(one, Mapping)
        }

    @property
    def domain_policy(self) -> str:
        """The policy that the domain assigns, empty for none."""
        return text(self.facts.get("domain_policy"))

    @property
    def assigned(self) -> str:
        """The local policy that is assigned, by its name or its GUID; empty for none."""
        return text(self.config.get("assigned"))

    @property
    def wanted_policy(self) -> str:
        """The policy that should be assigned, empty where that is not known."""
        return text((self.wanted or {}).get("assigned"))


class Level(StrEnum):
    """How much a flow insists on IPsec."""

    REQUEST = "request"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFlow:
    """Traffic from one host to another that should be protected; port 0 is all ports."""

    source: str
    destination: str
    protocol: str = "tcp"
    port: int = 0
    level: Level = Level.REQUIRE

    @property
    def traffic(self) -> str:
        """The traffic in the words of expectations."""
        return f"{self.protocol}/{self.port}" if self.port else self.protocol

    def carries(self, port: int) -> bool:
        """Tell whether TCP to a port is part of it."""
        return parse_protocol(self.protocol, "") in (0, _TCP) and self.port in (0, port)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallEvidence:
    """A network firewall: between whom it stands, what it should let through, and what it lacks."""

    name: str
    between: tuple[str, ...] = ()
    openings: tuple[str, ...] = ()
    commands: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSession:
    """A session with a port of a back-end, and what became of it.

    It goes through ``frontend``; without one it is a probe: clear text from ``source`` straight to the back-end.
    """

    name: str
    protocol: str
    frontend: str
    backend: str
    port: int
    source: str
    outcome: SessionOutcome
    detail: str

    @property
    def works(self) -> bool:
        """Whether it works."""
        return self.outcome is SessionOutcome.WORKS

    @property
    def shown(self) -> str:
        """What became of it, in words."""
        return self.detail or self.outcome.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that a proof rests on."""

    title: str
    hosts: tuple[HostEvidence, ...]
    flows: tuple[WantedFlow, ...]
    firewalls: tuple[FirewallEvidence, ...] = ()
    sessions: tuple[HeldSession, ...] = ()
    probes: tuple[HeldSession, ...] = ()
    expect: tuple[object, ...] = ()
    networks: Data = field(default_factory=dict)
    findings: tuple[ProofFinding, ...] = ()

    def covers(self, session: HeldSession) -> bool:
        """Tell whether a session is traffic that should be protected."""
        ends = (session.frontend, session.backend)
        return any((one.source, one.destination) == ends and one.carries(session.port) for one in self.flows)

    def named(self, name: str) -> HostEvidence:
        """Return a host by its name, which has been checked."""
        return next(host for host in self.hosts if host.name == name)


def read_evidence(given: Data) -> Evidence:
    """Return what options describe; IpsecError with the option path for whatever cannot be read."""
    fields = Fields(given, "", OPTIONS)
    fields.require("hosts", "a list of hosts")
    hosts = tuple(_host(data, where) for where, data in fields.items("hosts"))
    _unique([host.name for host in hosts], "hosts")
    known = {host.name: host.role for host in hosts}
    if fields.given("flows"):
        flows = tuple(_flow(data, where, known) for where, data in fields.items("flows"))
    else:
        _one_family(hosts)
        ports = tuple(one_port(item, where) for where, item in fields.elements("ports")) or (80,)
        flows = tuple(_of_groups(hosts, ports))
    if not flows:
        remedy = "A proof of nothing proves nothing: look whether the groups and the limit are right."
        raise IpsecError("hosts", [host.name for host in hosts], "two hosts at least with traffic between them", remedy)
    tried = [_session(data, where, known) for where, data in fields.items("sessions")]
    _unique([one.name for one in tried], "sessions")
    remedy = "Write dc: 10.0.1.5, for example."
    networks = freely_named(fields.mapping("networks"), "networks", "names with their addresses", remedy)
    return Evidence(
        title=fields.text("title", "IPsec between front-ends and back-ends"),
        hosts=hosts,
        flows=flows,
        firewalls=tuple(_firewall(data, where) for where, data in fields.items("firewalls")),
        sessions=tuple(one for one in tried if one.frontend),
        probes=tuple(one for one in tried if not one.frontend),
        expect=_lines(fields, "expect") or (),
        networks=networks,
        findings=tuple(_finding(data, where) for where, data in fields.items("findings")),
    )


def _host(data: object, path: str) -> HostEvidence:
    fields = Fields(data, path, _HOST_OPTIONS)
    for key in ("name", "role", *(() if fields.given("addresses") else ("address",))):
        fields.require(key, f"the {key} of the host")
    remedy = "Give the address at which its peers reach the host."
    given = [(fields.at("address"), fields.text("address", ""))] if fields.given("address") else []
    given += list(fields.elements("addresses"))
    found = [parse_one_address(text, where, "an IPv4 or IPv6 address", remedy) for where, text in given]
    return HostEvidence(
        name=fields.text("name", ""),
        role=_role(fields),
        addresses=tuple(dict.fromkeys(map(str, found))),
        info=_answer(fields, "info"),
        wanted=_answer(fields, "wanted"),
        commands=_lines(fields, "commands"),
        openings=_lines(fields, "openings"),
        before=_associations(fields, "associations_before"),
        after=_associations(fields, "associations"),
    )


def _flow(data: object, path: str, known: Mapping[str, Role]) -> WantedFlow:
    fields = Fields(data, path, _FLOW_OPTIONS)
    for key in ("from", "to"):
        fields.require(key, "the name of a host")
        if fields.text(key, "") not in known:
            remedy = f"The hosts are: {', '.join(known) or 'none'}."
            raise IpsecError(fields.at(key), fields.text(key, ""), "the name of one of the hosts", remedy)
    protocol = fields.text("protocol", "tcp")
    parse_protocol(protocol, fields.at("protocol"))
    return WantedFlow(
        source=fields.text("from", ""),
        destination=fields.text("to", ""),
        protocol=protocol,
        port=fields.port("port", 0) if fields.given("port") else 0,
        level=fields.choice("level", Level, Level.REQUIRE),
    )


def _of_groups(hosts: Sequence[HostEvidence], ports: Sequence[int]) -> Iterator[WantedFlow]:
    """Yield the flows from every front-end to every back-end."""
    for source in hosts:
        for destination in hosts:
            if source.role is Role.FRONT_END and destination.role is Role.BACK_END:
                for port in ports:
                    yield WantedFlow(source=source.name, destination=destination.name, port=port)


def _role(fields: Fields) -> Role:
    word = fields.text("role", "").strip().lower()
    if word not in _ROLES:
        raise fields.error("role", word, f"one of {', '.join(_ROLES)}", "Choose one of these words.")
    return Role(word)


def _answer(fields: Fields, key: str) -> Data | None:
    return _mapping(fields.mapping(key), fields.at(key)) if fields.given(key) else None


def _associations(fields: Fields, key: str) -> Associations | None:
    found = _answer(fields, key)
    if found is None:
        return None
    where = fields.at(key)
    if not isinstance(found.get("known"), bool):
        remedy = "Hand over its whole result."
        raise IpsecError(f"{where}.known", found.get("known"), "the answer of sa_info", remedy)
    # The answer also says what the host is, which belongs elsewhere.
    return read_associations({name: found.get(name) for name in ASSOCIATION_OPTIONS}, where)


def _finding(data: object, path: str) -> ProofFinding:
    found = _mapping(data, path)
    return read_finding({name: found.get(name) for name in FINDING_OPTIONS}, path)


def _lines(fields: Fields, key: str) -> tuple[str, ...] | None:
    return tuple(element(item, where) for where, item in fields.items(key)) if fields.given(key) else None


def _firewall(data: object, path: str) -> FirewallEvidence:
    fields = Fields(data, path, _FIREWALL_OPTIONS)
    fields.require("name", "the name of the firewall")
    return FirewallEvidence(
        name=fields.text("name", ""),
        between=_lines(fields, "between") or (),
        openings=_lines(fields, "openings") or (),
        commands=_lines(fields, "commands"),
    )


def _session(data: object, path: str, known: Mapping[str, Role]) -> HeldSession:
    kept = {key: data.get(key) for key in _SESSION_OPTIONS} if isinstance(data, Mapping) else data
    fields = Fields(kept, path, _SESSION_OPTIONS)
    through = fields.given("frontend")
    for key in ("name", "protocol", "backend", "service_port", "outcome", *(() if through else ("source",))):
        fields.require(key, f"the {key.replace('_', ' ')} of the session, as session_check returns it")
    return HeldSession(
        name=fields.text("name", ""),
        protocol=fields.text("protocol", ""),
        frontend=_known(fields, "frontend", known, Role.FRONT_END) if through else "",
        backend=_known(fields, "backend", known, Role.BACK_END),
        port=fields.port("service_port", 0),
        source=fields.text("source", ""),
        outcome=fields.choice("outcome", SessionOutcome, SessionOutcome.FAILED),
        detail=fields.text("detail", ""),
    )


def _known(fields: Fields, key: str, known: Mapping[str, Role], role: Role) -> str:
    name = fields.text(key, "")
    if known.get(name) not in (role, Role.OTHER):
        fitting = ", ".join(name for name, its in known.items() if its in (role, Role.OTHER)) or "none"
        remedy = f"The {role.value}s are: {fitting}."
        raise IpsecError(fields.at(key), name, f"the name of a {role.value} among the hosts", remedy)
    return name


def text(value: object) -> str:
    """Return one text or number as text, empty for everything else."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _mapping(data: object, path: str) -> Data:
    if not isinstance(data, Mapping):
        raise IpsecError(path, hidden(data), "a mapping, as the module returned it", "Hand over the registered result.")
    return data


def _one_family(hosts: Sequence[HostEvidence]) -> None:
    families = [ip_address(host.addresses[0]).version for host in hosts]
    for index, family in enumerate(families):
        if family != families[0]:
            expected = f"an IPv{families[0]} address, as {hosts[0].name} has"
            remedy = "Prove each family of addresses by itself."
            raise IpsecError(f"hosts[{index}].address", hosts[index].addresses[0], expected, remedy)


def _unique(names: Sequence[str], path: str) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise IpsecError(f"{path}[{index}].name", name, "each name once", "Rename one of them.")
