# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was collected about a deployment, read from the options of a task. [ledger: packet-both-negotiate]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from .._associations.data import ASSOCIATION_OPTIONS, read_associations
from .._associations.model import Associations
from .._clients.hold import SessionOutcome
from .._common.errors import IpsecError, hidden
from .._common.fields import Fields, element, freely_named, one_port
from .._common.packets import parse_one_address
from .model import ProofFinding, Role, ServiceState
from .reading import FINDING_OPTIONS, read_finding

Data = Mapping[str, object]

OPTIONS = (
    "title",
    "hosts",
    "firewalls",
    "ports",
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
    "info",
    "wanted",
    "commands",
    "openings",
    "associations_before",
    "associations",
)
_ROLES = (Role.FRONT_END, Role.BACK_END)
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
    address: str
    info: Data | None = None
    wanted: Data | None = None
    commands: tuple[str, ...] | None = None
    openings: tuple[str, ...] | None = None
    before: Associations | None = None
    after: Associations | None = None

    @property
    def facts(self) -> Data:
        """The facts about the host, empty where it could not be read."""
        found = (self.info or {}).get("host")
        return found if isinstance(found, Mapping) else {}

    @property
    def config(self) -> Data:
        """The document of the host, empty where it could not be read."""
        found = (self.info or {}).get("config")
        return found if isinstance(found, Mapping) else {}

    @property
    def services(self) -> Mapping[str, ServiceState]:
        """The services by name."""
        found = self.facts.get("services")
        return {
            str(name): ServiceState(bool(one.get("running")), bool(one.get("automatic")))
            for name, one in (found.items() if isinstance(found, Mapping) else ())
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
    ports: tuple[int, ...]
    firewalls: tuple[FirewallEvidence, ...] = ()
    sessions: tuple[HeldSession, ...] = ()
    probes: tuple[HeldSession, ...] = ()
    expect: tuple[object, ...] = ()
    networks: Data = field(default_factory=dict)
    findings: tuple[ProofFinding, ...] = ()

    def of(self, role: Role) -> tuple[HostEvidence, ...]:
        """Return the hosts of one role."""
        return tuple(host for host in self.hosts if host.role is role)

    def named(self, name: str) -> HostEvidence:
        """Return a host by its name, which has been checked."""
        return next(host for host in self.hosts if host.name == name)


def read_evidence(given: Data) -> Evidence:
    """Return what options describe; IpsecError with the option path for whatever cannot be read."""
    fields = Fields(given, "", OPTIONS)
    fields.require("hosts", "a list of hosts")
    hosts = tuple(_host(data, where) for where, data in fields.items("hosts"))
    _unique([host.name for host in hosts], "hosts")
    _one_family(hosts)
    known = {host.name: host.role for host in hosts}
    tried = [_session(data, where, known) for where, data in fields.items("sessions")]
    _unique([one.name for one in tried], "sessions")
    remedy = "Write dc: 10.0.1.5, for example."
    networks = freely_named(fields.mapping("networks"), "networks", "names with their addresses", remedy)
    return Evidence(
        title=fields.text("title", "IPsec between front-ends and back-ends"),
        hosts=hosts,
        ports=tuple(one_port(item, where) for where, item in fields.elements("ports")) or (80,),
        firewalls=tuple(_firewall(data, where) for where, data in fields.items("firewalls")),
        sessions=tuple(one for one in tried if one.frontend),
        probes=tuple(one for one in tried if not one.frontend),
        expect=_lines(fields, "expect") or (),
        networks=networks,
        findings=tuple(_finding(data, where) for where, data in fields.items("findings")),
    )


def _host(data: object, path: str) -> HostEvidence:
    fields = Fields(data, path, _HOST_OPTIONS)
    for key in ("name", "role", "address"):
        fields.require(key, f"the {key} of the host")
    remedy = "Give the address at which its peers reach the host."
    address = parse_one_address(fields.text("address", ""), fields.at("address"), "an IPv4 or IPv6 address", remedy)
    return HostEvidence(
        name=fields.text("name", ""),
        role=_role(fields),
        address=str(address),
        info=_answer(fields, "info"),
        wanted=_answer(fields, "wanted"),
        commands=_lines(fields, "commands"),
        openings=_lines(fields, "openings"),
        before=_associations(fields, "associations_before"),
        after=_associations(fields, "associations"),
    )


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
    if known.get(name) is not role:
        fitting = ", ".join(name for name, its in known.items() if its is role) or "none"
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
    families = [ip_address(host.address).version for host in hosts]
    for index, family in enumerate(families):
        if family != families[0]:
            expected = f"an IPv{families[0]} address, as {hosts[0].name} has"
            remedy = "Prove each family of addresses by itself."
            raise IpsecError(f"hosts[{index}].address", hosts[index].address, expected, remedy)


def _unique(names: Sequence[str], path: str) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise IpsecError(f"{path}[{index}].name", name, "each name once", "Rename one of them.")
