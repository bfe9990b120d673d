# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a run: its lines are those of the output, whatever they hold, and it can be read everywhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from picture import LONGEST, MORE, PICTURE, drawn, excerpt, shortened  # noqa: E402 (the tools are scripts)

SVG = "{http://www.w3.org/2000/svg}"
OUTPUT = """\
first run of playbooks/site.yml

    TASK [Something] ***
    ok: [fe1]

    PLAY RECAP ****
    be1    : ok=2  changed=1
    fe1    : ok=3  changed=1
    localhost    : ok=1

second run of playbooks/site.yml
    TASK [Something] ***

    PLAY RECAP ****
    fe1    : ok=3  changed=0

What the hosts have now:

be1  back-end, Windows Server 2003
  sent:     ipsec static of the back-end

fe1  front-end, Windows Server 2003
  in force: Exchange front-end
  sent:     ipsec static add "a" & <b>

The proof: 2 of 3.
  unproven: something
For people: there.
"""
WORTH_SHOWING = [
    "$ make site",
    "first run of playbooks/site.yml",
    MORE,
    "PLAY RECAP ****",
    "be1    : ok=2  changed=1",
    "fe1    : ok=3  changed=1",
    "second run of playbooks/site.yml",
    MORE,
    "PLAY RECAP ****",
    "fe1    : ok=3  changed=0",
    MORE,
    "fe1  front-end, Windows Server 2003",
    "  in force: Exchange front-end",
    '  sent:     ipsec static add "a" & <b>',
    MORE,
    "The proof: 2 of 3.",
    "  unproven: something",
    "For people: there.",
]


def lines_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_what_is_worth_showing() -> None:
    assert excerpt(OUTPUT) == WORTH_SHOWING


def test_the_picture_holds_the_lines() -> None:
    assert lines_of(drawn(WORTH_SHOWING)) == WORTH_SHOWING


@given(st.lists(st.text(max_size=2 * LONGEST)))
def test_any_line_can_be_drawn(lines: list[str]) -> None:
    wanted = [text for text in map(shortened, lines) if text]
    assert lines_of(drawn(lines)) == wanted
    assert all(len(text) <= LONGEST for text in wanted)


@pytest.mark.parametrize("extra", [0, 1])
def test_a_long_line_is_cut_visibly(extra: int) -> None:
    cut = shortened("x" * (LONGEST + extra))
    assert len(cut) == LONGEST
    assert cut.endswith(MORE) is bool(extra)


def test_nothing_is_beside_the_picture() -> None:
    root = ElementTree.fromstring(drawn(["x" * 500] * 3))
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for element in root.iter(f"{SVG}text"):
        assert float(element.get("x", "0")) + float(element.get("textLength", "inf")) <= width
        assert 0 < float(element.get("y", "0")) < height


def brightness(colour: str) -> float:
    """Return the relative luminance of the Web Content Accessibility Guidelines."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_picture_in_the_documents() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    assert len(text) < 60_000
    lines = lines_of(text)
    # Drawn by the tool from lines of a run, and not touched since.
    assert drawn(lines) == text
    assert lines[0] == "$ make site"
    assert [line for line in lines if line.startswith("The proof:")]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|/home/|/tmp/|href|<script|<style", text)
    root = ElementTree.fromstring(text)
    ground = brightness(str(next(root.iter(f"{SVG}rect")).get("fill")))
    for element in root.iter(f"{SVG}text"):
        assert (brightness(str(element.get("fill"))) + 0.05) / (ground + 0.05) > 7
