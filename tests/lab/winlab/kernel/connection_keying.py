# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection security rules as connections of strongSwan's daemon: IKE of both versions, transport.

As in `keying`, with a connection for each version of IKE. Version 2 asks where the rule allows it and the peer is known
to speak it; version 1 stands in for AuthIP.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ..dataplane.connection_matching import main_mode
from ..dataplane.inforce import InForce
from ..dataplane.terms import METHODS, Proposal, Terms, terms
from ..ipsec.algorithms import GMAC_OF, GROUP_24, P256, P384, NewCipher, NewHash
from ..ipsec.connection import SAME_AS_MAIN_MODE, ConnectionRule, KeyModule, Proof, ProofKind
from ..store.model import Authentication, AuthType, Cipher, EspCipher, Hash, MainModeMethod
from .connection_policies import versions
from .keying import DEFAULT_REALM, Identity, Keying, Work, lifetimes, selector
from .policies import Negotiated, Policies

_HASHES: dict[int, str] = {
    Hash.MD5: "md5",
    Hash.SHA1: "sha1",
    NewHash.SHA256: "sha256",
    NewHash.SHA384: "sha384",
}
_GROUPS = {1: "modp768", 2: "modp1024", 3: "modp2048", P256: "ecp256", P384: "ecp384", GROUP_24: "modp2048s256"}
_AES: dict[int, str] = {NewCipher.AES_128: "aes128", NewCipher.AES_192: "aes192", NewCipher.AES_256: "aes256"}
_CIPHERS: dict[int, str] = {Cipher.DES: "des", Cipher.TRIPLE_DES: "3des", **_AES}
_ESP_CIPHERS: dict[int, str] = {EspCipher.NONE: "null", EspCipher.DES: "des", EspCipher.TRIPLE_DES: "3des", **_AES}
_SIZES: dict[int, int] = {
    NewCipher.GCM_128: 128,
    NewCipher.GCM_192: 192,
    NewCipher.GCM_256: 256,
    NewHash.GMAC_128: 128,
    NewHash.GMAC_192: 192,
    NewHash.GMAC_256: 256,
}
_MODULES = {1: (KeyModule.IKE_V1, KeyModule.AUTH_IP), 2: (KeyModule.IKE_V2,)}


def compile_connection_keying(
    state: InForce,
    policies: Policies,
    *,
    realm: str = DEFAULT_REALM,
    identities: Mapping[str, Identity] | None = None,
    version_2: frozenset[IPv4Address] = frozenset(),
) -> Keying:
    """Return the daemon's configuration for the connection security rules in force on a host.

    :param version_2: peers that speak version 2 of IKE.
    """
    work = Work(realm, identities or {})
    if not state.connection_keying:
        return work.done(())
    remotes = dict.fromkeys((each.traffic.source, each.traffic.destination) for each in policies.negotiated)
    for own, remote in remotes:
        reaching = [
            each
            for each in policies.negotiated
            if each.traffic.source == own and remote.subnet_of(each.traffic.destination)
        ]
        chosen = main_mode(state.connections, own.network_address, remote.network_address)
        work.life = chosen.seconds if chosen else work.life
        for rule in dict.fromkeys(each.rule for each in reaching):
            if isinstance(rule, ConnectionRule):
                mine = [each for each in reaching if each.rule == rule]
                asked = 2 if remote.prefixlen == 32 and remote.network_address in version_2 else 1
                _connect(state, own, remote, rule, mine, asked, work)
    return work.done(tuple(dict.fromkeys(IPv4Network(each["remote_addrs"][0]) for each in work.connections.values())))


def _connect(
    state: InForce,
    own: IPv4Network,
    remote: IPv4Network,
    rule: ConnectionRule,
    mine: list[Negotiated],
    asked: int,
    work: Work,
) -> None:
    """Add the connections of a rule between two ends; the first method of version `asked` is the one that asks."""
    offered = terms(state, rule, own.network_address, remote.network_address)
    if not offered.second_optional:
        work.refused[f"rule {rule.name}: a second authentication"] = None
        return
    if KeyModule.AUTH_IP in offered.modules:
        work.notes[f"rule {rule.name}: version 1 of IKE stands in for AuthIP"] = None
    spoken = versions(offered.modules)
    asking = asked if asked in spoken else next(iter(spoken), 0)
    for version in spoken:
        proposals = [text for each in offered.methods if (text := _main(each, work))]
        for place, proof in enumerate(_usable(rule, offered, version, work)):
            children = {}
            for each in mine:
                quick = _quick(offered, version, each, work)
                if quick:
                    ask = version == asking and not place and each.traffic.destination == remote
                    children[f"t{each.reqid}"] = {**quick, **_child(each, remote, trap=ask)}
            method = Authentication(AuthType(METHODS[proof.kind]), proof.text)
            work.connect(own, remote, method, proposals, children, version=version)


def _usable(rule: ConnectionRule, offered: Terms, version: int, work: Work) -> list[Proof]:
    """Return the ways to prove it that the daemon can be told, in order; say what is missing or different."""
    found: list[Proof] = []
    for each in dict.fromkeys(proof for module in _MODULES[version] for proof in offered.first_by(module)):
        if each.kind in (ProofKind.NTLM, ProofKind.ANONYMOUS):
            work.refused[f"rule {rule.name}: authentication by {each.kind}"] = None
        elif each.kind is ProofKind.CERTIFICATE and each.text not in work.identities:
            work.refused[f"rule {rule.name}: no certificate of {each.text}"] = None
        else:
            found.append(each)
    found.sort(key=offered.first.index)
    if any(each.kind is ProofKind.KERBEROS for each in found):
        work.notes[f"rule {rule.name}: a key of the realm stands in for Kerberos, and clocks are not compared"] = None
    if len(found) > 1:
        work.notes[f"rule {rule.name}: offers its first authentication only, and accepts all {len(found)}"] = None
    return found


def _main(method: MainModeMethod, work: Work) -> str:
    words = (_CIPHERS.get(method.cipher), _HASHES.get(method.hash), _GROUPS.get(method.group))
    if None in words:
        work.refused[f"main mode with cipher {method.cipher}, hash {method.hash}, group {method.group}"] = None
        return ""
    return "-".join(map(str, words))


def _quick(offered: Terms, version: int, one: Negotiated, work: Work) -> dict[str, Any]:
    """Return proposals and lifetime of the kind that the kernel's policy names."""
    proposals: list[str] = []
    seconds = 0
    groups = list(dict.fromkeys(_GROUPS[each.group] for each in offered.methods if each.group in _GROUPS))
    for each in offered.offers_by(_MODULES[version][0]):
        ah, esp = each.protection.ah_integrity is not None, each.protection.esp_cipher is not None
        if (ah, esp) != (one.protocol == "ah", one.protocol == "esp"):
            continue
        words = _words(each)
        if not words:
            work.notes[f"rule {one.rule.name}: {each.protection} is not made"] = None
            continue
        fresh = groups if each.pfs == SAME_AS_MAIN_MODE else [_GROUPS[each.pfs]] if each.pfs else []
        proposals += [f"{words}-{group}" for group in fresh] if each.pfs else [words]
        seconds = seconds or each.seconds
    return {f"{one.protocol}_proposals": proposals, **lifetimes(seconds, 0)} if proposals else {}


def _words(one: Proposal) -> str:
    """Return an offer as the daemon writes it, empty for one that Linux has not: AH with GMAC."""
    protection = one.protection
    if protection.ah_integrity is not None:
        return _HASHES.get(protection.ah_integrity, "")
    cipher, digest = protection.esp_cipher or 0, protection.esp_integrity or 0
    if cipher in GMAC_OF:
        return f"aes{_SIZES[cipher]}gcm16"
    if digest in _SIZES:
        return f"aes{_SIZES[digest]}gmac"
    return f"{_ESP_CIPHERS[cipher]}-{_HASHES[digest]}" if digest in _HASHES else _ESP_CIPHERS[cipher]


def _child(one: Negotiated, remote: IPv4Network, *, trap: bool) -> dict[str, Any]:
    traffic = one.traffic
    return {
        "mode": "transport",
        "policies": "no",
        "reqid": str(one.reqid),
        "local_ts": [selector(traffic.source, traffic.protocol, traffic.source_port)],
        "remote_ts": [selector(remote, traffic.protocol, traffic.destination_port)],
        "start_action": "trap" if trap else "none",
    }
