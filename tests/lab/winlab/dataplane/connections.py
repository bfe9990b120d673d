# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection security rules in force on a host, with their sets and words resolved.

A rule whose sets are missing or do not decode is not applied, and neither is one with a key and a second
authentication (a runtime error on Windows), one for another kind of interface than LAN, or one for a named interface.

[ledger: cs-key-excludes-second, cs-missing-sets]
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_network

from ..consec import active, crypto, settings, store
from ..consec.authentication import Method, Suite
from ..consec.crypto import MainSet, QuickSuite
from ..consec.mainmode import MainModeRule
from ..consec.rule import Action, InterfaceType, Rule
from ..consec.rule import KeyModule as Word
from ..consec.store import Origin, SetKind
from ..firewall.spans import AddressItem, AddressSpan, AddressWord
from ..host import Host
from ..ipsec.algorithms import GMAC_OF, GROUP_24, P256, P384, NewCipher, NewHash
from ..ipsec.connection import (
    SAME_AS_MAIN_MODE,
    ConnectionRule,
    KeyModule,
    MainModeChoice,
    Offered,
    Proof,
    ProofKind,
    Span,
    Spans,
    Treatment,
)
from ..ipsec.packet import Address
from ..ipsec.protection import Protection
from ..store.model import Cipher, EspCipher, Hash, MainModeMethod

_TREATMENTS = {
    Action.EXEMPT: Treatment.EXEMPT,
    Action.REQUEST: Treatment.REQUEST,
    Action.REQUIRE_IN: Treatment.REQUIRE_IN,
    Action.REQUIRE_BOTH: Treatment.REQUIRE_BOTH,
}
_KINDS = {
    Method.ANONYMOUS: ProofKind.ANONYMOUS,
    Method.MACHINE_KERBEROS: ProofKind.KERBEROS,
    Method.USER_KERBEROS: ProofKind.KERBEROS,
    Method.MACHINE_CERTIFICATE: ProofKind.CERTIFICATE,
    Method.USER_CERTIFICATE: ProofKind.CERTIFICATE,
    Method.KEY: ProofKind.KEY,
    Method.MACHINE_NTLM: ProofKind.NTLM,
    Method.USER_NTLM: ProofKind.NTLM,
}
_AES: dict[str, int] = {"AES-128": NewCipher.AES_128, "AES-192": NewCipher.AES_192, "AES-256": NewCipher.AES_256}
_GCM = {"AES-GCM128": NewCipher.GCM_128, "AES-GCM192": NewCipher.GCM_192, "AES-GCM256": NewCipher.GCM_256}
_MAIN_CIPHERS: dict[str, int] = {"DES": Cipher.DES, "3DES": Cipher.TRIPLE_DES, **_AES}
_ESP_CIPHERS: dict[str, int] = {"": EspCipher.NONE, "DES": EspCipher.DES, "3DES": EspCipher.TRIPLE_DES, **_AES, **_GCM}
_HASHES: dict[str, int] = {
    "": Hash.NONE,
    "MD5": Hash.MD5,
    "SHA1": Hash.SHA1,
    "SHA256": NewHash.SHA256,
    "SHA384": NewHash.SHA384,
    **{word: GMAC_OF[cipher] for word, cipher in _GCM.items()},
}
_GROUPS = {"DH1": 1, "DH2": 2, "DH2048": 3, "ECDH-256": P256, "ECDH-384": P384, "DH24": GROUP_24}
_PFS = {
    "Disable": 0,
    "EnableDHFromPhase1": SAME_AS_MAIN_MODE,
    "ReKeyDH1": 1,
    "ReKeyDH2": 2,
    "ReKeyDH2048": 3,
    "ReKeyECDH256": P256,
    "ReKeyECDH384": P384,
    "ReKeyDH24": GROUP_24,
}
_MODULES = {
    Word.DEFAULT: (),
    Word.IKE_V1: (KeyModule.IKE_V1,),
    Word.AUTH_IP: (KeyModule.AUTH_IP,),
    Word.IKE_V2: (KeyModule.IKE_V2,),
}


@dataclass(frozen=True, slots=True)
class Connections:
    """What connection security says on one host. The last choice of main mode fits everything.

    `exemptions`: bits of the default exemptions.
    """

    rules: tuple[ConnectionRule, ...] = ()
    main_modes: tuple[MainModeChoice, ...] = ()
    exemptions: int = 0


def connections(host: Host) -> Connections:
    """Read what is in force; nothing while the firewall's service does not run or the firewall is off."""
    if not active.works(host):
        return Connections()
    own = ",".join(map(str, host.addresses))
    return host.registry.derived(f"connections {host.profile} {own}", lambda: _compiled(host))


def _compiled(host: Host) -> Connections:
    rules, main_modes = [], []
    for origin, rule_id, rule in active.in_force(host, store.rules):
        with contextlib.suppress(ValueError):
            rules.append(_rule(host, origin, rule_id, rule))
    for origin, _id, main in active.in_force(host, store.main_mode_rules):
        with contextlib.suppress(ValueError):
            main_modes.append(_main_mode(host, origin, main))
    # The more addresses a rule leaves open, the later it is asked.
    main_modes.sort(key=lambda each: -(_length(each.local) + _length(each.remote)))
    primary = crypto.DEFAULT_MAIN
    with contextlib.suppress(ValueError):
        primary = store.main_set(host, SetKind.CRYPTO1.primary, Origin.LOCAL) or primary
    main_modes.append(MainModeChoice(None, None, None, _methods(primary), primary.minutes * 60))
    return Connections(tuple(rules), tuple(main_modes), settings.number(host, settings.EXEMPTIONS))


def _length(spans: Spans) -> int:
    return -1 if spans is None else min((each.length for each in spans), default=0)


def _rule(host: Host, origin: Origin, rule_id: str, rule: Rule) -> ConnectionRule:
    if rule.interfaces or (rule.interface_types and InterfaceType.LAN not in rule.interface_types):
        raise ValueError("for another interface")
    bare = ConnectionRule(
        key=f"{origin.name} {rule_id}",
        name=rule.name or "",
        treatment=_TREATMENTS[rule.action],
        local=_spans(host, rule.local_v4, rule.local_v6),
        remote=_spans(host, rule.remote_v4, rule.remote_v6),
        protocol=rule.protocol,
        local_ports=tuple((each.first, each.last) for each in rule.local_ports),
        remote_ports=tuple((each.first, each.last) for each in rule.remote_ports),
        tunnel=bool(rule.tunnel),
    )
    if rule.action is Action.EXEMPT:
        return bare
    first = store.authentication_of(host, SetKind.AUTH1, rule.auth1 or "", origin)
    second = store.authentication_of(host, SetKind.AUTH2, rule.auth2, origin) if rule.auth2 else ()
    quick = store.quick_set(host, rule.crypto2 or "", origin)
    if not first or second is None or quick is None:
        raise ValueError("a set is missing")
    proofs = _proofs(first)
    if second and any(each.kind is ProofKind.KEY for each in proofs):
        raise ValueError("a key takes no second authentication")
    return replace(
        bare,
        first=proofs,
        second=_proofs(second),
        offers=tuple(_offer(each) for each in quick.suites if each.protocol != "AUTH_NO_ENCAP"),
        pfs=_PFS[quick.pfs],
        modules=tuple(module for word in rule.key_modules for module in _MODULES[word]),
    )


def _main_mode(host: Host, origin: Origin, rule: MainModeRule) -> MainModeChoice:
    chosen = store.main_set(host, rule.crypto1 or SetKind.CRYPTO1.primary, origin)
    first = store.authentication_of(host, SetKind.AUTH1, rule.auth1, origin) if rule.auth1 else ()
    if chosen is None or first is None:
        raise ValueError("a set is missing")
    return MainModeChoice(
        _spans(host, rule.local_v4, rule.local_v6),
        _spans(host, rule.remote_v4, rule.remote_v6),
        _proofs(first) if rule.auth1 else None,
        _methods(chosen),
        chosen.minutes * 60,
    )


def _proofs(suites: Iterable[Suite]) -> tuple[Proof, ...]:
    """Return the ways to prove it. Certificates of another signature are other ones."""
    return tuple(
        Proof(_KINDS[each.method], each.key or " ".join(filter(None, (each.ca, each.signing)))) for each in suites
    )


def _methods(chosen: MainSet) -> tuple[MainModeMethod, ...]:
    return tuple(
        MainModeMethod(_MAIN_CIPHERS[each.cipher], _HASHES[each.hash], _GROUPS[each.group]) for each in chosen.suites
    )


def _offer(suite: QuickSuite) -> Offered:
    ah = _HASHES[suite.ah] if suite.protocol in ("AH", "AH&ESP") else None
    esp = suite.protocol in ("ESP", "AH&ESP")
    protection = Protection(ah, _ESP_CIPHERS[suite.cipher] if esp else None, _HASHES[suite.esp] if esp else None)
    return Offered(protection, suite.minutes * 60)


def _spans(host: Host, v4: tuple[AddressItem, ...], v6: tuple[AddressItem, ...]) -> Spans:
    """Return the addresses of one end, None for any. One that names addresses of one family has none of the other."""
    if not (v4 or v6):
        return None
    found = [Span(each.first, each.last) for each in (*v4, *v6) if isinstance(each, AddressSpan)]
    for family, items in ((4, v4), (6, v6)):
        if AddressWord.LOCAL_SUBNET in items:
            found += [_subnet(own) for own in host.addresses if own.version == family]
    return tuple(dict.fromkeys(found))


def _subnet(own: Address) -> Span:
    network = ip_network((own, 24 if own.version == 4 else 64), strict=False)
    return Span(network[0], network[-1])
