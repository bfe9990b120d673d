# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's rules are as connections of strongSwan's daemon: IKEv1, main mode, transport.

The kernel's policies are our own (`policies`); the daemon only makes associations for them. It is told so with
`policies = no`, and finds what the kernel asks for by the number of the request (reqid). The default response rule of
Server 2003 has no policies: there the daemon installs what was negotiated.

One connection stands for each own address and each set of peers that a filter names, and knows all the filters that
reach those peers: the daemon looks for traffic only in the connection that main mode belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ..dataplane.inforce import InForce
from ..dataplane.terms import protection
from ..ipsec.rule import Rule
from ..store.model import Authentication, AuthType, Cipher, EspCipher, Hash, MainMode, Offer
from .policies import EVERYWHERE, Negotiated, Policies, Selector, offered

DEFAULT_REALM = "LAB"
_CIPHERS = {Cipher.DES: "des", Cipher.TRIPLE_DES: "3des"}
_HASHES = {Hash.MD5: "md5", Hash.SHA1: "sha1"}
_GROUPS = {1: "modp768", 2: "modp1024", 3: "modp2048"}
_ESP_CIPHERS = {EspCipher.NONE: "null", EspCipher.DES: "des", EspCipher.TRIPLE_DES: "3des"}
_KINDS = {int(AuthType.PSK): "key", int(AuthType.CERTIFICATE): "certificate", int(AuthType.KERBEROS): "kerberos"}
_QUICK_LIFE, _MAIN_LIFE = 3600, 28800
_RESPONSE_PRIORITY = 900_000


@dataclass(frozen=True, slots=True)
class Identity:
    """A host's certificate, its key and the authority that signed it, in PEM."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes


@dataclass(frozen=True, slots=True)
class Keying:
    """What the daemon is told, who may talk to it, and what could not be said."""

    secrets: tuple[Mapping[str, Any], ...] = field(repr=False)
    connections: Mapping[str, Any]
    peers: tuple[IPv4Network, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def kerberos(self) -> tuple[IPv4Network, ...]:
        """Who is asked by Kerberos."""
        asked = [
            IPv4Network(one["remote_addrs"][0])
            for name, one in self.connections.items()
            if authentication(name) == AuthType.KERBEROS and _asks(one)
        ]
        return tuple(dict.fromkeys(asked))

    @property
    def asking(self) -> frozenset[int]:
        """Numbers of what the daemon asks for when the kernel needs it."""
        return frozenset(
            int(child["reqid"])
            for one in self.connections.values()
            for child in one["children"].values()
            if child["start_action"] == "trap"
        )

    def without_tickets(self) -> Keying:
        """Return the same for a host without tickets: it asks nobody by Kerberos, and answers as before."""
        connections = {
            name: {
                **one,
                "children": {key: {**child, "start_action": "none"} for key, child in one["children"].items()},
            }
            if authentication(name) == AuthType.KERBEROS
            else one
            for name, one in self.connections.items()
        }
        return replace(self, connections=connections)


def _asks(connection: Mapping[str, Any]) -> bool:
    return any(child["start_action"] == "trap" for child in connection["children"].values())


def compile_keying(
    state: InForce,
    policies: Policies,
    *,
    realm: str = DEFAULT_REALM,
    identities: Mapping[str, Identity] | None = None,
) -> Keying:
    """Return the daemon's configuration for what is in force on a host.

    :param realm: the Kerberos realm of the host: its key stands in for tickets, which strongSwan's IKEv1 lacks.
    :param identities: certificates of the host by the name of the authority, as policies write it.
    """
    work = Work(realm, identities or {})
    main = state.main_mode
    work.life = (main.lifetime_seconds if main else 0) or _MAIN_LIFE
    groups = dict.fromkeys(_GROUPS[each.group] for each in (main.methods if main else ()) if each.group in _GROUPS)
    work.groups = tuple(groups)
    if not state.keying:
        return work.done(())
    methods = _main_mode(state.main_mode, work)
    remotes = dict.fromkeys((each.traffic.source, each.traffic.destination) for each in policies.negotiated)
    for own, remote in remotes:
        reaching = [
            each
            for each in policies.negotiated
            if each.traffic.source == own and remote.subnet_of(each.traffic.destination)
        ]
        for rule in dict.fromkeys(each.rule for each in reaching if isinstance(each.rule, Rule)):
            mine = [each for each in reaching if each.rule == rule]
            for place, method in enumerate(_usable(rule, work)):
                children = {
                    f"t{each.reqid}": _child(
                        each, rule, remote, work.groups, trap=not place and each.traffic.destination == remote
                    )
                    for each in mine
                }
                work.connect(own, remote, method, methods, children)
    if state.default_response is not None:
        _respond(state, methods, work)
    return work.done(tuple(dict.fromkeys(IPv4Network(each["remote_addrs"][0]) for each in work.connections.values())))


class Work:
    """Collects connections and secrets, and what cannot be said in them."""

    def __init__(self, realm: str, identities: Mapping[str, Identity]) -> None:
        self.realm = realm
        self.identities = identities
        self.groups: tuple[str, ...] = ()
        self.life = _MAIN_LIFE
        self.secrets: list[dict[str, Any]] = []
        self.connections: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, None] = {}
        self.notes: dict[str, None] = {}
        self._names: dict[object, str] = {}

    def connect(
        self,
        own: IPv4Network,
        remote: IPv4Network,
        method: Authentication,
        proposals: list[str],
        children: Mapping[str, Any],
        *,
        version: int = 1,
    ) -> None:
        """Add children to the connection of two ends, a method and a version; make it if it is not there."""
        key = (own, remote, method, version)
        if key not in self._names:
            name = self._names[key] = f"{_KINDS[method.type]}{len(self._names) + 1}"
            self.connections[name] = self._connection(own, remote, method, proposals, version)
        self.connections[self._names[key]]["children"].update(children)

    def _connection(
        self, own: IPv4Network, remote: IPv4Network, method: Authentication, proposals: list[str], version: int
    ) -> dict[str, Any]:
        address = str(own.network_address)
        local: dict[str, Any] = {"id": address, "auth": "psk"}
        other: dict[str, Any] = {"auth": "psk"}
        if method.type == AuthType.CERTIFICATE:
            identity = self.identities[method.text]
            local = {"auth": "pubkey", "certs": [identity.certificate.decode()]}
            other = {"auth": "pubkey", "cacerts": [identity.authority.decode()]}
            self._secret({"command": "load-key", "type": "any", "data": identity.key.decode()})
        else:
            key = method.text if method.type == AuthType.PSK else stand_in(self.realm)
            # Without owners a secret is for everybody who has no better one.
            owners = [str(remote.network_address)] if remote.prefixlen == 32 else []
            self._secret({"command": "load-shared", "type": "IKE", "data": key, "owners": owners})
        return {
            "version": str(version),
            "local_addrs": [address],
            "remote_addrs": [str(remote)],
            "proposals": proposals,
            "unique": "never",
            "mobike": "no",
            "rekey_time": f"{self.life * 9 // 10}s",
            "over_time": f"{self.life // 10}s",
            "rand_time": "0s",
            "local": local,
            "remote": other,
            "children": {},
        }

    def _secret(self, one: dict[str, Any]) -> None:
        if one not in self.secrets:
            self.secrets.append(one)

    def done(self, peers: tuple[IPv4Network, ...]) -> Keying:
        """Return all that was collected."""
        return Keying(tuple(self.secrets), self.connections, peers, tuple(self.refused), tuple(self.notes))


def authentication(connection: str) -> int:
    """Return the type of authentication of a connection, from its name."""
    return next(kind for kind, word in _KINDS.items() if connection.startswith(word))


def stand_in(realm: str) -> str:
    """Return the key that stands in for the Kerberos tickets of a realm: members have it in common, others not."""
    return f"stands in for Kerberos in {realm.upper()}"


def _main_mode(main: MainMode | None, work: Work) -> list[str]:
    proposals = []
    for each in main.methods if main else ():
        words = (_CIPHERS.get(each.cipher), _HASHES.get(each.hash), _GROUPS.get(each.group))  # type: ignore[call-overload]
        if None in words:
            work.refused[f"main mode with cipher {each.cipher}, hash {each.hash}, group {each.group}"] = None
        else:
            proposals.append("-".join(map(str, words)))
    return proposals


def _usable(rule: Rule, work: Work) -> list[Authentication]:
    """Return the methods of a rule that the daemon can be told, in order; say what is missing or different."""
    name, found = rule.name or rule.key, []
    for each in rule.authentication:
        if each.type == AuthType.CERTIFICATE and each.text not in work.identities:
            work.refused[f"rule {name}: no certificate of {each.text}"] = None
        elif each.type not in (AuthType.PSK, AuthType.CERTIFICATE, AuthType.KERBEROS):
            work.refused[f"rule {name}: authentication {each.type}"] = None
        else:
            found.append(each)
    if any(each.type == AuthType.KERBEROS for each in found):
        work.notes[f"rule {name}: a key of the realm stands in for Kerberos, and clocks are not compared"] = None
    if len(found) > 1:
        work.notes[f"rule {name}: offers its first authentication only, and accepts all {len(found)}"] = None
    return found


def _child(one: Negotiated, rule: Rule, remote: IPv4Network, groups: Sequence[str], *, trap: bool) -> dict[str, Any]:
    traffic = Selector(
        one.traffic.source, remote, one.traffic.protocol, one.traffic.source_port, one.traffic.destination_port
    )
    return {
        **_offers(offered(rule.offers)[1], one.protocol, groups),
        "mode": "transport",
        "policies": "no",
        "reqid": str(one.reqid),
        "local_ts": [selector(traffic.source, traffic.protocol, traffic.source_port)],
        "remote_ts": [selector(traffic.destination, traffic.protocol, traffic.destination_port)],
        "start_action": "trap" if trap else "none",
    }


def selector(network: IPv4Network, protocol: int, port: int) -> str:
    """Return traffic at one end as the daemon writes it, in numbers: it has no lists of names.

    Where peers may be anybody the address is that of whoever it is.
    """
    where = "dynamic" if network == EVERYWHERE else str(network)
    if not protocol:
        return where
    return f"{where}[{protocol}/{port or 'any'}]"


def _offers(offers: Iterable[Offer], protocol: str, groups: Sequence[str]) -> dict[str, Any]:
    """Return proposals and lifetime. Fresh keys for each quick mode (PFS) come from the groups of main mode."""
    proposals, life, size = [], 0, 0
    for each in offers:
        one = protection(each)
        if one.ah_integrity is not None:
            words = [_HASHES[Hash(one.ah_integrity)]]
        else:
            words = [_ESP_CIPHERS[EspCipher(one.esp_cipher or EspCipher.NONE)]]
            words += [_HASHES[Hash(one.esp_integrity)]] if one.esp_integrity else []
        proposals += ["-".join((*words, group)) for group in groups] if each.pfs else ["-".join(words)]
        life, size = life or each.lifetime_seconds, size or each.lifetime_kilobytes * 1024
    if not proposals:
        return {}
    return {f"{protocol}_proposals": proposals, **lifetimes(life or _QUICK_LIFE, size)}


def lifetimes(seconds: int, size: int) -> dict[str, str]:
    """Return for how long and how many bytes associations of a quick mode stand; new ones are made a little before."""
    times = {"life_time": f"{seconds}s", "rekey_time": f"{seconds * 9 // 10}s", "rand_time": "0s"}
    if not size:
        return times
    return {**times, "life_bytes": str(size), "rekey_bytes": str(size * 9 // 10), "rand_bytes": "0"}


def offers_of(kind: str, rule: Rule) -> list[Offer]:
    """Return the offers of a rule that consist of AH alone, or of ESP alone."""
    wanted = (kind == "ah", kind == "esp")
    found = ((protection(each), each) for each in rule.offers)
    return [each for one, each in found if (one.ah_integrity is not None, one.esp_cipher is not None) == wanted]


def _respond(state: InForce, methods: list[str], work: Work) -> None:
    """Add the default response rule of old versions: it answers everybody and asks nobody."""
    rule = state.default_response
    if rule is None:
        return
    for own in sorted(state.addresses):
        if not isinstance(own, IPv4Address):
            continue
        for number, method in enumerate(_usable(rule, work)):
            # One child for both: the daemon looks for traffic first, and for offers in what it has found then.
            child = {
                **_offers(offers_of("ah", rule), "ah", work.groups),
                **_offers(offers_of("esp", rule), "esp", work.groups),
                "mode": "transport",
                "local_ts": ["dynamic"],
                "remote_ts": ["dynamic"],
                "start_action": "none",
                "priority": str(_RESPONSE_PRIORITY),
            }
            if any(len({each.operation for each in one.algorithms}) > 1 for one in rule.offers):
                work.notes["the default response rule: its offers of AH and ESP together are not accepted"] = None
            work.connect(IPv4Network(own), EVERYWHERE, method, methods, {f"r{number}": child})
