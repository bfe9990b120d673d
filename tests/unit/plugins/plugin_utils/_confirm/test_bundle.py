# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles: nothing of the host is in them, and a host that is made of one answers as the real one did."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_runner import IPSEC, run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.bundle import TOKEN, kept, scrubbed
from ansible_collections.winsec.ipsec.plugins.plugin_utils._confirm.talk import Exchange, Talk
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.recording import Recording
from winlab.registry import Kind, Value

Data = dict[str, Any]
CANARY = "Canary7f3a9"
COMPUTER = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName"
DOMAIN = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
FOREIGN = (
    f'add filterlist name="{CANARY} list" description="{CANARY} text"',
    f'add filter filterlist="{CANARY} list" srcaddr=me dstaddr=10.77.66.55 description="{CANARY} filter"',
    f'add filteraction name="{CANARY} action" description="{CANARY} what" action=permit',
    f'add policy name="{CANARY} policy" description="{CANARY} why"',
    f'add rule name="{CANARY} rule" policy="{CANARY} policy" filterlist="{CANARY} list" filteraction="{CANARY} action" '
    f'kerberos=no psk="{CANARY} key" description="{CANARY} which"',
    f'add rule name="{CANARY} root" policy="{CANARY} policy" filterlist="{CANARY} list" filteraction="{CANARY} action" '
    f'rootca="CN={CANARY} authority"',
)


def full_of_canaries(version: str = "2016", language: str = "en") -> Host:
    """Return a host with a canary wherever a host has something of its own."""
    host = Host.create(CANARY, version, language, addresses=("10.77.66.54",))
    static(host, *FOREIGN)
    for key, name in ((COMPUTER, "ComputerName"), (DOMAIN, "Domain"), (DOMAIN, "Hostname")):
        host.registry.create(key)
        host.registry.set(key, name, Value(Kind.SZ, f"{CANARY}-{name}"))
    gpo = rf"{IPSEC}\GPTIPSECPolicy"
    host.registry.create(gpo)
    host.registry.set(gpo, "DSIPSECPolicyName", Value(Kind.SZ, f"{CANARY} of the domain"))
    host.registry.set(gpo, "DSIPSECPolicyPath", Value(Kind.SZ, f"LDAP://CN=ipsecPolicy,DC={CANARY}"))
    host.registry.create(rf"HKLM\SOFTWARE\Policies\Microsoft\Windows\{CANARY}")
    return host


@cache
def made(version: str, language: str) -> Data:
    """Return a bundle, made once for all tests."""
    import tempfile

    host = full_of_canaries(version, language)
    with tempfile.TemporaryDirectory() as folder:
        result = run(host, "confirm", {"folder": folder, "allow_policy_in_force": True})
        found: Data = json.loads(Path(result["bundle"]).read_text())
    return found


@pytest.mark.parametrize(("version", "language"), [("2003", "en"), ("2016", "de")])
def test_no_canary_gets_into_a_bundle(version: str, language: str) -> None:
    text = json.dumps(made(version, language)).casefold()
    assert CANARY.casefold() not in text
    assert CANARY.encode("utf-16-le").hex() not in text
    for address in ("10.77.66.55", "10.77.66.54", "0a4d4237", "37424d0a"):
        assert address not in text


def test_a_recorded_host_says_what_the_real_one_said(tmp_path: Path) -> None:
    bundle = made("2016", "de")
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle))
    host = Host.create("recorded")
    host.recording = Recording.read(path)
    result = run(host, "confirm", {"folder": str(tmp_path), "allow_policy_in_force": True})
    again = json.loads(Path(result["bundle"]).read_text())
    assert again["checks"] == bundle["checks"]
    assert again == bundle


@given(
    text=st.text(st.characters(codec="ascii")),
    address=st.one_of(st.ip_addresses(v=4, network="10.0.0.0/8"), st.ip_addresses(v=6, network="fd00::/8")),
    account=st.sampled_from(["S-1-5-21-1-2-3-500", "somebody@example.org"]),
)
def test_addresses_and_accounts_go_wherever_they_stand(text: str, address: object, account: str) -> None:
    found = scrubbed(f"{text} {address} {text}\t{account} {text}", "0badcafe")
    assert str(address) not in found.replace(text, "")
    assert account not in found.replace(text, "")


@given(
    word=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4),
    name=st.sampled_from(["x", "timer", "windows"]),
)
def test_of_other_questions_nothing_is_kept(word: str, name: str) -> None:
    said = f"@@0badcafe:begin 0\r\n{word}@@0badcafe:{name} 0\r\n@@0badcafe:end 0\r\n"
    parts = list(kept(Exchange("", "", said), Talk(lambda _line, _script: "", "0badcafe")))
    assert "".join(parts) == said.replace(f"\n{word}@@", "\n@@")


def test_the_token_of_the_run_is_in_no_bundle() -> None:
    assert scrubbed("winsec-confirm-0badcafe x", "0badcafe") == f"winsec-confirm-{TOKEN} x"
