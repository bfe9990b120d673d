# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents without a host: from saved registries, and as scripts for netsh."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import registry_files
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from documents import pairs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_places import CANARY, NUMBER, TREES, places
from lab_runner import LabConnection, run, tree
from meaning import differences, overridden, seen

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


class Down(LabConnection):
    """A host that does not answer."""

    def __init__(self) -> None:
        super().__init__(Host.create("down"))

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        raise AnsibleConnectionFailure("nobody is there")

    def _connect(self) -> None:
        raise AnsibleConnectionFailure("nobody is there")


def offline(**args: Any) -> Data:
    """Return the result of a task on a host that is down."""
    words = {key: args.pop(key) for key in ("check_mode", "diff") if key in args}
    return run(Down(), "policies", args, **words)


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
        "foreign": info["foreign"],
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
    assert found["foreign"] == []
    assert found["parsed"]["assigned"] == "Hardening"
    (bad, _good) = found["parsed"]["filter_lists"]
    assert [one["description"] for one in bad["filters"]] == [""]
    assert bool(found["findings"]) is (disguise == "length of zero")


def test_rules_without_a_name_are_not_lost(tmp_path: Path) -> None:
    host = snap_in()
    unnamed_rules(host)
    found = parsed(host, "export", tmp_path)
    names = [one["name"] for one in (*found["parsed"]["policies"], *found["foreign"])]
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
        damaged += bool(found["findings"] or found["foreign"])
    assert refused > 20
    assert damaged > 20


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


@QUICK
@pytest.mark.parametrize("way", ["file", "input"])
@given(data=st.data())
def test_the_script_of_a_generated_document_makes_it(way: str, tmp_path: Path, data: st.DataObject) -> None:
    document = data.draw(pairs(modern=True))[0]
    target = tmp_path / "ipsec.txt"
    made = offline(state="rendered", config=document, dest=str(target))
    host, other = Host.create("host", "2025"), Host.create("other", "2025")
    fresh = seen(host)
    if way == "file":
        host.files[r"c:\ipsec.txt"] = target.read_bytes()
        shell.run(host, r"netsh.exe -f c:\ipsec.txt", None)
    else:
        shell.run(host, "netsh.exe", target.read_bytes())
    assert differences(overridden(fresh, document, fresh), seen(host)) == []
    run(other, "policies", {"config": document, "state": "overridden", "allow_lockout": ["management"]})
    assert run(host, "policies_info", {})["config"] == run(other, "policies_info", {})["config"]
    lines = target.read_text().splitlines()
    assert len(lines) == len(made["rendered"])
    for line, redacted in zip(lines, made["rendered"], strict=True):
        assert line == redacted or 'psk="(hidden)"' in redacted


DOCUMENT: Data = {
    "filter_lists": [
        {"name": "L", "filters": [{"destination": "10.0.1.20", "protocol": "tcp", "destination_port": 80}]}
    ],
    "filter_actions": [
        {"name": "A", "action": "negotiate", "security_methods": [{"esp_encryption": "3des", "esp_integrity": "sha1"}]}
    ],
    "policies": [
        {
            "name": "P",
            "rules": [
                {
                    "name": "R",
                    "filter_list": "L",
                    "filter_action": "A",
                    "authentication": [{"method": "preshared_key", "preshared_key": KEY}],
                }
            ],
        }
    ],
    "assigned": "P",
}


def test_a_script_shows_no_key_and_assigns_last() -> None:
    found = offline(state="rendered", config=DOCUMENT, diff=True)
    assert set(found) == {"changed", "rendered"}
    assert found["changed"] is False
    assert [re.split(" (?:name|filterlist|policy)=", line)[0] for line in found["rendered"]] == [
        "ipsec static add filterlist",
        "ipsec static add filter",
        "ipsec static add filteraction",
        "ipsec static add policy",
        "ipsec static set defaultrule",
        "ipsec static add rule",
        "ipsec static set policy",
    ]
    assert found["rendered"][-1] == 'ipsec static set policy name="P" assign=yes'
    assert 'psk="(hidden)"' in found["rendered"][-2]
    assert KEY not in json.dumps(found)


def test_the_file_has_the_keys_for_its_owner_only(tmp_path: Path) -> None:
    target = tmp_path / "ipsec.txt"
    args: Data = {"state": "rendered", "config": DOCUMENT, "dest": str(target), "diff": True}
    for check_mode in (True, False):
        assert not target.exists()
        found = offline(**args, check_mode=check_mode)
        assert found["changed"] is True
        assert KEY not in json.dumps(found)
        assert 'psk="(hidden)"' in found["diff"][0]["prepared"]
    content = target.read_bytes()
    assert f'psk="{KEY}"'.encode() in content
    assert content.endswith(b'ipsec static set policy name="P" assign=yes\r\n')
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ipsec.txt"]

    again = offline(**args)
    assert (again["changed"], "diff" in again) == (False, False)
    # Rights that others have are taken from them, and what the file had is not shown.
    target.write_text("a key of others")
    target.chmod(0o644)
    found = offline(**args)
    assert found["changed"] is True
    assert "a key of others" not in json.dumps(found)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (content, 0o600)


@pytest.mark.parametrize("dest", ["missing/ipsec.txt", "folder"])
def test_a_file_that_cannot_be_written_is_refused(dest: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(AnsibleActionFail, match=r"^dest is .*The system says: "):
        offline(state="rendered", config=DOCUMENT, dest=str(tmp_path / dest))
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def without(kind: str) -> Data:
    return {key: value for key, value in DOCUMENT.items() if key != kind}


def keyless() -> Data:
    (policy,) = DOCUMENT["policies"]
    rules = [{**rule, "authentication": [{"method": "preshared_key"}]} for rule in policy["rules"]]
    return {**DOCUMENT, "policies": [{**policy, "rules": rules}]}


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (without("filter_lists"), r"config\.policies\['P'\]\.rules\['R'\]\.filter_list is 'L'"),
        (without("filter_actions"), r"config\.policies\['P'\]\.rules\['R'\]\.filter_action is 'A'"),
        (without("policies"), r"config\.assigned is 'P'"),
        (keyless(), r"config\.policies\['P'\]\.rules\['R'\]\.authentication is '\(no key\)'"),
    ],
)
def test_a_document_that_is_not_whole_makes_no_script(config: Data, path: str, tmp_path: Path) -> None:
    target = tmp_path / "ipsec.txt"
    with pytest.raises(AnsibleActionFail, match=f"^{path}.*Put it into the document: a script is made for a host"):
        offline(state="rendered", config=config, dest=str(target))
    assert not target.exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"state": "parsed"}, "^running_config is None: expected running_config or src"),
        ({"state": "parsed", "running_config": "x", "src": "y"}, "^running_config is .*and not both"),
        ({"state": "parsed", "config": {}, "src": "y"}, "^config is .*expected no config with this state"),
        ({"state": "parsed", "src": "y", "dest": "z"}, "^dest is .*expected dest with state rendered only"),
        ({"state": "parsed", "src": " "}, "^src is ' ': expected a file on the controller"),
        ({"state": "parsed", "running_config": ["x"]}, r"^running_config is a list \(not shown\): expected a text"),
        ({"state": "rendered"}, "^config is None: expected the document that becomes a script"),
        ({"state": "rendered", "config": {}, "src": "y"}, "^src is .*expected src with state parsed only"),
        ({"state": "merged", "config": {}, "running_config": "y"}, "^running_config .*with state parsed only"),
        ({"state": "merged", "config": {}, "dest": "y"}, "^dest .*with state rendered only"),
        ({"config": {}, "src": "y"}, "^src .*with state parsed only"),
        ({}, "^config is None: expected a document"),
        ({"state": "gathered", "config": {}}, "^state is 'gathered'"),
    ],
)
def test_options_of_other_states_are_refused(args: Data, words: str) -> None:
    with pytest.raises(AnsibleActionFail, match=words):
        offline(**args)


def test_a_key_in_a_wrong_place_is_in_no_script_and_no_message() -> None:
    tree = {"config": {**TREES["policies"]["config"]}, "state": "rendered"}
    found = [place for place in places("policies", tree) if place.is_key or place.beside_key or not place.text]
    for place in found:
        try:
            told = json.dumps(offline(**place.args, diff=True))
            if place.text and not place.is_key:  # the name of an authority, say
                continue
        except (AnsibleActionFail, TypeError) as error:
            told = str(error)
        assert CANARY.casefold() not in told.casefold(), place
        assert str(NUMBER) not in told, place
    assert len(found) > 500


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(AnsibleError, match=r"missing\.reg"):
        offline(state="parsed", src="/nowhere/missing.reg")


def test_options_of_the_guard_may_be_there(tmp_path: Path) -> None:
    """They may come from module_defaults, and no host is asked for what they leave open."""
    guard: Data = {"confirm_timeout": 120, "management_ports": [5985], "allow_domain_policy": True}
    assert offline(state="rendered", config=DOCUMENT, **guard)["rendered"]
    (tmp_path / "saved.reg").write_bytes(registry_files.export_5(snap_in()))
    assert offline(state="parsed", src=str(tmp_path / "saved.reg"), **guard)["parsed"]["assigned"] == "Hardening"


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
