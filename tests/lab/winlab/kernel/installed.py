# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the policies that the kernel has, to be compared with those that were compiled."""

from __future__ import annotations

import itertools
import re
from ipaddress import IPv4Network

from .policies import Policy, Selector, Template

_NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "esp": 50, "ah": 51, "rsvp": 46}


def read_policies(text: str) -> tuple[frozenset[Policy], frozenset[Policy]]:
    """Return the policies in what `ip xfrm policy list` prints: those without a mark, and those with one."""
    plain: set[Policy] = set()
    marked: set[Policy] = set()
    for block in re.split(r"(?m)^(?=src )", text):
        if not block.strip():
            continue
        words = block.partition("tmpl")[0].split()
        values = dict(itertools.pairwise(words))
        selector = Selector(
            IPv4Network(values["src"]),
            IPv4Network(values["dst"]),
            _number(values.get("proto", "0")),
            int(values.get("sport", 0)),
            int(values.get("dport", 0)),
        )
        template = None
        if found := re.search(
            r"(?s)\n\s+tmpl .*?proto (\w+)(.*?)reqid (\d+)[^\n]*?mode (\w+)(.*?)(?=\n\s+tmpl|\Z)", block
        ):
            kind = "ah" if found[1] in ("ah", "51") else "esp"
            template = Template(kind, int(found[3]), "level use" in found[5])
        one = Policy(values["dir"], selector, int(values["priority"]), "action block" in block, template)
        (marked if "mark" in words else plain).add(one)
    return frozenset(plain), frozenset(marked)


def _number(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word)
