# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that hosts get: every parameter written out, units of netsh, secrets hidden in the other form."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import AddressRange, Place, ServerRole
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Certificate,
    DefaultResponse,
    Filter,
    FilterAction,
    Kerberos,
    MainMode,
    MainModeMethod,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    ConnectionType,
    DhGroup,
    Encryption,
    Integrity,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.line import HIDDEN, LONGEST_LINE

AH_ESP = QuickModeMethod(
    ah_integrity=Integrity.MD5,
    esp_encryption=Encryption.DES,
    esp_integrity=Integrity.NONE,
    lifetime_kilobytes=50000,
    lifetime_seconds=0,
)
NULL = QuickModeMethod(
    esp_encryption=Encryption.NONE, esp_integrity=Integrity.SHA1, lifetime_kilobytes=0, lifetime_seconds=900
)
BARE = QuickModeMethod(ah_integrity=Integrity.SHA1, lifetime_kilobytes=0, lifetime_seconds=0)
RULE = Rule(name="R", filter_list="L", filter_action="A", connection_type=ConnectionType.LAN)
GUID = "{0000000a-0000-0000-0000-00000000000f}"
LINES = {
    'add filterlist name="L" description="d e"': op.CreateFilterList("L", "d e"),
    'set filterlist name="L" description=""': op.DescribeFilterList("L", ""),
    'delete filterlist name="L"': op.DeleteFilterList("L"),
    'add filter filterlist="L" srcaddr=me dstaddr=10.0.1.20 protocol=TCP mirrored=yes dstmask=255.255.255.255 '
    'srcport=0 dstport=80 description=""': op.AddFilter(
        "L", Filter(destination=ip_network("10.0.1.20"), protocol=6, destination_port=80)
    ),
    'add filter filterlist="L" srcaddr=10.0.0.0 dstaddr=any protocol=47 mirrored=no srcmask=255.255.0.0 '
    'srcport=0 dstport=0 description="GRE"': op.AddFilter(
        "L", Filter(source=ip_network("10.0.0.0/16"), protocol=47, mirrored=False, description="GRE")
    ),
    'delete filter filterlist="L" srcaddr=2001:db8:: dstaddr=me protocol=UDP mirrored=yes srcmask=32 '
    "srcport=53 dstport=0": op.DeleteFilter(
        "L", Filter(source=ip_network("2001:db8::/32"), destination=Place.ME, protocol=17, source_port=53)
    ),
    'add filter filterlist="L" srcaddr=me dstaddr=dns protocol=ANY mirrored=yes srcport=0 dstport=0 '
    'description=""': op.AddFilter("L", Filter(destination=ServerRole.DNS)),
    'add filter filterlist="L" srcaddr=me dstaddr=10.0.0.1-10.0.0.9 protocol=RAW mirrored=yes srcport=0 dstport=0 '
    'description=""': op.AddFilter(
        "L",
        Filter(destination=AddressRange(ip_address("10.0.0.1"), ip_address("10.0.0.9")), protocol=255),
    ),
    'add filteraction name="A" description="" action=permit': op.CreateFilterAction(
        FilterAction(name="A", action=ActionKind.PERMIT)
    ),
    'set filteraction name="A" description="" qmpfs=yes inpass=yes soft=no action=negotiate '
    'qmsecmethods="AH[MD5]+ESP[DES,None]:50000k ESP[None,SHA1]:900s AH[SHA1]"': op.ChangeFilterAction(
        FilterAction(name="A", methods=(AH_ESP, NULL, BARE), accept_unsecured=True, perfect_forward_secrecy=True)
    ),
    'set filteraction name="A" description="" action=block': op.ChangeFilterAction(
        FilterAction(name="A", action=ActionKind.BLOCK, methods=(BARE,), fallback_to_clear=True)
    ),
    'delete filteraction name="A"': op.DeleteFilterAction("A"),
    'add policy name="P" description="" mmpfs=yes qmpermm=1 mmlifetime=60 activatedefaultrule=yes '
    'pollinginterval=90 mmsecmethods="DES-MD5-1 3DES-SHA1-2 3DES-SHA1-3" assign=no': op.CreatePolicy(
        Policy(
            name="P",
            polling_interval_minutes=90,
            main_mode=MainMode(
                methods=(
                    MainModeMethod(encryption=Encryption.DES, integrity=Integrity.MD5, dh_group=DhGroup.LOW),
                    MainModeMethod(dh_group=DhGroup.MEDIUM),
                    MainModeMethod(),
                ),
                lifetime_minutes=60,
                quick_modes=1,
                perfect_forward_secrecy=True,
            ),
            default_response=DefaultResponse(enabled=True),
        )
    ),
    'set policy name="P" description="" mmpfs=no qmpermm=0 mmlifetime=480 activatedefaultrule=no '
    'pollinginterval=180 mmsecmethods="3DES-SHA1-3 3DES-SHA1-2"': op.ChangePolicy(Policy(name="P")),
    'delete policy name="P"': op.DeletePolicy("P"),
    'set defaultrule policy="P" qmpfs=no activate=no qmsecmethods="ESP[3DES,SHA1]:100000k/3600s '
    'AH[SHA1]:100000k/3600s" kerberos=yes': op.ChangeDefaultResponse("P", DefaultResponse()),
    'set defaultrule policy="P" qmpfs=no activate=yes qmsecmethods="AH[SHA1]" kerberos=yes': op.ChangeDefaultResponse(
        "P",
        DefaultResponse(enabled=True, authentication=(Kerberos(),), methods=(BARE,), perfect_forward_secrecy=False),
    ),
    'add rule name="R" policy="P" filterlist="L" filteraction="A" conntype=lan activate=yes description="" '
    "kerberos=yes": op.AddRule("P", RULE),
    'set rule name="R" policy="P" filterlist="L" filteraction="A" tunnel=192.0.2.1 conntype=all activate=no '
    """description="x" rootca="O=\\'Firm, Inc.\\', CN=Root certmap:yes excludecaname:yes" """
    "kerberos=yes": op.ChangeRule(
        "P",
        Rule(
            name="R",
            description="x",
            filter_list="L",
            filter_action="A",
            authentication=(Certificate('O="Firm, Inc.", CN=Root', True, True), Kerberos()),
            tunnel_endpoint=ip_address("192.0.2.1"),
            enabled=False,
        ),
    ),
    'delete rule name="R" policy="P"': op.DeleteRule("P", "R"),
    'set policy name="P" assign=yes': op.Assign("P"),
    'set policy name="P" assign=no': op.Unassign("P"),
    f"set policy guid={GUID} assign=yes": op.Assign("B\u00fcro", GUID),
    f"set policy guid={GUID} assign=no": op.Unassign("B\u00fcro", GUID),
    f'set policy guid={GUID} newname="P"': op.Rename("policy", "B\u00fcro", "P", GUID),
    f'set filterlist guid={GUID} newname="L"': op.Rename("filter_list", "", "L", GUID),
    'set filteraction name="A" newname="B"': op.Rename("filter_action", "A", "B"),
    'set filteraction name="A" action=permit': op.ChangeFilterAction(
        FilterAction(name="A", description="B\u00fcro", action=ActionKind.PERMIT), described=False
    ),
    'set policy name="P" mmpfs=no qmpermm=0 mmlifetime=480 activatedefaultrule=no '
    'pollinginterval=180 mmsecmethods="3DES-SHA1-3 3DES-SHA1-2"': op.ChangePolicy(
        Policy(name="P", description="B\u00fcro"), described=False
    ),
    'set rule name="R" policy="P" filterlist="L" filteraction="A" conntype=all activate=yes '
    "kerberos=yes": op.ChangeRule(
        "P", Rule(name="R", description="B\u00fcro", filter_list="L", filter_action="A"), described=False
    ),
}


@pytest.mark.parametrize(("line", "operation"), LINES.items(), ids=[line[:40] for line in LINES])
def test_line(line, operation):
    rendered = render(operation)
    assert rendered.clear() == f"ipsec static {line}"
    assert rendered.redacted() == rendered.clear()


def test_every_operation_has_a_line():
    assert {type(operation) for operation in LINES.values()} == set(op.Operation.__args__)


def test_a_key_is_in_the_clear_form_only():
    rule = Rule(name="R", filter_list="L", filter_action="A", authentication=(PresharedKey(Secret("t0p-Secret")),))
    line = render(op.AddRule("P", rule))
    assert line.clear().endswith('psk="t0p-Secret"')
    assert line.redacted().endswith(f"psk={HIDDEN}")
    assert "t0p" not in repr(line) + str(line) + repr(rule) + repr(op.AddRule("P", rule))


def test_a_key_that_nobody_knows_is_refused():
    rule = Rule(name="R", filter_list="L", filter_action="A", authentication=(PresharedKey(),))
    with pytest.raises(IpsecError, match=r"policies\['P'\]\.rules\['R'\]\.authentication .* a pre-shared key"):
        render(op.AddRule("P", rule))


@pytest.mark.parametrize("text", ['a"b', "a%b", "a\nb", "Büro", "a\\", "@@x", "a&b", "a^b", "a|b", "a<b", "a>b"])
def test_what_cannot_travel_is_refused(text):
    with pytest.raises(IpsecError):
        render(op.DeletePolicy(text))
    with pytest.raises(IpsecError, match=r"filter_lists\['L'\]\.description"):
        render(op.DescribeFilterList("L", text))


def test_a_line_that_is_too_long_is_refused():
    authorities = tuple(Certificate(f"CN={number}" + "x" * 900) for number in range(9))
    rule = Rule(name="R", filter_list="L", filter_action="A", authentication=authorities)
    with pytest.raises(IpsecError, match=f"at most {LONGEST_LINE} characters"):
        render(op.AddRule("P", rule))


@pytest.mark.parametrize("make", [op.CreatePolicy, op.ChangePolicy])
@pytest.mark.parametrize("quick_modes", [0, 2, 4294967295])
def test_a_limit_that_netsh_would_change_is_refused(make, quick_modes):
    """The help of add policy: where mmpfs is specified, qmpermm is set to 1."""
    policy = Policy(name="P", main_mode=MainMode(quick_modes=quick_modes, perfect_forward_secrecy=True))
    with pytest.raises(
        IpsecError, match=rf"policies\['P'\]\.main_mode\.quick_modes is {quick_modes}: expected 1 "
    ) as caught:
        render(make(policy))
    assert "Say quick_modes: 1" in caught.value.remedy
