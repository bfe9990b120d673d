# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How `netsh advfirewall` shows connection security rules, main-mode rules and their sets.

Labels and words are the lab's own, after the help of netsh: nothing may read them. A pre-shared key is shown in clear
(KB 949856).

[ledger: cs-show-texts]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..consec import active, store
from ..consec.authentication import CERTIFICATES, Method, Suite
from ..consec.crypto import GCM, MainSet, QuickSet, QuickSuite
from ..consec.mainmode import MainModeRule
from ..consec.rule import TUNNEL_KEYS, Action, InterfaceType, Rule
from ..consec.store import Origin, SetKind
from ..firewall.model import Profile
from ..firewall.spans import AddressItem, AddressSpan, write_address, write_port
from ..host import Host
from .consec_words import GROUPS, PFS
from .context import Process
from .firewall_common import field

_PROTOCOLS = {6: "TCP", 17: "UDP", 1: "ICMPv4", 58: "ICMPv6"}
_ACTIONS = {
    Action.REQUIRE_BOTH: "RequireInRequireOut",
    Action.REQUIRE_IN: "RequireInRequestOut",
    Action.REQUEST: "RequestInRequestOut",
    Action.EXEMPT: "NoAuthentication",
}
_METHODS = {
    Method.ANONYMOUS: "Anonymous",
    Method.MACHINE_KERBEROS: "ComputerKerb",
    Method.MACHINE_CERTIFICATE: "ComputerCert",
    Method.KEY: "ComputerPSK",
    Method.MACHINE_NTLM: "ComputerNTLM",
    Method.USER_KERBEROS: "UserKerb",
    Method.USER_CERTIFICATE: "UserCert",
    Method.USER_NTLM: "UserNTLM",
}
_SIGNINGS = {"": "", "ECDSA256": "ECDSAP256", "ECDSA384": "ECDSAP384"}
_INTERFACES = {InterfaceType.LAN: "LAN", InterfaceType.WIRELESS: "Wireless", InterfaceType.REMOTE_ACCESS: "RAS"}
_GROUP_WORDS = {
    registry: word.replace("dhgroup", "DHGroup").replace("ecdhp", "ECDHP") for word, registry in GROUPS.items()
}
_PFS_WORDS = {
    registry: {"none": "None", "mainmode": "MainMode"}.get(word, word.replace("dhg", "DHG").replace("ecdhp", "ECDHP"))
    for word, registry in PFS.items()
}


def in_force(host: Host, rules: Any) -> Iterator[tuple[str, Any]]:
    """Yield identifier and rule for those in force."""
    for _origin, rule_id, rule in active.in_force(host, rules):
        yield rule_id, rule


def _head(process: Process, rule: Rule | MainModeRule, *, dynamic: bool, verbose: bool) -> None:
    words = process.texts.firewall
    process.say("")
    field(process, "rule_name", rule.name or "")
    process.say("-" * 70)
    if verbose:
        field(process, "description", rule.description or "")
        field(process, "grouping", rule.group or "")
    field(process, "enabled", words["yes" if rule.active else "no"])
    field(process, "profiles", ",".join(words[each.lower()] for each in rule.profiles or Profile))
    field(process, "consec_type", words["consec_in_force" if dynamic else "consec_static"])


def show_rule(process: Process, rule: Rule, *, dynamic: bool, verbose: bool) -> None:
    """Print a connection security rule."""
    words = process.texts.firewall
    _head(process, rule, dynamic=dynamic, verbose=verbose)
    field(process, "consec_mode", words["consec_tunnel" if rule.tunnel else "consec_transport"])
    for key, address in rule.tunnel:
        remote = key.startswith("L" if key in TUNNEL_KEYS else "R")
        field(process, "consec_remote_end" if remote else "consec_local_end", address)
    if rule.interface_types:
        field(process, "consec_interface_type", ",".join(_INTERFACES[each] for each in rule.interface_types))
    _endpoints(process, rule)
    field(process, "consec_port1", ",".join(map(write_port, rule.local_ports)) or words["any"])
    field(process, "consec_port2", ",".join(map(write_port, rule.remote_ports)) or words["any"])
    protocol = words["any"] if rule.protocol is None else _PROTOCOLS.get(rule.protocol, str(rule.protocol))
    field(process, "protocol", protocol)
    field(process, "action", "RequireInClearOut" if rule.clear_out else _ACTIONS[rule.action])
    _authentication(process, "Auth1", SetKind.AUTH1, rule.auth1)
    _authentication(process, "Auth2", SetKind.AUTH2, rule.auth2)
    if rule.crypto2:
        quick = _readable(store.quick_set, process.host, rule.crypto2)
        field(process, "consec_quick_methods", quick_methods(quick) if quick else "?")
        field(process, "consec_pfs", _PFS_WORDS[quick.pfs] if quick else "?")


def show_main_mode(process: Process, rule: MainModeRule, *, dynamic: bool, verbose: bool) -> None:
    """Print a main-mode rule."""
    _head(process, rule, dynamic=dynamic, verbose=verbose)
    _endpoints(process, rule)
    _authentication(process, "Auth1", SetKind.AUTH1, rule.auth1)
    if rule.crypto1:
        main = _readable(store.main_set, process.host, rule.crypto1)
        show_main_set(process, main)


def show_main_set(process: Process, main: MainSet | None) -> None:
    """Print the proposals of main mode; None for a set that is not there."""
    words = process.texts.firewall
    field(process, "consec_main_methods", main_methods(main) if main else "?")
    field(process, "consec_main_lifetime", f"{main.minutes}min,{main.sessions}sess" if main else "?")
    field(process, "consec_force_dh", words["yes" if main and main.force_dh else "no"])


def _readable(read: Any, host: Host, set_id: str) -> Any:
    try:
        return read(host, set_id, Origin.LOCAL)
    except ValueError:
        return None


def _endpoints(process: Process, rule: Rule | MainModeRule) -> None:
    words = process.texts.firewall
    field(process, "consec_endpoint1", _addresses(rule.local_v4, rule.local_v6) or words["any"])
    field(process, "consec_endpoint2", _addresses(rule.remote_v4, rule.remote_v6) or words["any"])


def _addresses(*families: tuple[AddressItem, ...]) -> str:
    texts = []
    for item in (item for family in families for item in family):
        text = write_address(item, masks=False)
        if isinstance(item, AddressSpan) and item.first == item.last:
            text += f"/{item.first.max_prefixlen}"
        texts.append(text)
    return ",".join(dict.fromkeys(texts))


def _authentication(process: Process, label: str, kind: SetKind, set_id: str | None) -> None:
    if not set_id:
        return
    try:
        suites = store.authentication_of(process.host, kind, set_id, Origin.LOCAL)
    except ValueError:
        suites = None
    if suites is None:
        _line(process, label, "?")
        return
    if suites:
        names = (f"{_METHODS[each.method]}{_SIGNINGS.get(each.signing, '')}" for each in suites)
        _line(process, label, ",".join(dict.fromkeys(names)))
    for suite in suites:
        _credential(process, label, suite)


def _credential(process: Process, label: str, suite: Suite) -> None:
    words = process.texts.firewall
    if suite.method is Method.KEY:
        _line(process, f"{label}PSK", suite.key)
    if suite.method in CERTIFICATES:
        flags = (("CertMapping", suite.mapping), ("ExcludeCAName", suite.exclude_ca), ("HealthCert", suite.health))
        _line(process, f"{label}{_SIGNINGS.get(suite.signing, '')}CAName", suite.ca)
        for name, value in flags:
            _line(process, f"{label}{_SIGNINGS.get(suite.signing, '')}{name}", words["yes" if value else "no"])
        _line(process, f"{label}CertType", "Intermediate" if suite.intermediate else "Root")


def _line(process: Process, label: str, value: str) -> None:
    """Print a line whose label is the same in every language (lab's choice). [ledger: cs-show-texts]"""
    process.say(f"{label + ':':<38}{value}")


def main_methods(main: MainSet) -> str:
    """Return proposals of main mode as text, like `DHGroup2-AES128-SHA1`."""
    return ",".join(f"{_GROUP_WORDS[each.group]}-{each.cipher.replace('-', '')}-{each.hash}" for each in main.suites)


def quick_methods(quick: QuickSet) -> str:
    """Return proposals of quick mode as text, like `ESP:SHA1-None+60min+100000kb`."""
    return ",".join(f"{offer(each)}+{each.minutes}min+{each.kilobytes}kb" for each in quick.suites)


def offer(suite: QuickSuite) -> str:
    """Return one proposal as text, without its lifetimes."""
    if suite.protocol == "AUTH_NO_ENCAP":
        return f"AuthNoEncap:{_hash(suite.ah)}"
    parts = [f"AH:{_hash(suite.ah)}"] if suite.ah else []
    if suite.protocol != "AH":
        digest = suite.esp.replace("-", "") if suite.cipher in GCM else _hash(suite.esp)
        parts.append(f"ESP:{digest}-{suite.cipher.replace('-', '') or 'None'}")
    return "+".join(parts)


def _hash(word: str) -> str:
    """Return a hash; GMAC goes by the words of GCM in the registry."""
    return word.replace("AES-GCM", "AESGMAC") if word else "None"
