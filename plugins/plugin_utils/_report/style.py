# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of the page: system fonts, two themes, narrow screens and paper."""

from __future__ import annotations

from collections.abc import Mapping

from .palette import DARK, DECORATION, GROUNDS, LIGHT

_RULES = """
* { box-sizing: border-box; }
html { font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word; }
header, main, footer, nav { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 0 0 .75rem; font-weight: 650; }
h3 { font-size: 1rem; margin: 0 0 .4rem; font-weight: 650; }
p { margin: 0 0 .75rem; }
a { color: var(--accent); overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
.verdict { font-size: 1.15rem; font-weight: 600; border-left: .35rem solid; padding: .1rem 0 .1rem .8rem; }
.muted, .more, caption { color: var(--muted); }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; margin: 0 0 1rem; padding: 0; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.tiles li { padding: .55rem .9rem; min-width: 8.5rem; }
.tiles b { display: block; font-size: 1.45rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.kinds { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; padding: 0; margin: 0 0 1rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 0 0 1.25rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
section { padding: 1.1rem 1.25rem; margin: 0 0 1.25rem; }
.scroll { overflow-x: auto; margin: 0 0 .75rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0 0 .4rem; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; min-width: 5.6rem; }
th, td { border-bottom: 1px solid var(--line); }
thead th { color: var(--muted); font-weight: 600; font-size: .82rem; border-bottom-width: 2px; }
tbody th { font-weight: 600; }
td ul { margin: 0; padding-left: 1.1rem; }
.cell { margin: 0; padding: 0; list-style: none; }
.badge { font-weight: 600; white-space: nowrap; }
.check { border-left: .25rem solid; padding: .1rem 0 .1rem .9rem; margin: 0 0 1.1rem; }
.check > * { color: var(--ink); }
.check p { margin-bottom: .4rem; }
.causes { margin: .2rem 0 0; padding-left: 1.4rem; }
.causes li { margin-bottom: .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .1rem 0 .4rem; }
dt { color: var(--muted); }
dd { margin: 0; min-width: 0; }
details { margin: 0 0 .6rem; }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
details > :not(summary) { margin-left: 1rem; }
code { overflow-wrap: anywhere; font: .88em ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
svg { display: block; width: 100%; min-width: 44rem; height: auto; }
svg text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
svg .name { font-weight: 650; }
svg .small { font-size: 11.5px; fill: var(--muted); }
svg .box { fill: var(--card); stroke: var(--muted); stroke-width: 1.2; }
svg .trouble { stroke: var(--fails); stroke-width: 2; }
svg .wall { fill: var(--page); stroke: var(--muted); stroke-width: 1.2; }
svg .pill { fill: var(--card); stroke: currentColor; }
svg .flow path { fill: none; stroke: currentColor; stroke-width: 2; }
svg .flow text { fill: currentColor; font-size: 12px; font-weight: 600; text-anchor: middle; }
svg .flow .tip { fill: currentColor; stroke: none; }
svg .protected path { stroke-width: 3.2; }
svg .permitted path { stroke-dasharray: 9 4; }
svg .clear path { stroke-dasharray: 2 4; }
svg .blocked path { stroke-dasharray: 12 4 2 4; }
svg .falls-back path { stroke-dasharray: 16 5; }
svg .fails path { stroke-dasharray: 5 5; stroke-width: 3.2; }
svg .unknown path { stroke-dasharray: 1 7; stroke-linecap: round; stroke-width: 3; }
svg.sample { display: inline-block; width: 6rem; min-width: 0; vertical-align: middle; }
footer { color: var(--muted); font-size: .85rem; padding-bottom: 2rem; }
@media (max-width: 40rem) {
  header, main, footer, nav { padding-left: .75rem; padding-right: .75rem; }
  section { padding: .9rem .8rem; }
  dl { grid-template-columns: 1fr; }
  dt { margin-top: .2rem; }
  details > :not(summary) { margin-left: .3rem; }
  .scroll table { min-width: 44rem; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
"""
_PAPER = """
  @page { margin: 15mm; }
  html { font-size: 9.5pt; }
  body, section, .tiles li { background: none; }
  section { border: 0; padding: 0; }
  nav, .skip { display: none; }
  svg { min-width: 0; }
  .scroll { overflow: visible; }
  h2, h3, summary, caption { break-after: avoid; }
  tr, .check, .causes li, .tiles li, .drawing { break-inside: avoid; }
  thead { display: table-header-group; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
"""


def style_sheet() -> str:
    """Return the style sheet. It names no file and no font, so that nothing is fetched."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n{_theme(DARK, 'dark')}}}\n"
    return f"{_theme(LIGHT, 'light')}{dark}{_colours()}{_RULES}@media print {{{_PAPER}}}\n"


def _theme(palette: Mapping[str, str], scheme: str) -> str:
    said = " ".join(f"--{name}: {colour};" for name, colour in palette.items())
    return f":root {{ color-scheme: {scheme}; {said} }}\n"


def _colours() -> str:
    meant = [name for name in LIGHT if name not in DECORATION and name not in (*GROUNDS, "ink", "accent")]
    return "".join(f".{name} {{ color: var(--{name}); }}\n" for name in meant)
