# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw what ``make site`` prints as a picture for README.md: docs/images/run.svg.

Usage: tools/picture.py [OUTPUT-OF-SITE]; without a file the example is played first. Nothing is drawn but lines of that
output, shortened at their end; where lines are left out there is an ellipsis.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "run.svg"
COMMAND = "$ make site"
TITLE = "Output of make site: both runs, what a front-end got, and the proof"
MORE = "..."
LONGEST = 118
LETTER, LINE, MARGIN = 7.5, 18, 18
# A ground of its own: the picture stands on light pages and on dark ones.
GROUND, FRAME, PLAIN = "#161b22", "#6e7681", "#d6dde5"
COLOURS = (
    (r"\$ ", "#ffffff"),
    (r"\s+sent:", "#9fc5f5"),
    (r"\s+(?:rule|in force):", "#e6c97a"),
    (r"\s+runs:|\w+ +: ok=.* changed=0 ", "#8fdc9c"),
    (r"\w+ +: ok=", "#e6c97a"),
    (r"The proof:|\s+unproven:", "#e6c97a"),
    (r"first run|second run|\w+ +(?:front|back)-end,", "#ffffff"),
)


def excerpt(output: str, host: str = "fe1") -> list[str]:
    """Return the lines worth showing: the recap of both runs, what one host got, the verdict."""
    found = [COMMAND]
    recap = part = False
    for line in output.splitlines():
        text = line.strip()
        begins = re.match(rf"{host}  (?:front|back)-end,|The proof:", line) is not None
        recap = bool(text) and (recap or text.startswith("PLAY RECAP"))
        part = bool(text) and (part or begins)
        if line.startswith(("first run", "second run")):
            found += [line, MORE]
        elif begins:
            found += [MORE, line]
        elif part or (recap and not text.startswith("localhost")):
            found.append(line if part else text)
    return found


def shortened(line: str) -> str:
    """Return the line without what an XML document cannot hold, cut where the picture ends."""
    plain = "".join(letter for letter in line.expandtabs(4).rstrip() if letter.isprintable())
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - len(MORE)]}{MORE}"


def colour(line: str) -> str:
    """Return the colour of a line."""
    return next((shade for pattern, shade in COLOURS if re.match(pattern, line)), PLAIN)


def drawn(lines: Iterable[str]) -> str:
    """Return the picture of the lines as an SVG document, which holds them as text."""
    texts = [shortened(line) for line in lines]
    width = round(2 * MARGIN + LONGEST * LETTER)
    height = 2 * MARGIN + LINE * len(texts)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label={quoteattr(TITLE)}>',
        f"<title>{escape(TITLE)}</title>",
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{GROUND}" stroke="{FRAME}"/>',
        '<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="12.4" style="white-space:pre">',
        *_rows(texts),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _rows(texts: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(texts, 1):
        if text:
            place = f'x="{MARGIN}" y="{MARGIN + LINE * number - 5}" fill="{colour(text)}"'
            # The same width in every font.
            yield f'<text {place} textLength="{len(text) * LETTER:g}" xml:space="preserve">{escape(text)}</text>'


def main() -> int:
    """Draw the output of a run."""
    parser = argparse.ArgumentParser(prog="tools/picture.py", description="Draw the output of make site.")
    parser.add_argument("output", nargs="?", type=Path, help="a file with the output of make site (default: play it)")
    given = parser.parse_args().output
    if given is None:
        script = [sys.executable, str(ROOT / "tools" / "site.py")]
        text = subprocess.run(script, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    else:
        text = given.read_text(encoding="utf-8")
    PICTURE.write_text(drawn(excerpt(text)), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
