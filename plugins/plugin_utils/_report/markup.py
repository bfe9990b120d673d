# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elements of a page. Every text is escaped unless an element was made of it here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._common.said import fit

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_VOID = frozenset({"meta", "link", "br", "path", "rect", "line", "circle"})
_LINES = frozenset(
    {"section", "div", "p", "table", "thead", "tbody", "tr", "ul", "ol", "li", "details", "dl", "g", "h2"}
)
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*)?")


class Element(str):
    """Markup that is complete; any other text is escaped where it is put into an element."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def escape(text: str) -> Element:
    """Return a text as markup that shows it."""
    return Element(fit(text).translate(_ESCAPES))


def tag(element: str, *children: Child, **attributes: str | int | bool | None) -> Element:
    """Return an element. ``class_`` is class, ``aria_label`` is aria-label; None and False leave one out."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape("" if value is True else str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "\n" if element in _LINES else ""
    if element in _VOID:
        return Element(
            f"<{element}{said}/>{end}" if element in ("path", "rect", "line", "circle") else f"<{element}{said}>"
        )
    return Element(f"<{element}{said}>{join(*children)}</{element}>{end}")


def join(*children: Child) -> Element:
    """Return elements and texts one after another."""
    return Element("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, Element):
            yield child
        elif isinstance(child, (str, int)):
            yield escape(str(child))
        elif child is not None:
            yield from _flat(child)


def link(text: str) -> Element:
    """Return a reference: a link when it is nothing but a web address, else its text. Links load nothing."""
    if _LINK.fullmatch(text):
        return tag("a", text, href=text, rel="noreferrer")
    return escape(text)


def table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[Child]]) -> Element:
    """Return a table in a frame that scrolls; the first cell of each row is its head."""
    body = [
        tag(
            "tr", [tag("td" if index else "th", cell, scope=None if index else "row") for index, cell in enumerate(row)]
        )
        for row in rows
    ]
    inner = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", [tag("th", head, scope="col") for head in heads])),
        tag("tbody", body),
    )
    return tag("div", inner, class_="scroll", role="region", aria_label=caption, tabindex="0")


def fold(summary: Child, *content: Child, opened: bool = False, id_: str | None = None) -> Element:
    """Return content behind a summary that opens it."""
    return tag("details", tag("summary", summary), *content, open=opened, id=id_)
