# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall monitor`: rules in force, associations of both engines, and the active profile.

Known are what the two lists of associations hold and how they write offers of main mode; labels and the rest are the
lab's own: nothing may read them.

[ledger: cs-show-texts]
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ..consec import store
from ..consec.mainmode import MainModeRule
from ..consec.rule import Rule
from ..dataplane.terms import METHODS
from ..dataplane.wire import refresh
from ..ipsec import trail
from ..ipsec.algorithms import GMAC_OF, GROUP_24, P256, P384, cipher_name, esp_cipher_name, hash_name
from ..ipsec.associations import Hard, MainModeAssociation, QuickModeAssociation, Way
from ..ipsec.connection import ProofKind
from .consec_show import in_force, show_main_mode, show_rule
from .context import Process
from .firewall_common import Command, Refusal, dispatch, field
from .words import Word, bind

_GROUPS = {
    1: "DHGroup1",
    2: "DHGroup2",
    3: "DHGroup14",
    P256: "ECDHP256",
    P384: "ECDHP384",
    GROUP_24: "DHGroup24",
}
_KINDS = {
    ProofKind.KERBEROS: "ComputerKerb",
    ProofKind.CERTIFICATE: "ComputerCert",
    ProofKind.KEY: "ComputerPSK",
    ProofKind.NTLM: "ComputerNTLM",
    ProofKind.ANONYMOUS: "Anonymous",
}
_METHODS = {number: _KINDS[kind] for kind, number in METHODS.items()}
_SECOND = {ProofKind.KERBEROS: "UserKerb", ProofKind.CERTIFICATE: "UserCert", ProofKind.NTLM: "UserNTLM"}
_PROTOCOLS = {6: "TCP", 17: "UDP", 1: "ICMPv4", 58: "ICMPv6"}


def run(process: Process, words: list[Word]) -> int | None:
    """Run a command of this context; None if it is not known."""
    return dispatch(process, words, _COMMANDS)


def _wanted(words: list[Word]) -> Callable[[str, str], bool]:
    """Return which pairs of addresses are meant: all, or one."""
    texts = [word.text.lower() for word in words]
    if not texts or texts == ["all"]:
        return lambda _local, _remote: True
    if len(texts) != 2:
        raise Refusal("missing", tag="source destination")
    return lambda local, remote: (local, remote) == tuple(texts)


def _time(process: Process) -> str:
    return datetime.fromtimestamp(process.host.clock.now(), UTC).strftime(process.texts.time)


def _main_modes(process: Process, words: list[Word]) -> None:
    wanted = _wanted(words)
    refresh(process.host)
    found = [each for each in process.host.associations.main_mode if wanted(str(each.local), str(each.peer))]
    if not found:
        raise Refusal("consec_no_associations")
    for each in found:
        _main_mode(process, each)


def _main_mode(process: Process, one: MainModeAssociation) -> None:
    words = process.texts.firewall
    process.say("")
    process.say(words["consec_main_modes"].format(time=_time(process)))
    process.say("-" * 70)
    field(process, "consec_local_address", str(one.local))
    field(process, "consec_remote_address", str(one.peer))
    field(process, "consec_auth1", _METHODS.get(one.authentication, str(one.authentication)))
    field(process, "consec_auth2", _SECOND[ProofKind(one.second)] if one.second else words["consec_nothing"])
    method = one.method
    cipher, digest = cipher_name(method.cipher).replace("-", ""), hash_name(method.hash)
    field(process, "consec_main_offer", f"{_GROUPS.get(method.group, method.group)}-{cipher}-{digest}")
    cookie = f"{one.cookie:016x}"
    field(process, "consec_cookie", f"{cookie}:{cookie[::-1]}")
    field(process, "consec_health", words["no"])


def _quick_modes(process: Process, words: list[Word]) -> None:
    wanted = _wanted(words)
    refresh(process.host)
    out = [each for each in process.host.associations.quick_mode if each.way is Way.OUT]
    found = [each for each in out if wanted(str(each.traffic.local), str(each.traffic.peer))]
    if not found:
        raise Refusal("consec_no_associations")
    for each in found:
        _quick_mode(process, each)


def _quick_mode(process: Process, one: QuickModeAssociation) -> None:
    words, traffic = process.texts.firewall, one.traffic
    process.say("")
    process.say(words["consec_quick_modes"].format(time=_time(process)))
    process.say("-" * 70)
    field(process, "consec_local_address", str(traffic.local))
    field(process, "consec_remote_address", str(traffic.peer))
    field(process, "consec_local_port", str(traffic.local_port or words["any"]))
    field(process, "consec_remote_port", str(traffic.peer_port or words["any"]))
    number = traffic.protocol
    field(process, "protocol", _PROTOCOLS.get(number, str(number)) if number else words["any"])
    field(process, "consec_direction", words["consec_both"])
    field(process, "consec_quick_offer", f"{_offer(one)}+{one.lifetime_seconds // 60}min+100000kb")
    field(process, "consec_pfs", "MainMode" if one.pfs else words["consec_nothing"])


def _offer(one: QuickModeAssociation) -> str:
    protection, parts = one.protection, []
    if protection.ah_integrity is not None:
        parts.append(f"AH:{_plain(hash_name(protection.ah_integrity))}")
    if protection.esp_cipher is not None:
        cipher = esp_cipher_name(protection.esp_cipher)
        digest = cipher if protection.esp_cipher in GMAC_OF else hash_name(protection.esp_integrity or 0)
        parts.append(f"ESP:{_plain(digest)}-{_plain(cipher)}")
    return "+".join(parts)


def _plain(name: str) -> str:
    return name.replace("-", "")


def _delete(which: Callable[[Hard], tuple[str, str] | None]) -> Callable[[Process, list[Word]], None]:
    """Return the command that ends associations; the peer learns of it with the next packet between the two."""

    def delete(process: Process, words: list[Word]) -> None:
        if not words or process.host.live is not None:
            raise Refusal("missing", tag="all")
        wanted = _wanted(words)

        def meant(one: Hard) -> bool:
            ends = which(one)
            return ends is not None and wanted(*ends)

        ended = process.host.associations.drop(meant)
        if not ended:
            raise Refusal("consec_no_associations")
        trail.ended(process.host, ended)

    return delete


def _of_main(one: Hard) -> tuple[str, str] | None:
    return (str(one.local), str(one.peer)) if isinstance(one, MainModeAssociation) else None


def _of_quick(one: Hard) -> tuple[str, str] | None:
    return (str(one.traffic.local), str(one.traffic.peer)) if isinstance(one, QuickModeAssociation) else None


def _rules(process: Process, words: list[Word]) -> None:
    _show(process, words, list(in_force(process.host, store.rules)))


def _main_mode_rules(process: Process, words: list[Word]) -> None:
    _show(process, words, list(in_force(process.host, store.main_mode_rules)))


def _show(process: Process, words: list[Word], rules: list[tuple[str, Rule | MainModeRule]]) -> None:
    rest = [word for word in words if word.text.lower() not in ("rule", "verbose")]
    name = (bind(rest, ("name",)).get("name") or "all").lower()
    found = [rule for _id, rule in rules if name in ("all", (rule.name or "").lower())]
    if not found:
        raise Refusal("no_match")
    for rule in found:
        if isinstance(rule, Rule):
            show_rule(process, rule, dynamic=True, verbose=False)
        else:
            show_main_mode(process, rule, dynamic=True, verbose=False)


def _profile(process: Process, words: list[Word]) -> None:
    texts = process.texts.firewall
    process.say("")
    process.say(texts["profile_settings"].format(profile=texts[process.host.profile.lower()]))


_COMMANDS = {
    "delete": {"mmsa": Command(_delete(_of_main)), "qmsa": Command(_delete(_of_quick))},
    "show": {
        "consec": Command(_rules, ("name",)),
        "currentprofile": Command(_profile),
        "mainmode": Command(_main_mode_rules, ("name",)),
        "mmsa": Command(_main_modes),
        "qmsa": Command(_quick_modes),
    },
}
