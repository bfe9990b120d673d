# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents as scripts of netsh, without a host; and the options of the states that need none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from documents import pairs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from key_places import CANARY, NUMBER, TREES, places
from lab_runner import run
from meaning import differences, overridden, seen
from offline import offline

from winlab import shell
from winlab.host import Host

Data = dict[str, Any]
KEY = "Harbour-41-Canary"
QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
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


@pytest.mark.slow
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
