# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order rules are put in force, changed and taken away, so that each packet has its old fate or its new one.

Within connection security the more specific rule wins: an address before a network before any, then the protocol, then
the ports; a tunnel before all. That is what tables and observers say; no document of Microsoft covers ties
[ledger: cs-ranking, cs-tie].
"""

from __future__ import annotations

from .._common.address_sets import read_interval
from .definitions import Definition, RuleDefinition
from .words import CLEAR_OUT, EXEMPT, REQUIRE

_STRICTNESS = {EXEMPT: 0, "requestinrequestout": 1, CLEAR_OUT: 2, "requireinrequestout": 3, REQUIRE: 4}
Specificity = tuple[int, ...]
_NARROWEST = 129


def specificity(rule: Definition) -> Specificity:
    """Return what makes a rule win over another one that matches the same packet: the greater one does."""
    ends = sorted((_narrowness(rule.endpoint1), _narrowness(rule.endpoint2)), reverse=True)
    if not isinstance(rule, RuleDefinition):
        return (0, *ends, 0, 0)
    ports = bool(rule.port1) + bool(rule.port2)
    return (rule.mode == "tunnel", *ends, rule.protocol != "any", ports)


def _narrowness(endpoint: tuple[str, ...]) -> int:
    """Return how narrow the widest part of an end is: 0 for any, 1 for a word, 129 for one address."""
    return min(map(narrowness, endpoint)) if endpoint else 0


def narrowness(text: str) -> int:
    """Return how narrow a part of an end is: by the bits that it leaves open."""
    interval = read_interval(text)
    return 1 if interval is None else _NARROWEST - (interval.last - interval.first).bit_length()


def strictness(rule: Definition) -> int:
    """Return how much a rule asks for: what asks for less comes into force first."""
    return _STRICTNESS[rule.action] if isinstance(rule, RuleDefinition) and rule.action in _STRICTNESS else 0


def answers(rule: Definition) -> bool:
    """Tell whether a rule is for services of this host: responders are ready before those who ask them."""
    return isinstance(rule, RuleDefinition) and bool(rule.port1)


def coming(rule: Definition) -> tuple[object, ...]:
    """Return by what rules come into force: the most specific first, then what asks for less, then responders."""
    return (tuple(-each for each in specificity(rule)), strictness(rule), not answers(rule), rule.name.casefold())


def going(rule: Definition) -> tuple[object, ...]:
    """Return by what rules go: the least specific first, then what asks for more."""
    return (specificity(rule), -strictness(rule), rule.name.casefold())


def changing(rule: Definition) -> tuple[object, ...]:
    """Return by what rules change that match the same packets as before: what asks for less first, then responders."""
    return (strictness(rule), not answers(rule), rule.name.casefold())
