# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon and the kernel have, as the associations of a simulated host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from ..dataplane.inforce import InForce
from ..ipsec.algorithms import GMAC_OF, GROUP_24, P256, P384, NewCipher, NewHash
from ..ipsec.associations import (
    AnyRule,
    MainModeAssociation,
    QuickModeAssociation,
    SoftAssociation,
    Traffic,
    Way,
)
from ..ipsec.connection import KeyModule
from ..ipsec.protection import Protection
from ..ipsec.rule import Rule
from ..store.model import Cipher, EspCipher, Hash, MainModeMethod
from .keying import authentication
from .policies import SOFT_LIFE, Policies

_AES = {("AES_CBC", 128): NewCipher.AES_128, ("AES_CBC", 192): NewCipher.AES_192, ("AES_CBC", 256): NewCipher.AES_256}
_GCM = {
    ("AES_GCM_16", 128): NewCipher.GCM_128,
    ("AES_GCM_16", 192): NewCipher.GCM_192,
    ("AES_GCM_16", 256): NewCipher.GCM_256,
}
_GMAC = {
    ("NULL_AES_GMAC", 128): NewHash.GMAC_128,
    ("NULL_AES_GMAC", 192): NewHash.GMAC_192,
    ("NULL_AES_GMAC", 256): NewHash.GMAC_256,
}
_CIPHERS: dict[tuple[str, int], int] = {("DES_CBC", 0): Cipher.DES, ("3DES_CBC", 0): Cipher.TRIPLE_DES, **_AES}
_ESP_CIPHERS: dict[tuple[str, int], int] = {
    ("NULL", 0): EspCipher.NONE,
    ("DES_CBC", 0): EspCipher.DES,
    ("3DES_CBC", 0): EspCipher.TRIPLE_DES,
    **_AES,
    **_GCM,
}
_HASHES: dict[str, int] = {
    "HMAC_MD5_96": Hash.MD5,
    "HMAC_SHA1_96": Hash.SHA1,
    "HMAC_SHA2_256_128": NewHash.SHA256,
    "HMAC_SHA2_384_192": NewHash.SHA384,
}
_PRFS = {"HMAC_MD5": Hash.MD5, "HMAC_SHA1": Hash.SHA1, "HMAC_SHA2_256": NewHash.SHA256, "HMAC_SHA2_384": NewHash.SHA384}
_GROUPS = {
    "MODP_768": 1,
    "MODP_1024": 2,
    "MODP_2048": 3,
    "ECP_256": P256,
    "ECP_384": P384,
    "MODP_2048_256": GROUP_24,
}
_MODULES = {"1": KeyModule.IKE_V1, "2": KeyModule.IKE_V2}
_SELECTOR = re.compile(r"([^\[/]+)(?:/\d+)?(?:\[([^/\]]*)(?:/([^\]]*))?\])?")
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "": 0}


@dataclass(frozen=True, slots=True)
class Standing:
    """Associations of one host, the quick modes two by two."""

    main_mode: tuple[MainModeAssociation, ...]
    quick_mode: tuple[QuickModeAssociation, ...]
    soft: tuple[SoftAssociation, ...]


def read_standing(
    told: Iterable[Mapping[str, Any]],
    fallen: Iterable[Mapping[str, Any]],
    state: InForce,
    policies: Policies,
    main_life: int,
) -> Standing:
    """Return the associations of a host.

    :param told: what the daemon tells of its associations.
    :param fallen: what fell back to clear text.
    """
    rules = {each.reqid: each.rule for each in policies.negotiated}
    mains, quicks = [], []
    for name, one in (pair for each in told for pair in each.items()):
        if one["state"] != "ESTABLISHED":
            continue
        found = [each for each in one.get("child-sas", {}).values() if each["state"] == "INSTALLED"]
        rule = _rule_of(found[0] if found else None, rules, state)
        if rule is None:
            continue
        main = _main_mode(name, one, rule, state.time, main_life)
        mains.append(main)
        for each in found:
            quicks += _quick_mode(each, main, _rule_of(each, rules, state) or rule, state.time)
    soft = []
    for each in fallen:
        match = next((one for one in policies.negotiated if one.reqid == each["reqid"]), None)
        if match is None or not isinstance(match.rule, Rule) or each["age"] >= SOFT_LIFE:
            continue
        ends = (ip_address(each["local"]), ip_address(each["peer"]))
        ports = (match.traffic.source_port, match.traffic.destination_port)
        traffic = Traffic(*ends, match.traffic.protocol, *ports)
        soft.append(SoftAssociation(traffic, state.time - each["age"], match.rule))
    return Standing(tuple(mains), tuple(quicks), tuple(soft))


def _rule_of(child: Mapping[str, Any] | None, rules: Mapping[int, AnyRule], state: InForce) -> AnyRule | None:
    """Return the rule that an association belongs to; main modes without any belong to the first that negotiates."""
    if child is None:
        return next(iter(rules.values()), state.default_response)
    if str(child["name"]).startswith("t"):
        return rules.get(int(child["reqid"]))
    return state.default_response


def _main_mode(connection: str, one: Mapping[str, Any], rule: AnyRule, now: float, life: int) -> MainModeAssociation:
    method = MainModeMethod(
        _CIPHERS[_algorithm(one)],
        _HASHES.get(one.get("integ-alg", ""), _PRFS.get(one.get("prf-alg", "").removeprefix("PRF_"), 0)),
        _GROUPS[one["dh-group"]],
    )
    return MainModeAssociation(
        cookie=int(one["initiator-spi"], 16),
        local=ip_address(one["local-host"]),
        peer=ip_address(one["remote-host"]),
        initiator=one.get("initiator") == "yes",
        method=method,
        authentication=authentication(connection),
        created=now - float(one.get("established", 0)),
        lifetime_seconds=life,
        rule=rule,
        module=_MODULES.get(str(one.get("version", "1")), KeyModule.IKE_V1),
    )


def _algorithm(one: Mapping[str, Any]) -> tuple[str, int]:
    """Return the cipher that the daemon names, with the bits of its key where those differ."""
    name = one.get("encr-alg", "NULL")
    return name, int(one.get("encr-keysize", 0)) if "AES" in name else 0


def _quick_mode(
    child: Mapping[str, Any], main: MainModeAssociation, rule: AnyRule, now: float
) -> list[QuickModeAssociation]:
    integrity = _HASHES.get(child.get("integ-alg", ""))
    if child["protocol"] == "AH":
        protection = Protection(ah_integrity=integrity)
    else:
        named = _algorithm(child)
        integrity = _GMAC.get(named, integrity or Hash.NONE)
        cipher = EspCipher.NONE if named in _GMAC else _ESP_CIPHERS[named]
        combined = next((digest for each, digest in GMAC_OF.items() if each == cipher), integrity)
        protection = Protection(esp_cipher=cipher, esp_integrity=combined)
    protocol, local_port = _end(child["local-ts"][0])
    _same, peer_port = _end(child["remote-ts"][0])
    traffic = Traffic(main.local, main.peer, protocol, local_port, peer_port)
    spis = {Way.IN: int(child["spi-in"], 16), Way.OUT: int(child["spi-out"], 16)}
    age = float(child.get("install-time", 0))
    return [
        QuickModeAssociation(
            spi=spi,
            main=main.cookie,
            pair=spis[Way.IN] ^ spis[Way.OUT],
            way=way,
            traffic=traffic,
            protection=protection,
            pfs="dh-group" in child,
            created=now - age,
            lifetime_seconds=round(age + float(child.get("life-time", 0))),
            rule=rule,
            packets=int(child.get(f"packets-{word}", 0)),
            bytes=int(child.get(f"bytes-{word}", 0)),
        )
        for (way, spi), word in zip(spis.items(), ("in", "out"), strict=True)
    ]


def _end(text: str) -> tuple[int, int]:
    """Return protocol and port of a traffic selector such as `10.0.1.20/32[tcp/80]`."""
    found = _SELECTOR.fullmatch(text)
    if found is None:
        raise ValueError(f"no traffic selector: {text}")
    ip_network(found[1])
    word, port = found[2] or "", found[3] or ""
    protocol = _PROTOCOLS.get(word)
    names = {"http": 80, "pop3": 110, "imap2": 143}
    return int(word) if protocol is None else protocol, names.get(port, int(port) if port.isdecimal() else 0)
