# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows refuses in connection security rules and their sets (MS-FASP 2.2.55, 2.2.65, 2.2.74, KB 949856).

[ledger: cs-refusals]
"""

from __future__ import annotations

from ..firewall.spans import AddressItem, AddressSpan
from .authentication import CERTIFICATES, Method, Suite
from .crypto import GCM, MainSet, QuickSet, QuickSuite
from .mainmode import MainModeRule
from .rule import TUNNEL_KEYS, Action, Rule

_PORT_PROTOCOLS = (6, 17)
_TOP_TEXT = 9999
_MINUTES = range(5, 2881)
_KILOBYTES = range(20_480, 0x80000000)


class Unfit(Exception):
    """Something that Windows refuses; `key` names the sentence in the catalogue of texts."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _need(condition: bool, key: str) -> None:
    if not condition:
        raise Unfit(key)


def name(text: str) -> None:
    """Check the name of a rule."""
    _need(1 <= len(text) <= _TOP_TEXT and "|" not in text and text.lower() != "all", "consec_name")


def addresses(items: tuple[AddressItem, ...]) -> None:
    """Check the addresses of one end: none of a group, of this host alone, or of nothing."""
    for item in items:
        if isinstance(item, AddressSpan):
            for address in (item.first, item.last):
                _need(not (address.is_multicast or address.is_loopback or address.is_unspecified), "consec_address")


def main_mode_rule(one: MainModeRule) -> None:
    """Check a main-mode rule."""
    name(one.name or "")
    addresses((*one.local_v4, *one.local_v6, *one.remote_v4, *one.remote_v6))


def rule(one: Rule) -> None:
    """Check a rule, apart from what is in its sets."""
    name(one.name or "")
    local, remote = (*one.local_v4, *one.local_v6), (*one.remote_v4, *one.remote_v6)
    addresses((*local, *remote))
    ports = (*one.local_ports, *one.remote_ports)
    _need(not ports or one.protocol in _PORT_PROTOCOLS, "ports")
    _need(one.action is Action.EXEMPT or all(each.first == each.last for each in ports), "consec_port_range")
    _need(not (local and (one.interface_types or one.interfaces)), "consec_interface")
    if one.action is Action.EXEMPT:
        _need(not (one.auth1 or one.auth2 or one.crypto2), "consec_exempt")
    if one.tunnel:
        _tunnel(one, given=bool(local and remote), ports=bool(ports))
    else:
        _need(not (one.clear_out or one.bypass or one.authorize), "consec_tunnel_only")


def _tunnel(one: Rule, *, given: bool, ports: bool) -> None:
    _need(not ports and one.protocol is None, "consec_tunnel_traffic")
    families = {"6" if ":" in address else "4" for _key, address in one.tunnel}
    _need(len(families) == 1, "consec_tunnel_ends")
    if one.tunnel[0][0] in TUNNEL_KEYS:
        _need(len(one.tunnel) == 2 and given, "consec_tunnel_ends")
        _need(one.action is Action.REQUIRE_BOTH and not one.clear_out, "consec_tunnel_action")
    else:
        _need(one.action in (Action.REQUIRE_BOTH, Action.EXEMPT), "consec_tunnel_action")


def first(suites: tuple[Suite, ...]) -> None:
    """Check the first authentication."""
    methods = [each.method for each in suites]
    _need(bool(methods), "consec_authentication")
    _need(not {Method.KEY, Method.MACHINE_NTLM} <= set(methods), "consec_key_and_ntlm")
    _once(suites)


def second(suites: tuple[Suite, ...]) -> None:
    """Check the second authentication."""
    methods = {each.method for each in suites}
    _need(methods != {Method.ANONYMOUS}, "consec_anonymous")
    if Method.MACHINE_CERTIFICATE in methods:
        _need(methods <= {Method.MACHINE_CERTIFICATE, Method.ANONYMOUS}, "consec_machine_certificate")
    _once(suites)


def _once(suites: tuple[Suite, ...]) -> None:
    others = [each.method for each in suites if each.method not in CERTIFICATES]
    _need(len(others) == len(set(others)), "consec_method_twice")
    for signing in {each.signing for each in suites}:
        same = [each for each in suites if each.method in CERTIFICATES and each.signing == signing]
        _need(len({each.health for each in same}) < 2, "consec_certificates")
        _need(len({each.intermediate for each in same}) < 2, "consec_certificates")


def main_set(one: MainSet) -> None:
    """Check proposals of main mode."""
    _need(1 <= one.minutes <= 2880 and one.sessions < 0x80000000, "consec_lifetime")


def quick_set(one: QuickSet, *, keyed: bool, tunnel: bool) -> None:
    """Check proposals of quick mode; `keyed`: the first authentication is by a key."""
    protocols = {each.protocol for each in one.suites}
    for suite in one.suites:
        _quick_suite(suite)
    if "AUTH_NO_ENCAP" in protocols:
        _need(not (keyed or tunnel) and one.pfs == "Disable" and len(protocols) > 1, "consec_no_encapsulation")


def _quick_suite(one: QuickSuite) -> None:
    _need(one.minutes in _MINUTES and one.kilobytes in _KILOBYTES, "consec_lifetime")
    if one.protocol in ("ESP", "AH&ESP"):
        _need(bool(one.cipher or one.esp), "consec_suite")
        _need(one.cipher not in GCM or one.esp == one.cipher, "consec_suite")
    if one.protocol == "AH&ESP":
        _need(one.ah == one.esp, "consec_suite")
