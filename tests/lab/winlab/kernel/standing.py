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
from ..ipsec.associations import MainModeAssociation, QuickModeAssociation, SoftAssociation, Traffic, Way
from ..ipsec.protection import Protection
from ..ipsec.rule import Rule
from ..store.model import Cipher, EspCipher, Hash, MainModeMethod
from .keying import authentication
from .policies import SOFT_LIFE, Policies

_CIPHERS = {"DES_CBC": Cipher.DES, "3DES_CBC": Cipher.TRIPLE_DES}
_HASHES = {"HMAC_MD5_96": Hash.MD5, "HMAC_SHA1_96": Hash.SHA1}
_GROUPS = {"MODP_768": 1, "MODP_1024": 2, "MODP_2048": 3}
_ESP_CIPHERS = {"NULL": EspCipher.NONE, "DES_CBC": EspCipher.DES, "3DES_CBC": EspCipher.TRIPLE_DES}
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
        if match is None or each["age"] >= SOFT_LIFE:
            continue
        ends = (ip_address(each["local"]), ip_address(each["peer"]))
        ports = (match.traffic.source_port, match.traffic.destination_port)
        traffic = Traffic(*ends, match.traffic.protocol, *ports)
        soft.append(SoftAssociation(traffic, state.time - each["age"], match.rule))
    return Standing(tuple(mains), tuple(quicks), tuple(soft))


def _rule_of(child: Mapping[str, Any] | None, rules: Mapping[int, Rule], state: InForce) -> Rule | None:
    """Return the rule that an association belongs to; main modes without any belong to the first that negotiates."""
    if child is None:
        return next(iter(rules.values()), state.default_response)
    if str(child["name"]).startswith("t"):
        return rules.get(int(child["reqid"]))
    return state.default_response


def _main_mode(connection: str, one: Mapping[str, Any], rule: Rule, now: float, life: int) -> MainModeAssociation:
    method = MainModeMethod(
        _CIPHERS[one["encr-alg"]],
        _HASHES.get(one.get("integ-alg", ""), _HASHES.get(f"{one.get('prf-alg', '').removeprefix('PRF_')}_96", 0)),
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
    )


def _quick_mode(
    child: Mapping[str, Any], main: MainModeAssociation, rule: Rule, now: float
) -> list[QuickModeAssociation]:
    integrity = _HASHES.get(child.get("integ-alg", ""))
    if child["protocol"] == "AH":
        protection = Protection(ah_integrity=integrity)
    else:
        cipher = _ESP_CIPHERS[child.get("encr-alg", "NULL")]
        protection = Protection(esp_cipher=cipher, esp_integrity=integrity or Hash.NONE)
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
