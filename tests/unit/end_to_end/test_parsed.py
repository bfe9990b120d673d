# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents from saved registries, without their hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import registry_files
from ansible.errors import AnsibleActionFail, AnsibleError
from documents import pairs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_runner import run, tree
from offline import offline

from winlab import shell
from winlab.host import Host
from winlab.netsh.talk import static
from winlab.registry import Kind, Value

Data = dict[str, Any]
LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
KEY = "Harbour-41-Canary"
FORMS: dict[str, Callable[[Host], bytes]] = {
    "export": registry_files.export_5,
    "older export": registry_files.export_4,
    "query": registry_files.printed,
    "policy file": registry_files.policy_file,
}
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def parsed(host: Host, form: str, folder: Path) -> Data:
    saved = folder / "saved"
    saved.write_bytes(FORMS[form](host))
    return offline(state="parsed", src=str(saved))


def shown(host: Host) -> Data:
    """Return what a task would show that asks the host itself, under the names that parsed has."""
    info = run(host, "policies_info", {})
    findings = info.get("warnings", [])
    return {
        "changed": False,
        "parsed": info["config"],
        "predefined": info["predefined"],
        "unmanaged": info["unmanaged"],
        "findings": findings,
    }


def snap_in(version: str = "2016") -> Host:
    """Return a host with a policy in force that somebody clicked together, with a key in it."""
    host = Host.create("host", version)
    static(
        host,
        "add filterlist name=Bad",
        "add filter filterlist=Bad srcaddr=any dstaddr=me protocol=TCP dstport=445",
        "add filterlist name=Good",
        "add filter filterlist=Good srcaddr=me dstaddr=192.0.2.0 dstmask=255.255.255.0 protocol=UDP dstport=53",
        "add filteraction name=Block action=block",
        'add filteraction name=Protect action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
        "add policy name=Hardening activatedefaultrule=no",
        "add rule name=A policy=Hardening filterlist=Bad filteraction=Block",
        f'add rule name=B policy=Hardening filterlist=Good filteraction=Protect conntype=lan psk="{KEY}"',
        "set policy name=Hardening assign=yes",
    )
    return host


def keys_of(host: Host, kind: str) -> list[str]:
    return [rf"{LOCAL}\{key}" for key in host.registry.subkeys(LOCAL) if key.casefold().startswith(f"{kind}{{")]


def text(host: Host, key: str, name: str) -> str:
    value = host.registry.get(key, name)
    return str(value.data) if value else ""


def unnamed_rules(host: Host) -> None:
    for key in keys_of(host, "ipsecnfa"):
        if text(host, key, "ipsecName"):
            host.registry.delete_value(key, "ipsecName")


def lent_names(host: Host) -> None:
    """Windows 2000 gives an object without a name the value that it wrote just before."""
    for kind, name in (("ipsecisakmppolicy", "ipsecID"), ("ipsecnfa", "ipsecNegotiationPolicyReference")):
        for key in keys_of(host, kind):
            host.registry.set(key, "ipsecName", Value(Kind.SZ, text(host, key, name)))
    for key in keys_of(host, "ipsecnegotiationpolicy"):
        if not text(host, key, "ipsecName"):
            lent = text(host, key, "ipsecNegotiationPolicyAction")
            host.registry.set(key, "ipsecName", Value(Kind.SZ, lent))


def blob(host: Host, change: Callable[[bytes], bytes]) -> None:
    """Change the data of the filter list Bad."""
    for key in keys_of(host, "ipsecfilter"):
        value = host.registry.get(key, "ipsecData")
        if text(host, key, "ipsecName") == "Bad" and value is not None:
            assert isinstance(value.data, bytes)
            host.registry.set(key, "ipsecData", replace(value, data=change(value.data)))


def description_of_nuls(host: Host) -> None:
    """The third text of the one filter, see MS-GPIPSEC 2.2.1.2: 18 bytes of zeros instead of one NUL."""

    def change(data: bytes) -> bytes:
        assert data[36:42] == b"\2\0\0\0\0\0"
        size = (int.from_bytes(data[16:20], "little") + 16).to_bytes(4, "little")
        return data[:16] + size + data[20:36] + b"\x12\0\0\0" + bytes(18) + data[42:]

    blob(host, change)


def length_of_zero(host: Host) -> None:
    blob(host, lambda data: data[:16] + bytes(4) + data[20:])


def odd_names(host: Host) -> None:
    host.registry.set(keys_of(host, "ipsecpolicy")[0], "ipsecName", Value(Kind.SZ, "B\u00fcro & 100 %"))


DISGUISES: dict[str, Callable[[Host], None]] = {
    "none": lambda host: None,
    "rules without a name": unnamed_rules,
    "names that Windows 2000 lent": lent_names,
    "description of NULs": description_of_nuls,
    "length of zero": length_of_zero,
    "odd names": odd_names,
}


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize("disguise", sorted(DISGUISES))
@pytest.mark.parametrize("version", ["2003", "2016"])
def test_a_saved_store_is_shown_as_its_host_would(version: str, disguise: str, form: str, tmp_path: Path) -> None:
    host = snap_in(version)
    DISGUISES[disguise](host)
    # What is told of a code page that a file does not name is told of no host.
    found = parsed(host, form, tmp_path)
    guessed = [text for text in found["findings"] if "code page" in text]
    found["findings"] = [text for text in found["findings"] if text not in guessed]
    expected = shown(host)
    if guessed and form == "query":
        assert "B\ufffdro" in json.dumps(found, ensure_ascii=False)
    else:
        assert found == expected
    assert bool(guessed) is (disguise == "odd names" and form in ("query", "older export"))
    assert KEY not in json.dumps(found)


@pytest.mark.parametrize("disguise", ["none", "names that Windows 2000 lent", "description of NULs", "length of zero"])
def test_what_only_looks_odd_can_be_managed(disguise: str, tmp_path: Path) -> None:
    host = snap_in()
    if disguise == "names that Windows 2000 lent":
        static(host, "delete rule name=A policy=Hardening")
    DISGUISES[disguise](host)
    found = parsed(host, "export", tmp_path)
    assert found["unmanaged"] == []
    assert found["parsed"]["assigned"] == "Hardening"
    (bad, _good) = found["parsed"]["filter_lists"]
    assert [one["description"] for one in bad["filters"]] == [""]
    assert bool(found["findings"]) is (disguise == "length of zero")


def test_rules_without_a_name_are_not_lost(tmp_path: Path) -> None:
    host = snap_in()
    unnamed_rules(host)
    found = parsed(host, "export", tmp_path)
    names = [one["name"] for one in (*found["parsed"]["policies"], *found["unmanaged"])]
    assert names == ["Hardening"]
    assert len(found["parsed"]["filter_lists"]) == 2


OTHERS = (
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Hand made]\r\n"Half"=hex(b):70,89,65,75,82,99,39,0\r\n'
    '"Long"=dword:0ffffffff\r\n# a remark of its author\r\n"Text"="{"a":1}"\r\n\r\n'
)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "text"])
def test_an_export_with_keys_of_others(encoding: str, tmp_path: Path) -> None:
    host = snap_in()
    export = registry_files.export_5(host).decode("utf-16")
    head, _end, rest = export.partition("\r\n\r\n")
    export = f"{head}\r\n\r\n{OTHERS}{rest}{OTHERS}"
    if encoding == "text":
        found = offline(state="parsed", running_config=export)
    else:
        (tmp_path / "x.reg").write_bytes(export.encode(encoding))
        found = offline(state="parsed", src=str(tmp_path / "x.reg"))
    assert len(found.pop("findings")) == 8
    expected = shown(host)
    assert expected.pop("findings") == []
    assert found == expected


@pytest.mark.slow
def test_half_an_export_is_refused_or_shows_what_is_missing() -> None:
    """A file that was cut between two lines: no policy is ever shown as whole that is not."""
    whole = registry_files.export_5(snap_in()).decode("utf-16").split("\r\n")
    complete = offline(state="parsed", running_config="\r\n".join(whole))
    refused = damaged = 0
    for size in range(1, len(whole)):
        try:
            found = offline(state="parsed", running_config="\r\n".join(whole[:size]))
        except AnsibleActionFail as error:
            refused += 1
            assert re.match(r"registry text(, line \d+)? is ", str(error))
            assert KEY not in str(error)
            continue
        assert KEY not in json.dumps(found)
        if found["parsed"]["policies"] == complete["parsed"]["policies"]:
            continue
        damaged += bool(found["findings"] or found["unmanaged"])
    assert refused > 20
    assert damaged > 20


@pytest.mark.slow
def test_a_damaged_file_says_where_and_shows_no_key(tmp_path: Path) -> None:
    host, saved = snap_in(), tmp_path / "saved"
    for form, place in (("query", "line"), ("export", "line"), ("policy file", "offset")):
        content = FORMS[form](host)
        for size in range(len(content) * 9 // 10, len(content), 41):
            saved.write_bytes(content[:size])
            try:
                found = json.dumps(offline(state="parsed", src=str(saved)))
            except AnsibleActionFail as error:
                found = str(error)
                assert re.search(rf"^(registry text|policy file), {place} \d+ is ", found), found
            assert KEY not in found
            assert KEY.encode("utf-16-le").hex() not in found


@pytest.mark.slow
@QUICK
@pytest.mark.parametrize("version", ["2003", "2025"])
@given(data=st.data())
def test_generated_stores_are_shown_as_their_host_would(version: str, tmp_path: Path, data: st.DataObject) -> None:
    host = Host.create("host", version)
    document = data.draw(pairs(modern=version != "2003"))[0]
    run(host, "policies", {"config": document, "state": "overridden", "allow_lockout": ["management"]})
    disguise = data.draw(st.sampled_from(["none", "rules without a name", "names that Windows 2000 lent"]))
    DISGUISES[disguise](host)
    expected = shown(host)
    for form in FORMS:
        assert parsed(host, form, tmp_path) == expected
    for text in (registry_files.export_5(host).decode("utf-16"), registry_files.printed(host).decode("cp437")):
        assert offline(state="parsed", running_config=text) == expected


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(AnsibleError, match=r"missing\.reg"):
        offline(state="parsed", src="/nowhere/missing.reg")


def test_what_was_parsed_can_be_rendered_and_is_then_the_same(tmp_path: Path) -> None:
    host = snap_in()
    static(host, "set rule name=B policy=Hardening kerberos=yes")
    document = parsed(host, "export", tmp_path)["parsed"]
    other = Host.create("other", "2016")
    lines = offline(state="rendered", config=document)["rendered"]
    shell.run(other, "netsh.exe", "".join(f"{line}\r\n" for line in lines).encode("ascii"))
    assert run(other, "policies_info", {})["config"] == document
    before = tree(other)
    assert offline(state="parsed", running_config=registry_files.printed(other).decode())["parsed"] == document
    assert tree(other) == before


def test_options_of_the_guard_may_be_there(tmp_path: Path) -> None:
    """They may come from module_defaults, and no host is asked for what they leave open."""
    guard: Data = {"confirm_timeout": 120, "management_ports": [5985], "allow_domain_policy": True}
    (tmp_path / "saved.reg").write_bytes(registry_files.export_5(snap_in()))
    document = offline(state="parsed", src=str(tmp_path / "saved.reg"), **guard)["parsed"]
    assert document["assigned"] == "Hardening"
    rendered = offline(state="rendered", config={**document, "policies": [], "assigned": ""}, **guard)["rendered"]
    assert len(rendered) == 6
