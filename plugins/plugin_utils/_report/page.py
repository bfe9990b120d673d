# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file that fetches nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import pkgutil
import re

from jinja2 import Environment, FunctionLoader, StrictUndefined

from .._common.said import fit
from .._flows.outcome_words import FATES
from .._proof.model import CheckOutcome, Proof
from . import associations, drawing, findings, flows, policies, words
from .palette import CLASSES, DARK, LIGHT
from .verdict import Counts, overall, sentence

_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*)?")


def _text(name: str) -> str:
    # Not a path: the collection may have been loaded from anywhere.
    return (pkgutil.get_data(__package__, f"templates/{name}") or b"").decode("utf-8")


def _fit(value: object) -> object:
    """Return what an expression puts into the page, without characters that cannot be shown; markup is fit already."""
    return fit(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _address(text: str) -> bool:
    """Tell whether a text is nothing but a web address. Links load nothing."""
    return _LINK.fullmatch(text) is not None


def _environment() -> Environment:
    # Whatever a template puts into a page is escaped, unless a macro made it.
    made = Environment(
        autoescape=True,
        finalize=_fit,
        loader=FunctionLoader(_text),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals |= {"fates": FATES, "checks": words.CHECKS, "grounds": words.GROUNDS}
    made.tests["address"] = _address
    made.filters |= {
        "at": drawing.at,
        "counted": words.counted,
        "listed": words.listed,
        "number": words.number,
        "severity_style": words.SEVERITY_STYLES.__getitem__,
        "skew": associations.skew,
        "source": associations.SOURCES.__getitem__,
        "told": words.told,
    }
    return made


_PAGES = _environment()


def page(proof: Proof, counts: Counts) -> str:
    """Return the page as HTML."""
    style = _PAGES.get_template("style.css.j2").render(light=LIGHT, dark=DARK, classes=CLASSES)
    return _PAGES.get_template("page.html.j2").render(
        style=style,
        digest=base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii"),
        proof=proof,
        counts=counts,
        outcome=overall(counts),
        verdict=sentence(counts),
        ended={one: [check for check in proof.checks if check.outcome is one] for one in CheckOutcome},
        drawing=drawing.draw(proof),
        flows=flows.view(proof),
        associations=associations.view(proof),
        findings=findings.view(proof),
        policies=policies.view(proof),
    )
