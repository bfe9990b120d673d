# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What netsh is told: lines as the documents of netsh advfirewall have them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.kinds import Kind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.limits import check_definition
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.netsh import (
    AddRule,
    DeleteRule,
    RenameRule,
    SetGlobal,
    SetRule,
    render,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.options import new_definition
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.request import Mode, read_request
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.line import Line

Data = dict[str, Any]
GCM = {"suites": [{"esp_encryption": "aesgcm256"}]}
CERTIFICATE = [{"method": "computercert", "authority": "CN=Example Root CA"}]


def definition(rule: Data, kind: Kind = Kind.RULE) -> Any:
    (given,) = read_request({kind.value: [rule]}, Mode.REPLACED).rules
    found = new_definition(kind, given.name, given.options)
    check_definition(found, given.path)
    return found


def added(rule: Data, kind: Kind = Kind.RULE) -> str:
    return render(AddRule(definition(rule, kind))).clear()


def test_the_example_of_the_reference() -> None:
    rule = {
        "name": "web-backend",
        "action": "requireinrequireout",
        "endpoint2": ["192.0.2.11", "192.0.2.10"],
        "port1": [80],
        "protocol": "tcp",
        "first_authentication": CERTIFICATE,
        "quick_mode": GCM,
    }
    assert added(rule) == (
        'advfirewall consec add rule name="web-backend" action=requireinrequireout endpoint1=any '
        'endpoint2=192.0.2.10,192.0.2.11 protocol=6 port1=80 auth1=computercert auth1ca="CN=Example Root CA" '
        "qmpfs=none qmsecmethods=esp:aesgcm256-aesgcm256+60min+100000kb enable=yes"
    )


def test_an_exemption_tells_no_sets() -> None:
    rule = {"name": "mgmt exempt", "action": "noauthentication", "endpoint2": ["203.0.113.0/24"], "enabled": False}
    assert added(rule) == (
        'advfirewall consec add rule name="mgmt exempt" action=noauthentication endpoint1=any '
        "endpoint2=203.0.113.0/24 enable=no"
    )


METHODS = [
    ([{"method": "computerkerb"}], "auth1=computerkerb"),
    ([{"method": "anonymous"}, {"method": "computerntlm"}], "auth1=anonymous,computerntlm"),
    (
        [{"method": "computercert", "authority": "CN=A", "certificate_mapping": True, "exclude_ca_name": True}],
        'auth1=computercert auth1ca="CN=A certmapping:yes excludecaname:yes"',
    ),
    (
        [
            {"method": "computercert", "authority": "O=X, CN=A", "intermediate": True},
            {"method": "computercert", "authority": "CN=B", "intermediate": True},
            {"method": "computerkerb"},
        ],
        'auth1=computercert,computerkerb auth1ca="O=X, CN=A catype:intermediate|CN=B catype:intermediate"',
    ),
    (
        [{"method": "computercert", "authority": "CN=E", "signature": "ecdsap384", "health": True}],
        'auth1=computercertecdsap384 auth1ecdsap384ca="CN=E" auth1ecdsap384healthcert=yes',
    ),
    ([{"method": "computercert", "authority": 'CN=The "A"'}], "auth1=computercert auth1ca=\"CN=The \\'A\\'\""),
]


@pytest.mark.parametrize(("methods", "said"), METHODS)
def test_first_authentication(methods: list[Data], said: str) -> None:
    told = added({"name": "r", "action": "requireinrequireout", "first_authentication": methods})
    assert told.endswith(f"endpoint1=any endpoint2=any {said} enable=yes")


SECOND = [
    ([{"method": "userkerb"}, {"method": "userntlm"}], "auth2=userkerb,userntlm"),
    ([{"method": "usercert", "authority": "CN=U"}], 'auth2=usercert auth2ca="CN=U"'),
    (
        [{"method": "usercert", "authority": "CN=U", "signature": "ecdsap256"}, {"method": "anonymous"}],
        'auth2=usercertecdsap256,anonymous auth2ecdsap256ca="CN=U"',
    ),
    (
        [{"method": "computercert", "authority": "CN=H", "health": True}, {"method": "anonymous"}],
        'auth2=computercert,anonymous auth2ca="CN=H"',
    ),
]


@pytest.mark.parametrize(("methods", "said"), SECOND)
def test_second_authentication(methods: list[Data], said: str) -> None:
    told = added({"name": "r", "action": "requestinrequestout", "second_authentication": methods})
    assert told.endswith(f"endpoint2=any {said} enable=yes")


def test_a_key_is_in_the_clear_line_only() -> None:
    rule = definition(
        {
            "name": "r",
            "action": "requestinrequestout",
            "first_authentication": [{"method": "computerpsk", "preshared_key": "pass words"}],
        }
    )
    line = render(AddRule(rule))
    assert 'auth1=computerpsk auth1psk="pass words"' in line.clear()
    assert 'auth1psk="(hidden)"' in line.redacted()
    assert "pass words" not in repr((line, rule, AddRule(rule)))


SUITES = [
    ({"esp_integrity": "sha1"}, "esp:sha1-none"),
    ({"esp_integrity": "sha256", "esp_encryption": "aes256"}, "esp:sha256-aes256"),
    ({"esp_encryption": "aesgcm128"}, "esp:aesgcm128-aesgcm128"),
    ({"esp_integrity": "aesgmac256", "esp_encryption": "aesgcm256"}, "esp:aesgcm256-aesgcm256"),
    ({"esp_integrity": "aesgmac192"}, "esp:aesgmac192-none"),
    ({"protocol": "ah", "ah_integrity": "aesgmac256"}, "ah:aesgmac256"),
    ({"protocol": "ah+esp", "ah_integrity": "sha1", "esp_integrity": "sha1"}, "ah:sha1+esp:sha1-none"),
    (
        {"protocol": "ah+esp", "ah_integrity": "aesgmac256", "esp_encryption": "aesgcm256"},
        "ah:aesgmac256+esp:aesgcm256-aesgcm256",
    ),
]


@pytest.mark.parametrize(("suite", "said"), SUITES)
def test_quick_mode(suite: Data, said: str) -> None:
    quick = {"suites": [{**suite, "lifetime_minutes": 30}], "perfect_forward_secrecy": "ecdhp384"}
    told = added({"name": "r", "action": "requireinrequireout", "quick_mode": quick})
    assert f"qmpfs=ecdhp384 qmsecmethods={said}+30min+100000kb " in told


def test_a_tunnel() -> None:
    rule = {
        "name": "t",
        "action": "requireinrequireout",
        "mode": "tunnel",
        "endpoint1": ["10.1.0.0/16"],
        "endpoint2": ["10.2.0.0/16"],
        "local_tunnel_endpoint": "192.0.2.1",
        "remote_tunnel_endpoint": "192.0.2.2",
        "apply_authorization": True,
    }
    assert added(rule) == (
        'advfirewall consec add rule name="t" action=requireinrequireout endpoint1=10.1.0.0/16 endpoint2=10.2.0.0/16 '
        "mode=tunnel localtunnelendpoint=192.0.2.1 remotetunnelendpoint=192.0.2.2 applyauthz=yes enable=yes"
    )


def test_a_main_mode_rule() -> None:
    main = {
        "suites": [
            {"key_exchange": "ecdhp384", "encryption": "aes256", "integrity": "sha384"},
            {"key_exchange": "dhgroup14", "encryption": "3des", "integrity": "sha1"},
        ],
        "force_diffie_hellman": True,
    }
    rule = {"name": "mm", "endpoint2": ["192.0.2.0/24"], "main_mode": main, "profiles": ["public", "domain"]}
    assert added(rule, Kind.MAIN_MODE_RULE) == (
        'advfirewall mainmode add rule name="mm" endpoint1=any endpoint2=192.0.2.0/24 profile=domain,public '
        "mmsecmethods=ecdhp384:aes256-sha384,dhgroup14:3des-sha1 mmkeylifetime=480min,0sess mmforcedh=yes enable=yes"
    )


def test_other_operations() -> None:
    rule = definition({"name": "web", "action": "requestinrequestout", "quick_mode": "default", "description": "d"})
    lines = [
        render(SetRule(rule, ("enabled",), "web (winsec.ipsec new)")),
        render(SetRule(rule, ("action", "quick_mode", "description"), "web")),
        render(RenameRule(Kind.RULE, "web (winsec.ipsec new)", "web")),
        render(DeleteRule(Kind.MAIN_MODE_RULE, "web")),
        render(SetGlobal("defaults", "ipsec saidletimemin 5")),
        render(SetGlobal("defaults", "mainmode mmsecmethods ecdhp384:aes256-sha384,dhgroup2:3des-sha1")),
    ]
    assert [line.clear() for line in lines] == [
        'advfirewall consec set rule name="web (winsec.ipsec new)" new enable=yes',
        'advfirewall consec set rule name="web" new action=requestinrequestout qmsecmethods=default description="d"',
        'advfirewall consec set rule name="web (winsec.ipsec new)" new name="web"',
        'advfirewall mainmode delete rule name="web"',
        "advfirewall set global ipsec saidletimemin 5",
        "advfirewall set global mainmode mmsecmethods ecdhp384:aes256-sha384,dhgroup2:3des-sha1",
    ]


@pytest.mark.parametrize(
    "operation",
    [
        DeleteRule(Kind.RULE, 'a" new enable="no'),
        RenameRule(Kind.RULE, "a\nb", "c"),
        SetGlobal("x", "ipsec saidletimemin 5 & calc"),
        DeleteRule(Kind.RULE, "@@x"),
    ],
)
def test_the_second_line_of_defence(operation: Any) -> None:
    with pytest.raises(IpsecError):
        assert not isinstance(render(operation), Line)


def test_a_line_that_is_too_long() -> None:
    rule = definition(
        {
            "name": "r",
            "action": "noauthentication",
            "endpoint2": [f"10.{a}.{b}.0/24" for a in range(4) for b in range(200)],
        }
    )
    with pytest.raises(IpsecError, match="Make several rules"):
        render(AddRule(rule, "config.rules[0]"))
