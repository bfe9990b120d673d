# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page, read as a browser reads it: its structure, its contents, and texts that would like to be markup."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import proofs
import pytest
from host_names import texts as hostile_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.said import UNFIT
from ansible_collections.winsec.ipsec.plugins.plugin_utils._proof.reading import read_proof
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report import palette
from ansible_collections.winsec.ipsec.plugins.plugin_utils._report.files import render

Data = dict[str, Any]
VOID = frozenset({"meta", "link", "br"})


@dataclass
class Node:
    """An element with its children; texts are strings."""

    name: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, name: str) -> list[Node]:
        """Return the elements of a name below this one, in document order."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                found += [child] if child.name == name else []
                found += child.all(name)
        return found

    @property
    def text(self) -> str:
        parts = [child.text if isinstance(child, Node) else child for child in self.children]
        return "".join(parts)


class Reader(HTMLParser):
    """Builds the tree; an end tag that does not belong to the open element is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _value in attrs}) == len(attrs), (tag, attrs)
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(page: str) -> Node:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def page_of(proof: Data) -> Node:
    return read(render(read_proof(proof)).files["index.html"])


def part(root: Node, name: str) -> Node:
    (found,) = [one for one in root.all("section") if one.attributes.get("aria-labelledby") == name]
    return found


def table(root: Node, caption: str) -> list[list[str]]:
    (found,) = [one for one in root.all("table") if one.all("caption")[0].text.startswith(caption)]
    rows = [[cell.text for cell in row.children if isinstance(cell, Node)] for row in found.all("tr")]
    return [[" ".join(cell.split()) for cell in row] for row in rows]


def skeleton(node: Node) -> list[Any]:
    """Return elements and the names of their attributes, without any text."""
    inner = [skeleton(child) for child in node.children if isinstance(child, Node)]
    return [node.name, sorted(node.attributes), inner]


PROOFS = {"small": proofs.small(), "realistic": proofs.realistic(), "many": proofs.large(40, 3)}
PROOFS["empty"] = {"title": "Nothing", "made": proofs.MADE}


@pytest.fixture(params=PROOFS)
def root(request: pytest.FixtureRequest) -> Node:
    return page_of(PROOFS[request.param])


def test_structure(root: Node) -> None:
    assert [len(root.all(name)) for name in ("header", "nav", "main", "footer", "h1", "title")][:5] == [1] * 5
    levels = [int(node.name[1]) for node in in_order(root) if node.name in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [node.attributes["id"] for node in in_order(root) if "id" in node.attributes]
    assert len(set(ids)) == len(ids)
    named = [one for node in in_order(root) for one in node.attributes.get("aria-labelledby", "").split()]
    links = [node.attributes["href"] for node in root.all("a")]
    assert set(named) | {link[1:] for link in links if link.startswith("#")} <= set(ids)
    for one in root.all("table"):
        assert one.all("caption")[0].text
        assert {head.attributes.get("scope") for head in one.all("th")} <= {"col", "row"}
        assert {len(row.children) for row in one.all("tr")} == {len(one.all("tr")[0].children)}
    for drawing in root.all("svg"):
        assert drawing.attributes.get("aria-hidden") == "true" or drawing.attributes["role"] == "img"


def in_order(node: Node) -> list[Node]:
    found = []
    for child in node.children:
        if isinstance(child, Node):
            found += [child, *in_order(child)]
    return found


def test_nothing_is_fetched_and_nothing_runs(root: Node) -> None:
    names = {node.name for node in in_order(root)}
    assert not names & {"script", "img", "iframe", "object", "embed", "form", "base", "image", "use", "audio", "video"}
    for node in in_order(root):
        assert not {"src", "srcset", "style", "data", "action", "xlink:href"} & node.attributes.keys()
        assert not [name for name in node.attributes if name.startswith("on")]
        if node.name == "link":
            assert node.attributes["href"] == "data:,"
    (style,) = root.all("style")
    assert "@import" not in style.text
    assert "url(" not in style.text


def test_checks_stand_with_their_causes_failed_first() -> None:
    checks = part(page_of(proofs.realistic()), "checks")
    titles = [head.text.split()[1] for head in checks.all("h3")]
    assert titles == ["failed", "failed", "unproven"]
    causes = checks.all("ol")[0]
    assert [item.all("strong")[0].text for item in causes.all("li")] == [
        "be2 has no filter for 10.0.0.11",
        "The service IKEEXT of be2 does not run",
        "The clocks are too far apart for Kerberos",
    ]
    assert [item.all("dt")[1].text for item in causes.all("li")] == ["Remedy"] * 3
    assert len(table(checks, "Checks that passed")) == 5


def test_the_matrix_says_what_becomes_of_flows() -> None:
    rows = table(part(page_of(proofs.realistic()), "flows"), "From the ends")
    assert rows[0] == ["From \\ to", "fe1", "fe2", "be1", "be2", "dc1"]
    by_name = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows}
    assert by_name["fe2"]["be2"] == "\u2715 fails tcp/80"
    assert by_name["fe1"]["be1"] == "\u25cf protected tcp/80"
    assert by_name["fe1"]["fe2"] == "\u2014"


def test_findings_waivers_and_drift() -> None:
    found = part(page_of(proofs.realistic()), "findings")
    assert [row[1] for row in table(found, "Findings, the gravest first")[1:]] == ["high", "low"]
    (waived,) = table(found, "Findings that were waived")[1:]
    assert waived[4] == "The legacy policy has nothing stronger (until 2027-03-31)"
    assert [row[0] for row in table(found, "Hosts that differ")[1:]] == ["be2"]


def test_policies_speak_the_words_of_the_snap_in() -> None:
    found = part(page_of(proofs.realistic()), "policies")
    rows = table(found, "IP security rules of Exchange front-end")
    assert rows[0] == [
        "Rule",
        "IP Filter List",
        "Filter Action",
        "Authentication Methods",
        "Tunnel Setting",
        "Connection Type",
    ]
    rule = rows[1]
    assert "My IP Address \u2192 10.0.1.20, port 80, tcp, mirrored" in rule[1]
    assert rule[2] == "Require ESPNegotiate security"
    assert rule[3:] == [
        "Kerberos V5 protocol",
        "This rule does not specify an IPSec tunnel",
        "All network connections",
    ]
    # Equal policies are shown once: fe1 and fe2 share theirs.
    folds = [one.text.partition(":")[0] for one in found.all("summary")]
    assert folds == ["fe1, fe2", "be1", "be2"]


def test_the_drawing_tells_fates_apart_without_colour() -> None:
    (drawing,) = [one for one in page_of(proofs.realistic()).all("svg") if one.attributes.get("role") == "img"]
    assert drawing.all("title")[0].text
    assert "fe2 to be2, tcp/80: 1 flow fails." in drawing.all("desc")[0].text
    labels = [one.all("text")[0].text for one in drawing.all("g") if "label" in one.attributes.get("class", "").split()]
    assert len(labels) == len(proofs.realistic()["flows"])
    fates = {flow["outcome"] for flow in proofs.realistic()["flows"]}
    signs = {label.split(" ", 1)[0] for label in labels}
    assert len(signs) == len(fates) == 7


def test_many_hosts_make_a_small_page_that_says_what_it_leaves_out() -> None:
    report = render(read_proof(proofs.large(60, 60)))
    assert len(report.files["index.html"]) < 300_000
    root = read(report.files["index.html"])
    (row,) = table(part(root, "flows"), "From the ends")[1:]
    assert row[0].startswith("60 front-ends")
    for told in ("protected tcp/80 (3 420 flows)", "fails tcp/80 (60 flows)"):
        assert told in row[1]
    rest = [one.text for one in part(root, "flows").all("p")]
    assert "3\u202f450 more flows in report.json." in rest
    boxes = [one for one in root.all("rect") if one.attributes["class"].startswith("box")]
    assert len(boxes) == 2


NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></title></svg><h1>x",
    "<!-- --> ]]> <![CDATA[ &lt; &amp;#60;",
    "javascript:alert(1)",
    'https://x.example/"onclick="alert(1)',
    "\x00\x1b[31m\u202eabc\ud800\ufffe\r\n",
    "{{ 7 * 7 }} {% raw %}",
)
TEXT = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), min_size=1, max_size=40)).filter(str.strip)
# Options whose values are checked for a form; everything else is anybody's text.
FORMED = frozenset({"made", "role", "addresses", "outcome", "proven", "severity", "until", "source_", "utc", "config"})


def hostile(node: Any, texts: st.DataObject | Texts, key: str = "") -> Any:
    """Return the proof with texts of an attacker where any text is taken; equal names stay equal."""
    if key in FORMED:
        return node
    if isinstance(node, dict):
        cim = node.get("source") in ("cim", "events", "none")
        return {name: item if cim and name == "source" else hostile(item, texts, name) for name, item in node.items()}
    if isinstance(node, list):
        return [hostile(item, texts, key) for item in node]
    if isinstance(node, str) and node:
        return f"{node}{texts.draw(TEXT)}"
    return node


@settings(max_examples=15)
@given(texts=st.data())
def test_hostile_texts_stay_texts(texts: st.DataObject) -> None:
    tame = copy.deepcopy(proofs.realistic())
    for flow in tame["flows"]:
        flow["source"] = flow["destination"] = "fe1"
        flow["protocol"], flow["port"] = "tcp", "80"
    check_hostile(tame, hostile(tame, texts))


def check_hostile(tame: Data, wild: Data) -> None:
    for flow, one in zip(wild["flows"], tame["flows"], strict=True):
        flow.update(source=wild["hosts"][0]["name"], destination=wild["hosts"][0]["name"], port=one["port"])
        flow["protocol"] = "tcp"
    wild["firewalls"][0]["between"] = [host["name"] for host in wild["hosts"][:4]]
    for finding in (*tame["findings"], *wild["findings"]):
        finding["reference"] = finding["reference"].replace("https:", "see")
    report = render(read_proof(wild))
    assert skeleton(read(report.files["index.html"])) == skeleton(page_of(tame))
    root = ElementTree.fromstring(report.files["junit.xml"])
    assert [child.tag for child in root.iter("testcase")] == ["testcase"] * len(tame["checks"])
    for name, text in report.files.items():
        assert text.encode("utf-8"), name
        assert not UNFIT.search(text), name
    json.dumps(json.loads(report.files["report.json"]), ensure_ascii=False).encode("utf-8")


class Texts:
    """Stands for a source of examples: gives the texts of a list, one after the other."""

    def __init__(self, texts: list[str]) -> None:
        self.given = 0
        self.left = iter(texts)

    def draw(self, _strategy: object) -> str:
        self.given += 1
        return next(self.left)


def test_thousands_of_hostile_texts_stay_texts() -> None:
    source = Texts([text for text in hostile_texts(14_000, "/tmp/canary") if text.strip()])
    while source.given < 6000:
        tame = copy.deepcopy(proofs.realistic())
        for flow in tame["flows"]:
            flow["source"] = flow["destination"] = "fe1"
            flow["protocol"], flow["port"] = "tcp", "80"
        check_hostile(tame, hostile(tame, source))


@pytest.mark.parametrize("reference", [*NASTY, "ftp://x.example/", " https://x.example/", "https://x.example/ y"])
def test_only_a_web_address_becomes_a_link(reference: str) -> None:
    proof = {**proofs.small(), "findings": [{"id": "a", "severity": "low", "text": "t", "reference": reference}]}
    links = [one.attributes["href"] for one in part(page_of(proof), "findings").all("a")]
    assert links == []


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(theme: dict[str, str]) -> None:
    assert palette.LIGHT.keys() == palette.DARK.keys()
    for ground in palette.GROUNDS:
        for name in theme.keys() - {*palette.GROUNDS} - palette.DECORATION:
            pair = sorted((luminance(theme[name]), luminance(theme[ground])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, ground)
