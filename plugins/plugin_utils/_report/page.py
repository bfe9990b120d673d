# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file that fetches nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib

from .._proof.model import Proof
from . import associations, checks, drawing, findings, hosts, legend, matrix, verdict
from .markup import Element, tag
from .style import style_sheet
from .verdict import Counts

_PARTS = (
    ("drawing", "Hosts and flows"),
    ("flows", "Flows"),
    ("checks", "Checks"),
    ("associations", "Associations"),
    ("findings", "Drift and weak cryptography"),
    ("policies", "Policies"),
    ("legend", "Legend and limits"),
)
_NEVER = "base-uri 'none'; form-action 'none'"


def page(proof: Proof, counts: Counts) -> str:
    """Return the page as HTML."""
    style = style_sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        # No script, no file, no request: only this style sheet and the empty icon, which keeps browsers from asking.
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; {_NEVER}",
        ),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", proof.title),
        # Our own text; between these tags nothing would undo an escape.
        Element(f"<style>{style}</style>"),
    )
    parts = tag("ul", [tag("li", tag("a", text, href=f"#{name}")) for name, text in _PARTS])
    body = tag(
        "body",
        tag("a", "To the content", href="#content", class_="skip"),
        verdict.banner(proof, counts),
        tag("nav", parts, aria_label="Parts of the report"),
        tag(
            "main",
            drawing.section(proof),
            matrix.section(proof),
            checks.section(proof),
            associations.section(proof),
            findings.section(proof),
            hosts.section(proof),
            legend.section(),
            id="content",
        ),
        tag("footer", tag("p", "Made by winsec.ipsec. The same data for programs is in report.json and junit.xml.")),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
