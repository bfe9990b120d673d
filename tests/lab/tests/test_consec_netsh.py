# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall consec`: what its lines write, change, refuse and show."""

from __future__ import annotations

import re

import pytest
from netsh_lines import OK, done, once

from winlab import Host, Kind, Value
from winlab.consec import sets, store
from winlab.consec.store import Origin, SetKind
from winlab.netsh.talk import talk
from winlab.services import State

ADD = "advfirewall consec add rule"
DELETE = "advfirewall consec delete rule"
SET = "advfirewall consec set rule"
SHOW = "advfirewall consec show rule"
RULES = rf"{Origin.LOCAL.value}\ConSecRules"
WEB = "name=web endpoint1=any endpoint2=any action=requireinrequireout"
PRIMARY = (
    "Auth1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}|Auth2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE4}|"
    "Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|"
)
CA = '"CN=Example Root CA"'
CERTIFIED = "CertAccountMapping=FALSE ExcludeCAName=FALSE HealthCert=FALSE"


def strings(host: Host) -> list[str]:
    """Return the rule strings, with the identifiers of sets by their order."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        if match[0].startswith("{E5A5D32A"):
            return match[0]
        return numbers.setdefault(match[0], f"#{len(numbers) + 1}")

    return [re.sub(r"\{[^}]+\}", number, str(value.data)) for _name, value in host.registry.values(RULES)]


def suites(host: Host, kind: SetKind, rule: int = 0) -> sets.StoredSet:
    """Return the set of a kind that a rule names."""
    _id, one = list(store.rules(host))[rule]
    name = {SetKind.AUTH1: one.auth1, SetKind.AUTH2: one.auth2, SetKind.CRYPTO2: one.crypto2}[kind]
    assert name is not None
    found = store.stored_set(host, kind, name, Origin.LOCAL)
    assert found is not None
    return found


def told(suite: sets.Texts) -> str:
    return " ".join(f"{name}={value}" for name, value in suite)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (WEB, "Action=Secure|Name=web|Desc=|Active=TRUE|" + PRIMARY),
        (f"{WEB} enable=no profile=any", "Action=Secure|Name=web|Desc=|Active=FALSE|" + PRIMARY),
        (
            f'{WEB} description="a b" profile=public,domain',
            "Action=Secure|Name=web|Desc=a b|Active=TRUE|Profile=Domain|Profile=Public|" + PRIMARY,
        ),
        (
            "name=n endpoint1=any endpoint2=10.0.0.1,10.1.0.0/16,10.2.0.1-10.2.0.9,2001:db8::/32 "
            "action=requestinrequestout",
            "Action=Boundary|Name=n|Desc=|Active=TRUE|EP2_4=10.0.0.1|EP2_4=10.1.0.0/16|EP2_4=10.2.0.1-10.2.0.9|"
            "EP2_6=2001:db8::/32|" + PRIMARY,
        ),
        (
            "name=n endpoint1=10.0.0.1 endpoint2=localsubnet,DNS action=requireinrequestout protocol=17 port1=53,5353",
            "Action=SecureServer|Name=n|Desc=|Protocol=17|Active=TRUE|EP1_4=10.0.0.1|EP1Port=53|EP1Port=5353|"
            "EP2_4=LocalSubnet|EP2_4=DNS|EP2_6=LocalSubnet|EP2_6=DNS|" + PRIMARY,
        ),
        (
            "name=n endpoint1=any endpoint2=10.0.0.1 action=noauthentication protocol=udp port1=5000-5010 port2=9",
            "Action=DoNotSecure|Name=n|Desc=|Protocol=17|Active=TRUE|EP1Port2_10=5000-5010|EP2_4=10.0.0.1|EP2Port=9|",
        ),
        (f"{WEB} interfacetype=ras", "Action=Secure|Name=web|Desc=|Active=TRUE|IFType=RemoteAccess|" + PRIMARY),
        (
            f"{WEB} auth1=computercert,computerkerb auth1ca={CA} auth2=userkerb qmsecmethods=ah:sha1",
            "Action=Secure|Name=web|Desc=|Active=TRUE|Auth1Set=#1|Auth2Set=#2|Crypto2Set=#3|",
        ),
        (
            f"{WEB} auth1=computerpsk auth1psk=secret",
            "Action=Secure|Name=web|Desc=|Active=TRUE|Auth1Set=#1|Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|",
        ),
        (
            "name=t mode=tunnel endpoint1=10.1.0.0/24 endpoint2=10.2.0.0/24 localtunnelendpoint=192.0.2.1 "
            "remotetunnelendpoint=192.0.2.2 action=requireinrequireout",
            "Action=Secure|Name=t|Desc=|Active=TRUE|EP1_4=10.1.0.0/24|EP2_4=10.2.0.0/24|"
            + PRIMARY
            # As the specification maps them, against their letters.
            + "RTunnel4=192.0.2.1|LTunnel4=192.0.2.2|",
        ),
        (
            "name=t mode=tunnel endpoint1=any endpoint2=any localtunnelendpoint=192.0.2.1 remotetunnelendpoint=any "
            "action=requireinclearout exemptipsecprotectedconnections=yes applyauthz=yes",
            "Action=Secure|Name=t|Desc=|Active=TRUE|"
            + PRIMARY
            + "LTunnel4_2=192.0.2.1|SecureInClearOut=TRUE|ByPassTunnel=TRUE|Authz=TRUE|",
        ),
    ],
)
def test_add(line: str, text: str) -> None:
    host = Host.create("h", "2016")
    assert once(host, f"{ADD} {line}") == (0, OK)
    assert strings(host) == [f"v2.26|{text}"]


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("2008R2", "v2.10|Action=Secure|Active=TRUE|Profile=Private|EP2_4=10.0.0.0/255.255.255.0|Name=web|Desc=|"),
        *(
            (version, f"v{schema}|Action=Secure|Name=web|Desc=|Active=TRUE|Profile=Private|EP2_4=10.0.0.0/24|")
            for version, schema in (
                ("2012", "2.20"),
                ("2012R2", "2.22"),
                ("2016", "2.26"),
                ("2019", "2.29"),
                ("2022", "2.31"),
                ("2025", "2.33"),
            )
        ),
    ],
)
def test_each_version_writes_its_schema(version: str, text: str) -> None:
    host = Host.create("h", version)
    done(host, f"{ADD} name=web endpoint1=any endpoint2=10.0.0.0/24 action=requireinrequireout profile=private")
    assert strings(host) == [text + PRIMARY]


def test_server_2003_does_not_know_it() -> None:
    host = Host.create("h", "2003")
    assert once(host, f"{ADD} {WEB}")[0] == 1
    assert not host.registry.exists(RULES)


@pytest.mark.parametrize(
    ("tags", "kind", "wanted"),
    [
        ("auth1=computerkerb", SetKind.AUTH1, ["Method=MachineKerb"]),
        ('auth1=computerpsk auth1psk="a \'b"', SetKind.AUTH1, ["Method=MachineSHKey SHKey=a 'b"]),
        ("auth1=computerntlm,anonymous", SetKind.AUTH1, ["Method=MachineNtlm", "Method=Anonymous"]),
        (
            f"auth1=computercert auth1ca={CA}",
            SetKind.AUTH1,
            [f"Method=MachineCert CAName=CN=Example Root CA {CERTIFIED}"],
        ),
        (
            r'auth1=computercert auth1ca="C=DE, O=\'A\', CN=B certmapping:yes excludecaname:yes | CN=D" '
            "auth1healthcert=yes",
            SetKind.AUTH1,
            [
                'Method=MachineCert CAName=C=DE, O="A", CN=B '
                "CertAccountMapping=TRUE ExcludeCAName=TRUE HealthCert=TRUE",
                "Method=MachineCert CAName=CN=D CertAccountMapping=FALSE ExcludeCAName=FALSE HealthCert=TRUE",
            ],
        ),
        (
            'auth1=computercertecdsap384 auth1ecdsap384ca="CN=E catype:intermediate"',
            SetKind.AUTH1,
            [
                f"Method=MachineCert CAName=CN=E {CERTIFIED} "
                "OtherCertSigning=ECDSA384 IntermediateCA=TRUE SkipVersion=2.8"
            ],
        ),
        ("auth2=userkerb,userntlm", SetKind.AUTH2, ["Method=UserKerb", "Method=UserNtlm"]),
        (
            f"auth2=usercertecdsap256,anonymous auth2ecdsap256ca={CA}",
            SetKind.AUTH2,
            [
                "Method=UserCert CAName=CN=Example Root CA CertAccountMapping=FALSE HealthCert=FALSE "
                "OtherCertSigning=ECDSA256 SkipVersion=2.0",
                "Method=Anonymous",
            ],
        ),
        (
            f"auth2=computercert,anonymous auth2ca={CA}",
            SetKind.AUTH2,
            [
                "Method=MachineCert CAName=CN=Example Root CA CertAccountMapping=FALSE HealthCert=TRUE",
                "Method=Anonymous",
            ],
        ),
    ],
)
def test_authentication(tags: str, kind: SetKind, wanted: list[str]) -> None:
    host = done(Host.create("h"), f"{ADD} {WEB} {tags}")
    found = suites(host, kind)
    assert found.header == (("Version", "2.26"),)
    assert list(map(told, found.suites)) == wanted


TIMES = "TimeOutMinutes=60 TimeOutKbytes=100000"


@pytest.mark.parametrize(
    ("tags", "header", "wanted"),
    [
        (
            "qmsecmethods=esp:aesgcm256-aesgcm256+60min+100000kb,esp:sha256-aes256 qmpfs=ecdhp384",
            "PFS=ReKeyECDH384",
            [
                f"Protocol=ESP 2_1Encryption=AES-GCM256 2_1EspHash=AES-GCM256 {TIMES} SkipVersion=2.0",
                f"Protocol=ESP Encryption=AES-256 2_1EspHash=SHA256 {TIMES} SkipVersion=2.0",
            ],
        ),
        ("qmsecmethods=esp:sha1-none", "PFS=Disable", [f"Protocol=ESP EspHash=SHA1 {TIMES}"]),
        (
            "qmsecmethods=esp:aesgmac128-none+30min,ah:md5+20480kb qmpfs=mainmode",
            "PFS=EnableDHFromPhase1",
            [
                "Protocol=ESP 2_1EspHash=AES-GCM128 TimeOutMinutes=30 TimeOutKbytes=100000 SkipVersion=2.0",
                "Protocol=AH AhHash=MD5 TimeOutMinutes=60 TimeOutKbytes=20480",
            ],
        ),
        (
            "qmsecmethods=ah:aesgmac256+esp:aesgcm256-aesgcm256 qmpfs=dhgroup24",
            "2_16PFS=ReKeyDH24",
            [
                "Protocol=AH&ESP 2_1AhHash=AES-GCM256 2_1Encryption=AES-GCM256 2_1EspHash=AES-GCM256 "
                f"{TIMES} SkipVersion=2.0"
            ],
        ),
        (
            "qmsecmethods=authnoencap:sha256,esp:sha1-3des",
            "PFS=Disable",
            [
                f"2_9Protocol=AUTH_NO_ENCAP 2_1AhHash=SHA256 {TIMES} SkipVersion=2.9",
                f"Protocol=ESP Encryption=3DES EspHash=SHA1 {TIMES}",
            ],
        ),
        ("qmpfs=dhgroup14", "PFS=ReKeyDH2048", [f"Protocol=ESP EspHash=SHA1 {TIMES}"]),
    ],
)
def test_quick_mode(tags: str, header: str, wanted: list[str]) -> None:
    host = done(Host.create("h"), f"{ADD} {WEB} {tags}")
    found = suites(host, SetKind.CRYPTO2)
    assert told(found.header) == f"Version=2.26 {header}"
    assert list(map(told, found.suites))[: len(wanted)] == wanted


def test_group_24_came_with_2012() -> None:
    for version, code in (("2008R2", 1), ("2012", 0)):
        assert once(Host.create("h", version), f"{ADD} {WEB} qmpfs=dhgroup24")[0] == code


def test_names_need_not_be_unique_and_are_changed_together() -> None:
    host = done(Host.create("h"), f"{ADD} {WEB}", f"{ADD} {WEB} profile=domain", f"{ADD} {WEB.replace('web', 'other')}")
    code, said = once(host, f"{SET} name=WEB new enable=no name=web2 action=requestinrequestout")
    assert (code, said) == (0, f"\r\nUpdated 2 rule(s).\r\n{OK}")
    assert strings(host) == [
        f"v2.26|Action=Boundary|Name=web2|Desc=|Active=FALSE|{PRIMARY}",
        f"v2.26|Action=Boundary|Name=web2|Desc=|Active=FALSE|Profile=Domain|{PRIMARY}",
        f"v2.26|Action=Secure|Name=other|Desc=|Active=TRUE|{PRIMARY}",
    ]
    assert once(host, f"{DELETE} name=web2 profile=domain") == (0, f"\r\nDeleted 1 rule(s).\r\n{OK}")
    assert once(host, f"{DELETE} name=web2 profile=domain")[0] == 1
    assert once(host, f"{DELETE} name=all") == (0, f"\r\nDeleted 2 rule(s).\r\n{OK}")
    assert once(host, f"{DELETE} name=all")[0] == 1
    assert not strings(host)


def test_without_new_nothing_changes_and_nothing_is_said() -> None:
    host = done(Host.create("h"), f"{ADD} {WEB}")
    before = strings(host)
    assert once(host, f"{SET} name=web enable=no") == (0, "")
    assert once(host, f"{SET} name=web new")[0] == 1
    assert once(host, f"{SET} name=nobody new enable=no")[0] == 1
    assert once(host, f"{SET} new enable=no")[0] == 1
    assert strings(host) == before


def test_changed_sets_take_the_place_of_the_former_ones() -> None:
    host = done(
        Host.create("h"), f"{ADD} {WEB} auth1=computerpsk auth1psk=one qmsecmethods=esp:sha256-aes128 qmpfs=mainmode"
    )
    done(host, f"{SET} name=web new auth1=computerpsk auth1psk=two qmsecmethods=esp:sha1-3des")
    assert told(suites(host, SetKind.AUTH1).suites[0]) == "Method=MachineSHKey SHKey=two"
    assert told(suites(host, SetKind.CRYPTO2).header) == "Version=2.26 PFS=EnableDHFromPhase1"
    for kind in (SetKind.AUTH1, SetKind.CRYPTO2):
        assert len(host.registry.subkeys(rf"{Origin.LOCAL.value}\{kind.keys[0]}")) == 1
    done(host, f"{SET} name=web new qmsecmethods=default")
    assert "Crypto2Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}|" in strings(host)[0]
    done(host, f"{SET} name=web new action=noauthentication")
    assert strings(host) == ["v2.26|Action=DoNotSecure|Name=web|Desc=|Active=TRUE|"]
    done(host, f"{SET} name=web new action=requestinrequestout")
    assert strings(host) == [f"v2.26|Action=Boundary|Name=web|Desc=|Active=TRUE|{PRIMARY}"]
    for kind in (SetKind.AUTH1, SetKind.CRYPTO2):
        assert not host.registry.subkeys(rf"{Origin.LOCAL.value}\{kind.keys[0]}")


def test_deleting_a_rule_leaves_sets_that_others_name() -> None:
    host = done(Host.create("h"), f"{ADD} {WEB} auth1=computerpsk auth1psk=one")
    (_id, rule), *_none = store.rules(host)
    host.registry.set(RULES, "shared", Value(Kind.SZ, f"v2.26|Action=Secure|Name=x|Auth1Set={rule.auth1}|"))
    done(host, f"{DELETE} name=web")
    assert host.registry.subkeys(rf"{Origin.LOCAL.value}\Phase1AuthenticationSets") == [rule.auth1]


def test_what_nobody_knows_survives_a_change() -> None:
    host = Host.create("h")
    host.registry.set(RULES, "x", Value(Kind.SZ, "v2.40|Action=Secure|Name=x|New=1|Active=TRUE|EmbedCtxt=g|"))
    done(host, f"{SET} group=g new enable=no")
    assert strings(host) == [f"v2.26|Action=Secure|Name=x|Active=FALSE|{PRIMARY}EmbedCtxt=g|New=1|"]
    assert once(host, f"{SET} group=g new action=noauthentication")[0] == 1


def test_show() -> None:
    host = done(
        Host.create("h"),
        f"{ADD} {WEB} protocol=tcp port1=80 auth1=computerpsk auth1psk=geheim qmsecmethods=esp:aesgcm256-aesgcm256",
        f"{ADD} {WEB.replace('web', 'off')} enable=no",
    )
    code, said = once(host, f"{SHOW} name=web verbose")
    assert code == 0
    for line in (
        "Rule Name:                            web",
        "Port1:                                80",
        "Action:                               RequireInRequireOut",
        "Auth1PSK:                             geheim",
        "QuickModeSecMethods:                  ESP:AESGCM256-AESGCM256+60min+100000kb",
    ):
        assert f"{line}\r\n" in said
    assert once(host, f"{SHOW} name=all")[1].count("Rule Name:") == 2
    assert once(host, f"{SHOW} name=all type=dynamic")[1].count("Rule Name:") == 1
    host.services["MpsSvc"].state = State.STOPPED
    assert once(host, f"{SHOW} name=all")[0] == 1


def test_german() -> None:
    host = Host.create("h", language="de")
    talk(host, "advfirewall consec", f"add rule {WEB}")
    assert once(host, f"{SHOW} name=web")[1].startswith("\r\nRegelname:")
    assert "Keine Regel" in once(host, f"{SHOW} name=nobody")[1]
    assert "Multicast" in once(host, f"{ADD} name=x endpoint1=any endpoint2=224.0.0.1 action=requestinrequestout")[1]


def test_standard_input_and_files() -> None:
    host = Host.create("h")
    lines = ["pushd advfirewall consec", f"add rule {WEB}", "set rule name=web new enable=no", "popd"]
    host.files["rules.txt"] = "\r\n".join(lines).encode()
    assert once(host, "-f rules.txt")[0] == 0
    assert talk(host, *(f"advfirewall consec {line}" for line in lines[1:3]))[1] == f"\r\nUpdated 2 rule(s).\r\n{OK}"
    assert [text.count("Active=FALSE") for text in strings(host)] == [1, 1]
