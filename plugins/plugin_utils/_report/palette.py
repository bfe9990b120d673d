# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Colours for both themes. Text and its ground differ by 4.5 to 1 or more (WCAG 2.2, 1.4.3); a test computes it."""

from __future__ import annotations

from collections.abc import Mapping

# The grounds on which text and lines stand.
GROUNDS = ("page", "card")
LIGHT: Mapping[str, str] = {
    "page": "#f5f6f8",
    "card": "#ffffff",
    "ink": "#1a222d",
    "muted": "#525c69",
    "line": "#d3d9e0",
    "accent": "#0a559e",
    "protected": "#17693a",
    "permitted": "#0a559e",
    "clear": "#475361",
    "blocked": "#5a4799",
    "falls-back": "#855000",
    "upgraded": "#006a6a",
    "fails": "#b0211a",
    "unknown": "#525c69",
}
DARK: Mapping[str, str] = {
    "page": "#11151b",
    "card": "#1a2029",
    "ink": "#e7ebf0",
    "muted": "#a9b3c0",
    "line": "#37414d",
    "accent": "#83bbff",
    "protected": "#70d39b",
    "permitted": "#83bbff",
    "clear": "#bcc5d0",
    "blocked": "#bcabff",
    "falls-back": "#f0b45f",
    "upgraded": "#5fd3d3",
    "fails": "#ff8d83",
    "unknown": "#a9b3c0",
}
# Decoration that carries no meaning.
DECORATION = frozenset({"line"})
# Each of the others is also the name of a class, which gives its colour to a text or a line.
CLASSES = tuple(name for name in LIGHT if name not in (*GROUNDS, *DECORATION, "ink", "accent"))
