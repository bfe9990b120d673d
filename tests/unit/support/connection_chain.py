# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From documents of connection security to two judgements of one packet.

The lab judges its own registry, into which its netsh wrote what the collection plans; the collection judges the
document, or what it reads from that registry, as flow_check gets it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.document import unmanaged, write_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.offline import script_lines
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.request import Mode as ConsecMode
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.request import read_request as read_consec
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.schema import schema_of
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.store import read_store as read_consec_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.check import read_check
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.connection_negotiation import ConnectionAgreement
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Network, Outcome
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.intent import (
    Mode,
    read_request,
    requested_store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.firewall_keys import POLICY_KEY
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_query
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version
from winlab.dataplane.inforce import in_force
from winlab.dataplane.judge import Judgement, assess
from winlab.firewall.model import Profile
from winlab.host import Host
from winlab.ipsec.algorithms import GROUP_24, P256, P384, NewCipher
from winlab.ipsec.packet import Network as LabNetwork
from winlab.ipsec.packet import Packet as LabPacket
from winlab.netsh.talk import talk
from winlab.services import SUCCESS, stop
from winlab.shell import run
from winlab.store.model import EspCipher
from winlab.testing.policies import machine

Data = dict[str, Any]
Tuple5 = tuple[str, str, int, int, int]
KEY = "key one"
RULE_WORDS = {
    "request": "requestinrequestout",
    "require_in": "requireinrequestout",
    "require_both": "requireinrequireout",
    "exempt": "noauthentication",
}
SUITE = {"esp_encryption": "3des", "esp_integrity": "sha1"}
_POLICY_WORDS: dict[str, Data] = {
    "request": {"action": "negotiate", "accept_unsecured": True, "fallback_to_clear": True},
    "require_in": {"action": "negotiate", "fallback_to_clear": True},
    "require_both": {"action": "negotiate"},
    "exempt": {"action": "permit"},
}
_PROOF = {"method": "preshared_key", "preshared_key": KEY}
# The one suite that the documents find in both engines by default.
_MAIN = {"encryption": "3des", "integrity": "sha1", "dh_group": "1024"}


@dataclass(frozen=True)
class Side:
    """A host with documents of one engine or of both."""

    name: str
    addresses: tuple[str, ...]
    version: str = "2016"
    policy: Data = field(default_factory=dict, repr=False)
    rules: Data = field(default_factory=dict, repr=False)
    stopped: str = ""
    profile: str = "domain"

    @classmethod
    def of(cls, engine: str, word: str, *, name: str, own: str, peer: str) -> Side:
        """Return a host with one rule of an engine for all traffic with its peer."""
        if word == "none":
            return cls(name, (own,))
        if engine == "connection":
            return cls(name, (own,), rules={"rules": [_rule(word, peer)]})
        return cls(name, (own,), policy=policy_of(word, peer))


def _rule(word: str, peer: str) -> Data:
    rule: Data = {"name": "R", "action": RULE_WORDS[word], "endpoint2": [peer]}
    if word != "exempt":
        rule["first_authentication"] = [{"method": "computerpsk", "preshared_key": KEY}]
        rule["quick_mode"] = {"suites": [SUITE]}
    return rule


def policy_of(word: str, peer: str) -> Data:
    """Return a document with one rule for all traffic with a peer."""
    action = {"name": "A", **_POLICY_WORDS[word]}
    if action["action"] == "negotiate":
        action["security_methods"] = [SUITE]
    rule = {"name": "R", "filter_list": "L", "filter_action": "A", "authentication": [_PROOF]}
    return {
        "filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": peer}]}],
        "filter_actions": [action],
        "policies": [{"name": "P", "main_mode": {"security_methods": [_MAIN]}, "rules": [rule]}],
        "assigned": "P",
    }


@lru_cache(maxsize=8)
def _empty() -> Store:
    return Store()


def build(side: Side) -> Host:
    """Return a host of the lab that has the documents.

    :raises AssertionError: when the lab's netsh refuses a line.
    """
    host = machine(side.name, *side.addresses, version=side.version.replace(" ", ""))
    lines: list[str] = []
    if side.policy:
        wanted = requested_store(_empty(), read_request(side.policy, Mode.MERGED))
        lines += [render(step.operation).clear() for step in make_plan(_empty(), wanted)]
    for line, answer in zip(lines, talk(host, *lines), strict=True):
        assert not answer, (line, answer)
    if side.rules:
        rules = [line.clear() for line in script_lines(read_consec(side.rules, ConsecMode.MERGED))]
        for line, answer in zip(rules, talk(host, *rules), strict=True):
            assert answer.rstrip().endswith("Ok."), (line, answer)
    host.profile = Profile(side.profile.title())
    if side.stopped:
        assert stop(host, side.stopped) == SUCCESS
    return host


def info(side: Side, host: Host) -> Data:
    """Return what connection_security_info says of the host's local store. It tells no keys."""
    done = run(host, f"reg.exe query {POLICY_KEY} /s", None)
    schema = schema_of(parse_version(side.version, "version"))
    assert schema is not None
    store = read_consec_store(parse_query(done.stdout.decode("ascii")), POLICY_KEY, schema)
    return {"config": write_document(store), "unmanaged": list(unmanaged(store, "local"))}


def endpoint(side: Side, rules: Data | None = None) -> Endpoint:
    """Return the host as flow_check sees it, with other documents of connection security if these are given."""
    services = {name: {"running": side.stopped != name} for name in ("MpsSvc", "BFE", "IKEEXT")}
    given = rules if rules is not None else {"config": side.rules}
    host = {
        "name": side.name,
        "addresses": list(side.addresses),
        "version": side.version,
        "config": side.policy,
        "connection_security": {**given, "host": {"services": services}},
        "profile": side.profile,
        "services_running": side.stopped != "PolicyAgent",
        "key_exchange_running": side.stopped != "IKEEXT",
    }
    return read_check({"hosts": [host]}).hosts[0]


def ours(a: Side, b: Side, packet: Tuple5, *, ike: bool = True) -> Outcome:
    """Return what the collection says of a packet."""
    pair = Pair(endpoint(a), endpoint(b), Network(ike=ike))
    return pair.fate(Packet(ip_address(packet[0]), ip_address(packet[1]), *packet[2:]))


def our_fate(a: Side, b: Side, packet: Tuple5, *, ike: bool = True) -> str:
    """Return the class of what the collection says."""
    return ours(a, b, packet, ike=ike).kind.value


def labs(a: Host, b: Host, packet: Tuple5, *, ike: bool = True) -> Judgement:
    """Return what the lab says of a packet."""
    one = LabPacket(ip_address(packet[0]), ip_address(packet[1]), *packet[2:])
    return assess(in_force(a), in_force(b), one, LabNetwork(ike=ike))


def lab_fate(a: Side, b: Side, packet: Tuple5, *, ike: bool = True) -> str:
    """Return the class of what the lab says, in the collection's words."""
    return fate_word(labs(build(a), build(b), packet, ike=ike))


def fate_word(found: Judgement) -> str:
    """Return the collection's word for what the lab says: an association for which somebody asked in clear upgrades."""
    if found.bargain is not None:
        asked = found.bargain.initiator_rule
        if getattr(asked, "requests", False):
            return "upgraded"
    return found.fate.value


@dataclass(frozen=True)
class Seen:
    """What a side says of a packet: its fate, and what both ends agreed on; None for what it leaves open."""

    fate: str
    protection: tuple[object, ...] = ()
    main: tuple[object, ...] | None = None
    proof: tuple[object, ...] | None = None

    def agrees(self, other: Seen) -> bool:
        """Tell whether another side says the same, as far as this one says something."""
        if (self.fate, self.protection) != (other.fate, other.protection):
            return False
        return self.main in (None, other.main) and self.proof in (None, other.proof)


_HASH_WORDS = {0: "none", 1: "md5", 2: "sha1", 65001: "sha256", 65002: "sha384"}
_GROUPS = {1: "dhgroup1", 2: "dhgroup2", 3: "dhgroup14"}
_PROOFS = {1: "pre-shared key", 3: "certificate", 5: "Kerberos", 101: "NTLM", 102: "anonymous"}


class Bench:
    """A world on both sides, worked out once for many packets."""

    def __init__(self, found: Any) -> None:
        self.world = found
        self.hosts = [build(side) for side in found.hosts]
        self.pair = Pair(*map(endpoint, found.hosts), Network(ike=found.ike))
        self._states = [in_force(host) for host in self.hosts]

    def as_read(self) -> Pair:
        """Return the pair with what the collection reads from the registries of the hosts."""
        sides = zip(self.world.hosts, self.hosts, strict=True)
        return Pair(
            *(endpoint(side, info(side, host) if side.rules else None) for side, host in sides),
            Network(ike=self.world.ike),
        )

    def collection(self, one: Tuple5, pair: Pair | None = None) -> Seen:
        """Return what the collection says."""
        found = (pair or self.pair).fate(Packet(ip_address(one[0]), ip_address(one[1]), *one[2:]))
        agreed = found.agreement
        if agreed is None:
            return Seen(found.kind.value)
        main: tuple[object, ...] | None = None
        proof: tuple[object, ...] | None = None
        if isinstance(agreed, ConnectionAgreement) and not agreed.open:
            main = (agreed.main_mode.group, agreed.main_mode.integrity)
            proof = (agreed.authentication.partition(" of ")[0], agreed.second != "", agreed.key_module.value)
        return Seen(found.kind.value, _plain(agreed.algorithms), main, proof)

    def lab(self, one: Tuple5) -> Seen:
        """Return what the lab says."""
        packet = LabPacket(ip_address(one[0]), ip_address(one[1]), *one[2:])
        found = assess(*self._states, packet, LabNetwork(ike=self.world.ike))
        if found.bargain is None:
            return Seen(fate_word(found))
        agreed = found.bargain.agreement
        used = agreed.protection
        words = (_hash(used.ah_integrity), _cipher(used.esp_cipher), _hash(used.esp_integrity))
        main = (_group(agreed.method.group), _hash(agreed.method.hash))
        proof = (_PROOFS[agreed.authentication], agreed.second != "", agreed.module.value)
        return Seen(fate_word(found), _plain(words), main, proof)


def _plain(words: tuple[str, str, str]) -> tuple[str, str, str]:
    ah, cipher, integrity = words
    return ah, cipher, cipher if cipher.startswith("aesgcm") else integrity


def _hash(number: int | None) -> str:
    return _HASH_WORDS.get(number or 0, "gmac")


def _cipher(number: int | None) -> str:
    return _CIPHERS[number]


def _group(number: int) -> str:
    return _GROUPS.get(number) or {int(P256): "ecdhp256", int(P384): "ecdhp384", int(GROUP_24): "dhgroup24"}[number]


_CIPHERS: dict[int | None, str] = {
    None: "none",
    int(EspCipher.NONE): "none",
    int(EspCipher.DES): "des",
    int(EspCipher.TRIPLE_DES): "3des",
    int(NewCipher.AES_128): "aes128",
    int(NewCipher.AES_192): "aes192",
    int(NewCipher.AES_256): "aes256",
    int(NewCipher.GCM_128): "aesgcm128",
    int(NewCipher.GCM_192): "aesgcm192",
    int(NewCipher.GCM_256): "aesgcm256",
}
