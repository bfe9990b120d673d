# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection security rules and sets as they lie in the registry: what is read, and that it is written the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winlab import Host, Kind, Registry, Value
from winlab.consec import authentication, crypto, mainmode, rule, sets, settings, store
from winlab.consec.active import in_force
from winlab.consec.rule import Action, Rule
from winlab.consec.sets import StoredSet
from winlab.consec.store import Origin, SetKind
from winlab.firewall import Profile
from winlab.firewall.spans import AddressSpan, AddressWord, PortSpan
from winlab.services import State

A1, C2 = "{5B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0001}", "{7C2D7D3B-4E7C-4D6F-9B10-306F4FAB0002}"
BACK_END = (
    "v2.26|Action=Secure|Name=web-backend|Desc=|Protocol=6|Active=TRUE|EP1Port=80|EP2_4=192.0.2.10|EP2_4=192.0.2.11|"
    f"Auth1Set={A1}|Crypto2Set={C2}|EmbedCtxt=winsec|"
)
FRONT_END = (
    "v2.26|Action=Secure|Name=web-frontend|Desc=|Protocol=6|Active=TRUE|EP2_4=198.51.100.20|EP2Port=80|"
    f"Auth1Set={A1}|Crypto2Set={C2}|EmbedCtxt=winsec|"
)
EXEMPTION = (
    "v2.26|Action=DoNotSecure|Name=mgmt-exempt|Desc=|Active=TRUE|EP2_4=203.0.113.0/255.255.255.0|EmbedCtxt=winsec|"
)
PORT_RANGE = "v2.26|Action=DoNotSecure|Name=x|Desc=|Protocol=17|Active=TRUE|EP1Port2_10=5000-5010|"
MAIN_MODE = (
    "v2.26|Name=web-mm|Desc=|Active=TRUE|EP2_4=192.0.2.0/255.255.255.0|"
    "Auth1Set={5B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0001}|Crypto1Set={5B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0003}|"
)


@pytest.mark.parametrize("text", [BACK_END, FRONT_END, EXEMPTION, PORT_RANGE])
def test_rules_byte_for_byte(text: str) -> None:
    assert rule.write(rule.read(text), "2.26", masks=True) == text


def test_main_mode_rule_byte_for_byte() -> None:
    assert mainmode.write(mainmode.read(MAIN_MODE), "2.26", masks=True) == MAIN_MODE


def test_what_a_rule_says() -> None:
    found = rule.read(BACK_END)
    assert (found.action, found.protocol, found.local_ports) == (Action.REQUIRE_BOTH, 6, (PortSpan(80, 80),))
    assert found.active
    assert not rule.read("v2.0|Action=Secure|").active
    assert [str(each.first) for each in found.remote_v4 if isinstance(each, AddressSpan)] == [
        "192.0.2.10",
        "192.0.2.11",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "v2.10|action=DONOTSECURE|ACTIVE=true|profile=domain|Profile=Public|ep1_4=localsubnet|EmbedCtxt=|Name=a:b - c|",
        "v3.99|Unknown=1|Action=DoNotSecure|Active=TRUE|Profile=Domain|Profile=Public|EP1_4=LocalSubnet|Name=a:b - c|",
    ],
)
def test_case_order_and_unknown_keys(text: str) -> None:
    found = rule.read(text)
    assert (found.action, found.active, found.name) == (Action.EXEMPT, True, "a:b - c")
    assert found.profiles == (Profile.DOMAIN, Profile.PUBLIC)
    assert found.local_v4 == (AddressWord.LOCAL_SUBNET,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v2.10",
        "v2.10|Action=Secure",
        "v2.10|Name=x|",
        "v2.10|Action=Allow|",
        "v2.10|Action=Secure|Action=Secure|",
        "v2.10|Action=Secure|Protocol=256|",
        "v2.10|Action=Secure|Active=yes|",
        "v2.10|Action=Secure|EP1_4=::1|",
        "v2.10|Action=Secure|EP1Port=rpc|",
        "v2.10|Action=Secure|KeyMod=IkeV3|",
        "v2.10|Action=Secure|IFType=Dialup|",
    ],
)
def test_nonsense(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rule.read(text)


TEXTS = st.one_of(st.none(), st.text(st.characters(codec="ascii", exclude_characters="|", min_codepoint=32)))
V4 = st.one_of(st.sampled_from(AddressWord), st.ip_addresses(v=4).map(lambda each: AddressSpan(each, each)))
V6 = st.one_of(st.sampled_from(AddressWord), st.ip_addresses(v=6).map(lambda each: AddressSpan(each, each)))
PORTS = st.lists(
    st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda pair: PortSpan(min(pair), max(pair))), max_size=3
)


def _ports(items: list[PortSpan]) -> tuple[PortSpan, ...]:
    """Single ports come before ranges, as they are written."""
    return tuple(sorted(items, key=lambda each: each.first != each.last))


RULES = st.builds(
    Rule,
    action=st.sampled_from(Action),
    name=TEXTS,
    description=TEXTS,
    group=TEXTS,
    active=st.booleans(),
    profiles=st.lists(st.sampled_from(Profile), unique=True).map(tuple),
    protocol=st.one_of(st.none(), st.integers(0, 255)),
    local_ports=PORTS.map(_ports),
    remote_ports=PORTS.map(_ports),
    local_v4=st.lists(V4, max_size=3).map(tuple),
    remote_v4=st.lists(V4, max_size=3).map(tuple),
    remote_v6=st.lists(V6, max_size=3).map(tuple),
    interface_types=st.lists(st.sampled_from(rule.InterfaceType), unique=True).map(tuple),
    key_modules=st.lists(st.sampled_from(rule.KeyModule), unique=True).map(tuple),
    auth1=TEXTS,
    clear_out=st.one_of(st.none(), st.booleans()),
    tunnel=st.lists(st.tuples(st.sampled_from(rule.DYNAMIC_TUNNEL_KEYS), st.just("192.0.2.1")), max_size=1).map(tuple),
    extra=st.lists(st.tuples(st.sampled_from(["New", "Other9"]), TEXTS.filter(lambda each: each is not None))).map(
        tuple
    ),
)


@given(one=RULES, old=st.booleans())
def test_read_what_was_written(one: Rule, old: bool) -> None:
    text = rule.write(one, "2.33", masks=old, old_order=old)
    assert rule.read(text) == one
    assert rule.write(rule.read(text), "2.33", masks=old, old_order=old) == text


CERTIFICATE = StoredSet(
    (("Version", "2.26"),),
    (
        (
            ("Method", "MachineCert"),
            ("CAName", "CN=Example Root CA"),
            ("CertAccountMapping", "FALSE"),
            ("ExcludeCAName", "FALSE"),
            ("HealthCert", "FALSE"),
            ("CertCriteria", "v2.26|CriteriaType=Validate|Eku=1.3.6.1.5.5.8.2.2|"),
        ),
        (("Method", "MachineKerb"),),
    ),
)
QUICK = StoredSet(
    (("Version", "2.26"), ("PFS", "ReKeyECDH384")),
    (
        (
            ("Protocol", "ESP"),
            ("2_1Encryption", "AES-GCM256"),
            ("2_1EspHash", "AES-GCM256"),
            ("TimeOutMinutes", "60"),
            ("TimeOutKbytes", "100000"),
            ("SkipVersion", "2.0"),
        ),
        (
            ("Protocol", "ESP"),
            ("Encryption", "AES-256"),
            ("2_1EspHash", "SHA256"),
            ("TimeOutMinutes", "60"),
            ("TimeOutKbytes", "100000"),
            ("SkipVersion", "2.0"),
        ),
    ),
)
MAIN = StoredSet(
    (("Version", "2.26"), ("DoNotSkipDH", "TRUE"), ("TimeOutMinutes", "480"), ("TimeOutSessions", "0")),
    ((("KeyExchange", "ECDH-384"), ("Encryption", "AES-256"), ("2_1Hash", "SHA384"), ("SkipVersion", "2.0")),),
)


def test_sets_byte_for_byte() -> None:
    assert authentication.write(authentication.read(CERTIFICATE), "2.26", first=True) == CERTIFICATE
    assert crypto.write_quick(crypto.read_quick(QUICK), "2.26") == QUICK
    assert crypto.write_main(crypto.read_main(MAIN), "2.26") == MAIN


def test_sets_in_the_registry() -> None:
    registry = Registry()
    sets.write(registry, r"HKLM\S", QUICK)
    assert registry.subkeys(r"HKLM\S") == ["0000", "0001"]
    assert registry.get(r"HKLM\S\0001", "TimeOutMinutes") == Value(Kind.SZ, "60")
    assert sets.read(registry, r"HKLM\S") == QUICK
    assert sets.read(registry, r"HKLM\T") is None


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (authentication.read, (("Method", "Passport"),)),
        (authentication.read, (("Method", "MachineCert"), ("HealthCert", "1"))),
        (crypto.read_quick, (("Protocol", "TLS"),)),
        (crypto.read_quick, (("Protocol", "ESP"), ("Encryption", "DES"), ("2_1Encryption", "AES-GCM256"))),
        (
            crypto.read_main,
            (("KeyExchange", "DH2"), ("2_16KeyExchange", "DH24"), ("Encryption", "DES"), ("Hash", "MD5")),
        ),
        (crypto.read_main, (("KeyExchange", "DH2"), ("Encryption", "AES-GCM256"), ("Hash", "MD5"))),
    ],
)
def test_sets_that_cannot_be(read: Any, texts: sets.Texts) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(StoredSet((), (texts,)))


def test_without_any_set_the_built_in_defaults_hold() -> None:
    host = Host.create("h")
    assert store.main_set(host, SetKind.CRYPTO1.primary.lower(), Origin.LOCAL) == crypto.DEFAULT_MAIN
    assert store.quick_set(host, SetKind.CRYPTO2.primary, Origin.LOCAL) == crypto.DEFAULT_QUICK
    assert store.authentication_of(host, SetKind.AUTH1, SetKind.AUTH1.primary, Origin.LOCAL) == authentication.KERBEROS
    assert store.authentication_of(host, SetKind.AUTH2, SetKind.AUTH2.primary, Origin.LOCAL) == ()
    assert store.quick_set(host, A1, Origin.LOCAL) is None


def test_a_group_policy_leads_to_its_primary_set_and_beats_the_local_one() -> None:
    host, key = Host.create("h"), rf"{Origin.GROUP_POLICY.value}\Phase2CryptoSets"
    primary = SetKind.CRYPTO2.primary
    store.put_set(host, SetKind.CRYPTO2, primary, StoredSet((), ((("Protocol", "AH"), ("AhHash", "SHA1")),)))
    local = store.quick_set(host, primary, Origin.LOCAL)
    assert local == crypto.QuickSet((crypto.QuickSuite("AH", ah="SHA1"),))
    host.registry.set(key, primary, Value(Kind.SZ, C2))
    sets.write(host.registry, rf"{key}\{C2}", QUICK)
    assert store.quick_set(host, primary, Origin.LOCAL) == crypto.read_quick(QUICK)
    # The other spelling of a key counts as well.
    sets.write(host.registry, rf"{Origin.GROUP_POLICY.value}\Phase1AuthenticationSet\{A1}", CERTIFICATE)
    assert store.authentication_of(host, SetKind.AUTH1, A1, Origin.GROUP_POLICY) == authentication.read(CERTIFICATE)


def _plant(host: Host, origin: Origin, rule_id: str, text: str) -> None:
    host.registry.set(rf"{origin.value}\ConSecRules", rule_id, Value(Kind.SZ, text))


def _names(host: Host) -> list[str | None]:
    return [one.name for _origin, _id, one in in_force(host, store.rules)]


@pytest.mark.parametrize(
    ("tail", "applies"),
    [
        ("Active=TRUE|", True),
        ("", False),
        ("Active=FALSE|", False),
        ("Active=TRUE|Profile=Domain|Profile=Public|", True),
        ("Active=TRUE|Profile=Private|", False),
        ("Active=TRUE|Platform=2:6:2|", False),
        ("Active=TRUE|Platform=2:6:2|Platform2=GTEQ|", True),
        ("Active=TRUE|Platform=2:10:0|", True),
        ("Active=TRUE|SkipVer=2.26|", False),
        ("Active=TRUE|SkipVer=2.25|", True),
        ("Active=TRUE|New=1|", True),
    ],
)
def test_in_force(tail: str, applies: bool) -> None:
    host = Host.create("h")
    _plant(host, Origin.LOCAL, "x", f"v2.26|Action=Boundary|Name=x|{tail}")
    assert _names(host) == (["x"] if applies else [])


def test_group_policy_and_locks() -> None:
    host = Host.create("h")
    for origin in Origin:
        _plant(host, origin, "{A}", f"v2.26|Action=Boundary|Name=both {origin.name}|Active=TRUE|")
        _plant(host, origin, origin.name, f"v2.26|Action=Boundary|Name={origin.name}|Active=TRUE|")
    assert _names(host) == ["both GROUP_POLICY", "GROUP_POLICY", "LOCAL"]
    key = rf"{Origin.GROUP_POLICY.value}\DomainProfile"
    host.registry.set(key, "AllowLocalIPsecPolicyMerge", Value(Kind.DWORD, 0))
    assert _names(host) == ["both GROUP_POLICY", "GROUP_POLICY"]
    host.profile = Profile.PRIVATE
    assert "LOCAL" in _names(host)


def test_a_firewall_that_is_off_enforces_nothing() -> None:
    host = Host.create("h")
    _plant(host, Origin.LOCAL, "x", "v2.26|Action=Boundary|Name=x|Active=TRUE|")
    host.services["MpsSvc"].state = State.STOPPED
    assert _names(host) == []
    host.services["MpsSvc"].state = State.RUNNING
    host.registry.set(rf"{Origin.LOCAL.value}\DomainProfile", "EnableFirewall", Value(Kind.DWORD, 0))
    assert _names(host) == []


def test_settings() -> None:
    host = Host.create("h")
    assert settings.number(host, settings.EXEMPTIONS) == 9
    settings.set_number(host, settings.EXEMPTIONS, 0)
    assert settings.number(host, settings.EXEMPTIONS) == 0
    host.registry.set(Origin.GROUP_POLICY.value, settings.EXEMPTIONS, Value(Kind.DWORD, 2))
    assert settings.number(host, settings.EXEMPTIONS) == 2
