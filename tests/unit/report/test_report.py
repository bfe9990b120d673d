# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a proof: what is written, that it is the same again, and that no text gets out of its element."""

from __future__ import annotations

import copy
import json
import time
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

import lab_runner
import pytest
from hypothesis import given
from hypothesis import strategies as st
from proof_evidence import healthy
from proofs import large, realistic, small

from ansible_collections.winsec.ipsec.plugins.plugin_utils._ipsec.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.evidence import read_evidence
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.proof import make_proof
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.files import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.palette import DARK, DECORATION, GROUNDS, LIGHT
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.reading import read_proof

VOID = {"meta", "br", "hr", "link", "img", "input"}
FETCHES = {"script", "iframe", "object", "embed", "img", "video", "audio", "source", "base", "form"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>&lt; ]]> -->"


class Page(HTMLParser):
    """Elements, attributes and text of a page; an element that is not closed in order is an error."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def files(data):
    return render(read_proof(data)).files


def page(data):
    return Page(files(data)["index.html"])


def write(folder, data, **options):
    return lab_runner.run(lab_runner.LabConnection(None), "report", {"proof": data, "folder": str(folder)}, **options)


@pytest.mark.parametrize("data", [small(), realistic()], ids=["small", "realistic"])
def test_the_page_is_well_formed_and_fetches_nothing(data):
    found = page(data)
    assert not FETCHES & set(found.tags)
    assert not [value for name, value in found.attributes if name in ("src", "srcset", "action", "background")]
    # References of people and the empty icon, which keeps a browser from asking for one.
    targets = [str(value) for name, value in found.attributes if name == "href"]
    assert all(value.startswith(("#", "https://", "data:,")) for value in targets)
    assert not [name for name, _value in found.attributes if name.startswith("on")]
    assert found.tags.count("h1") == 1
    assert "main" in found.tags
    assert dict(found.attributes).get("lang")


def test_everything_is_there_for_people():
    found = page(realistic()).text
    for check in realistic()["checks"]:
        assert check["title"] in found
        for cause in check.get("causes", ()):
            assert cause["cause"] in found
            assert cause["remedy"] in found
    for host in realistic()["hosts"]:
        assert host["name"] in found
    for finding in realistic()["findings"]:
        assert finding["text"] in found


def test_junit_has_a_case_for_each_check():
    root = xml.fromstring(files(realistic())["junit.xml"])
    cases = root.findall(".//testcase")
    checks = realistic()["checks"]
    assert len(cases) == len(checks)
    by = {outcome: sum(check["outcome"] == outcome for check in checks) for outcome in ("failed", "unproven")}
    assert len(root.findall(".//failure")) == by["failed"] > 0
    assert len(root.findall(".//skipped")) == by["unproven"] > 0


def test_the_data_is_the_whole_proof():
    data = json.loads(files(realistic())["report.json"])
    assert [check["id"] for check in data["proof"]["checks"]] == [check["id"] for check in realistic()["checks"]]
    assert data["summary"]["counts"]["failed"] == sum(one["outcome"] == "failed" for one in realistic()["checks"])


def test_what_the_module_proof_returns_is_taken():
    proof, _checks = make_proof(read_evidence(healthy()), "2026-11-25T04:20:00Z")
    found = page(proof)
    assert "none failed, none unproven" in found.text


def test_files_are_written_once(tmp_path):
    folder = tmp_path / "deep" / "report"
    predicted = write(folder, realistic(), check_mode=True, diff=True)
    assert predicted["changed"]
    assert not folder.exists()
    first, second = write(folder, realistic()), write(folder, realistic())
    assert (first["changed"], second["changed"]) == (True, False)
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "junit.xml", "report.json"]
    assert "index.html" in predicted["diff"][0]["prepared"]
    changed = write(folder, {**realistic(), "title": "Another"})
    assert changed["changed"]
    assert first["outcome"] == "failed"


def spoiled(node, text):
    """Return the data with ``text`` behind every text that may be any text and is there at all."""
    free = {"title", "evidence", "cause", "remedy", "sentence", "why_not", "reason", "text"}
    if isinstance(node, dict):
        return {
            key: value + text if key in free and value and isinstance(value, str) else spoiled(value, text)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [spoiled(item, text) for item in node]
    return node


@given(st.text(max_size=30) | st.just(HOSTILE))
def test_no_text_gets_out_of_its_element(text):
    before = page(realistic())
    # One line: some fields refuse others.
    line = "".join(character for character in text if character.isprintable())
    after = page(spoiled(realistic(), line))
    assert after.tags == before.tags
    assert {name for name, _value in after.attributes} == {name for name, _value in before.attributes}
    xml.fromstring(files(spoiled(realistic(), line))["junit.xml"])


def test_names_and_references_stay_texts_too():
    """They decide what belongs together, so the page may look otherwise; still no element is theirs."""
    data = realistic()
    for finding in data["findings"]:
        finding["reference"] += HOSTILE
    for check in data["checks"]:
        check["subject"] = HOSTILE
    for rule in (rule for flow in data["flows"] for rule in [flow.get("rules")] if rule):
        rule["source"] = HOSTILE
    found = page(data)
    assert not {"script", "img"} & set(found.tags)
    assert not [name for name, _value in found.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in found.text


def luminance(colour):
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(palette):
    for name, colour in palette.items():
        if name in GROUNDS or name in DECORATION:
            continue
        for ground in GROUNDS:
            light, dark = sorted((luminance(colour), luminance(palette[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)


def test_many_hosts_still_make_a_page():
    data = large(100, 100)
    began = time.process_time()
    texts = files(data)
    assert time.process_time() - began < 30
    assert len(texts["index.html"]) < 2_000_000
    found = Page(texts["index.html"])
    assert found.tags.count("tr") < 6000
    assert "more flows in report.json" in found.text
    assert len(json.loads(texts["report.json"])["proof"]["flows"]) == 10_000


@pytest.mark.parametrize(
    ("path", "damage"),
    [
        ("proof.made", lambda data: data.update(made="yesterday")),
        ("proof.checks[0].outcome", lambda data: data["checks"][0].update(outcome="fine")),
        ("proof.hosts[0].role", lambda data: data["hosts"][0].update(role="cook")),
        ("proof.flows[0].outcome", lambda data: data["flows"][0].update(outcome="lost")),
        ("proof.hosts[0].wrong", lambda data: data["hosts"][0].update(wrong=1)),
        ("proof.findings[0].severity", lambda data: data["findings"][0].update(severity="grave")),
        ("proof.wrong", lambda data: data.update(wrong=1)),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_what_cannot_be_shown_is_refused_with_its_path(path, damage):
    data = copy.deepcopy(realistic())
    damage(data)
    with pytest.raises(IpsecError) as refusal:
        read_proof(data)
    assert refusal.value.path == path
    assert refusal.value.remedy
