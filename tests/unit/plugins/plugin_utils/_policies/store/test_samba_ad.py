# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The predefined objects of a real domain: a Samba domain is provisioned, and its IP Security container is read."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import (
    decode_filter_action,
    encode_filter_action,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, Form
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.main_mode import (
    decode_main_mode,
    encode_main_mode,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.policy import decode_policy, encode_policy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import decode_rule, encode_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    MainModeMethod,
    QuickModeMethod,
    Rule,
    Store,
    by_name,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_directory
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    DhGroup,
    Encryption,
    Integrity,
)

Entry = dict[str, list[str | bytes]]

CONTAINER = "CN=IP Security,CN=System,DC=lab,DC=example"
FIRST, SECOND, THIRD = "-70FA-11D1-864C-14A300000000}", "-5EE3-11D2-ACE8-0060B0ECCA17}", "-071D-11D3-AD22-0060B0ECCA17}"


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    for tool in ("samba-tool", "ldbsearch"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (packages samba, samba-ad-provision, samba-dsdb-modules, ldb-tools)")
    if os.geteuid() != 0:
        pytest.skip("provisioning a domain needs root, for the owners of its files")
    target = tmp_path_factory.mktemp("domain")
    names = ["--realm=LAB.EXAMPLE", "--domain=LAB", "--host-name=dc1", "--host-ip=127.0.0.1", "--dns-backend=NONE"]
    command = ["samba-tool", "domain", "provision", f"--targetdir={target}", "--adminpass=Only-for-1-test", *names]
    made = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if not (target / "private" / "sam.ldb").exists() or made.returncode:
        pytest.skip(f"samba-tool could not provision a domain: {made.stderr.strip().splitlines()[-1:]}")
    return _entries(target)


def _entries(target: Path) -> list[Entry]:
    database = str(target / "private" / "sam.ldb")
    command = ["ldbsearch", "-H", database, "-b", CONTAINER, "-s", "one", "(objectClass=ipsecBase)"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found: list[Entry] = []
    for record in text.replace("\n ", "").split("\n\n"):
        entry: Entry = {}
        for name, encoded, value in re.findall(r"^([A-Za-z]+):(:?) (.*)$", record, re.MULTILINE):
            entry.setdefault(name, []).append(base64.b64decode(value) if encoded else value)
        if "ipsecData" in entry:
            found.append(entry)
    return found


def _named(entries: list[Entry], name: str) -> Entry:
    (found,) = (entry for entry in entries if str(entry["cn"][0]).lower() == name.lower())
    return found


@pytest.fixture(scope="module")
def store(entries: list[Entry]) -> Store:
    return read_directory(entries)


def _esp(encryption: Encryption, integrity: Integrity, seconds: int, kilobytes: int) -> QuickModeMethod:
    return QuickModeMethod(
        esp_encryption=encryption, esp_integrity=integrity, lifetime_seconds=seconds, lifetime_kilobytes=kilobytes
    )


def _ah(integrity: Integrity, seconds: int, kilobytes: int) -> QuickModeMethod:
    return QuickModeMethod(ah_integrity=integrity, lifetime_seconds=seconds, lifetime_kilobytes=kilobytes)


def _four_esp(seconds: int, kilobytes: int) -> tuple[QuickModeMethod, ...]:
    ciphers, hashes = (Encryption.TRIPLE_DES, Encryption.NONE), (Integrity.SHA1, Integrity.MD5)
    return tuple(_esp(cipher, hashing, seconds, kilobytes) for cipher in ciphers for hashing in hashes)


RESPONSE = DefaultResponse(
    enabled=True,
    authentication=(Kerberos(),),
    methods=(*_four_esp(0, 0), _ah(Integrity.SHA1, 0, 0), _ah(Integrity.MD5, 0, 0)),
    perfect_forward_secrecy=False,
)
SETTINGS = MainMode(
    methods=(
        MainModeMethod(encryption=Encryption.TRIPLE_DES, integrity=Integrity.SHA1, dh_group=DhGroup.MEDIUM),
        MainModeMethod(encryption=Encryption.TRIPLE_DES, integrity=Integrity.MD5, dh_group=DhGroup.MEDIUM),
        MainModeMethod(encryption=Encryption.DES, integrity=Integrity.SHA1, dh_group=DhGroup.LOW),
        MainModeMethod(encryption=Encryption.DES, integrity=Integrity.MD5, dh_group=DhGroup.LOW),
    ),
    lifetime_minutes=480,
)


def test_everything_is_understood(entries: list[Entry], store: Store) -> None:
    assert len(entries) == 22
    assert store.opaque == ()
    assert store.findings == ()
    assert store.assigned is None
    assert len(store.predefined) == 8
    assert (len(store.filter_lists), len(store.filter_actions), len(store.policies)) == (2, 3, 3)


def test_filter_lists(store: Store) -> None:
    lists = by_name(store.filter_lists)
    assert isinstance(lists["all ip traffic"], FilterList)
    assert lists["all ip traffic"].filters == (Filter(),)
    assert lists["all icmp traffic"].filters == (Filter(protocol=1, description="ICMP"),)


def test_filter_actions(store: Store) -> None:
    actions = {name: (action, action.description) for name, action in by_name(store.filter_actions).items()}
    permit, text = actions["permit"]
    assert permit == FilterAction(name="Permit", description=text, action=ActionKind.PERMIT)
    request, text = actions["request security (optional)"]
    assert request == FilterAction(
        name="Request Security (Optional)",
        description=text,
        methods=(
            _esp(Encryption.TRIPLE_DES, Integrity.SHA1, 900, 100_000),
            _esp(Encryption.NONE, Integrity.SHA1, 900, 100_000),
            _ah(Integrity.SHA1, 300, 100_000),
            _ah(Integrity.MD5, 300, 100_000),
        ),
        accept_unsecured=True,
        fallback_to_clear=True,
    )
    require, text = actions["require security"]
    assert require == FilterAction(
        name="Require Security", description=text, methods=_four_esp(900, 100_000), accept_unsecured=True
    )


@pytest.mark.parametrize(
    ("name", "bindings"),
    [
        ("Client (Respond Only)", set()),
        (
            "Server (Request Security)",
            {("All ICMP Traffic", "Permit"), ("All IP Traffic", "Request Security (Optional)")},
        ),
        (
            "Secure Server (Require Security)",
            {("All ICMP Traffic", "Permit"), ("All IP Traffic", "Require Security")},
        ),
    ],
)
def test_policies(store: Store, name: str, bindings: set[tuple[str, str]]) -> None:
    policy = by_name(store.policies)[name.lower()]
    assert policy.name == name
    assert policy.polling_interval_minutes == 180
    assert policy.main_mode == SETTINGS
    assert policy.default_response == RESPONSE
    assert {(rule.filter_list, rule.filter_action) for rule in policy.rules} == bindings
    plain = Rule(name="", filter_list="", filter_action="")
    for rule in policy.rules:
        assert rule.authentication == (Kerberos(),)
        assert (rule.enabled, rule.tunnel_endpoint) == (True, None)
        assert rule.connection_type == plain.connection_type


@pytest.mark.parametrize(
    ("policy", "settings", "rules"),
    [
        ("{72385236" + FIRST, "{72385237" + FIRST, ["{59319C04" + SECOND]),
        ("{72385230" + FIRST, "{72385231" + FIRST, ["{594272E2" + THIRD, "{59319BE2" + SECOND, "{72385232" + FIRST]),
        ("{7238523C" + FIRST, "{7238523D" + FIRST, ["{594272FD" + THIRD, "{59319BF3" + SECOND, "{7238523E" + FIRST]),
    ],
)
def test_identifiers_and_order_of_rules(entries: list[Entry], policy: str, settings: str, rules: list[str]) -> None:
    entry = _named(entries, f"ipsecPolicy{policy}")
    assert entry["ipsecISAKMPReference"] == [f"CN=ipsecISAKMPPolicy{settings},{CONTAINER}"]
    assert entry["ipsecNFAReference"] == [f"CN=ipsecNFA{rule},{CONTAINER}" for rule in rules]


CODECS: dict[str, tuple[Callable[[bytes, str], object], Callable[..., bytes]]] = {
    "ipsecPolicy": (decode_policy, encode_policy),
    "ipsecISAKMPPolicy": (decode_main_mode, encode_main_mode),
    "ipsecNFA": (decode_rule, encode_rule),
    "ipsecFilter": (decode_filter_list, encode_filter_list),
    "ipsecNegotiationPolicy": (decode_filter_action, encode_filter_action),
}


def test_bytes_are_reproduced_where_they_are_not_rubbish(entries: list[Entry]) -> None:
    identical = {name: 0 for name in CODECS}
    form: Form = LEGACY
    for entry in entries:
        name, _brace, identity = str(entry["cn"][0]).partition("{")
        data = entry["ipsecData"][0]
        assert isinstance(data, bytes)
        if identity.upper().startswith("6A1F5C6F"):
            continue
        decode, encode = CODECS[name]
        decoded = decode(data, name)
        again = encode(decoded, form)
        assert len(again) == len(data)
        assert decode(again, name) == decoded
        identical[name] += again == data
    # Main mode, and the offers of the two named actions that negotiate, hold fragments of memory in unused bytes.
    assert identical == {
        "ipsecPolicy": 3,
        "ipsecISAKMPPolicy": 0,
        "ipsecNFA": 7,
        "ipsecFilter": 2,
        "ipsecNegotiationPolicy": 4,
    }


def test_deleted_objects_are_dangling(entries: list[Entry]) -> None:
    damaged = [dict(entry) for entry in entries]
    rule = _named(damaged, "ipsecNFA{72385232" + FIRST)
    name = "ipsecFilter{7238523A" + FIRST
    rule["ipsecFilterReference"] = [f"CN={name}\\0ADEL:0b1e,CN=Deleted Objects,DC=lab,DC=example"]
    found = read_directory(damaged)
    (opaque,) = found.opaque
    assert opaque.name == "Server (Request Security)"
    assert opaque.reason == "It refers to a filter list that does not exist."
    label = "rule 'Request Security (Optional) Rule'"
    assert f"The {label} refers to a filter list that does not exist." in found.findings
    assert f"The filter list 'All IP Traffic' names the {label} as its owner, which does not refer to it." in (
        found.findings
    )


def test_assignment_by_distinguished_name(entries: list[Entry]) -> None:
    client = "CN=ipsecPolicy{72385236" + FIRST + "," + CONTAINER
    assert read_directory(entries, client).assigned == "Client (Respond Only)"


def test_other_entries_are_left_out_with_a_finding(entries: list[Entry]) -> None:
    found = read_directory([*entries, {"cn": [b"Something"], "objectClass": ["container"]}])
    assert found.findings == ("The entry 'Something' is no object of a policy store; it was left out.",)
    assert len(found.policies) == 3
