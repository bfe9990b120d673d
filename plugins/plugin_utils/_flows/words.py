# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words that people use for what a host does: Permit, Block, Respond, Request, Require."""

from __future__ import annotations

from dataclasses import dataclass

from .._common.packets import format_address, format_port, format_protocol
from .._policies.model import Filter
from .connection_model import Treatment
from .semantics import Decision, DecisionKind
from .views import Looking, policy_view

_WORDS = {
    DecisionKind.PERMIT: "Permit",
    DecisionKind.BLOCK: "Block",
    DecisionKind.TUNNEL: "Tunnel",
    DecisionKind.UNKNOWN: "unknown",
}
_OF_TREATMENT = {
    Treatment.EXEMPT: "Permit",
    Treatment.REQUEST: "Request",
    Treatment.REQUIRE_IN: "Require in",
    Treatment.REQUIRE_BOTH: "Require",
}
_PHRASES = {
    "no policy": "has no policy in force",
    "no rule": "has no rule for it",
    "exempt": "exempts it from its filters",
    "Permit": "lets it pass",
    "Block": "drops it",
    "Respond": "responds only, by its default response rule",
    "Request": "asks for IPsec and falls back to clear",
    "Require": "insists on IPsec",
    "Tunnel": "puts it into a tunnel",
    "Require in": "insists on IPsec for what comes in and asks for it for what goes out",
    "unknown": "does what is not known",
}
_IN_CLEAR_AT_ONCE = "asks for IPsec and goes in clear at once"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One host's part in an outcome, without anything secret.

    ``word`` is Permit, Block, Respond, Request, Require or Tunnel, or one of ``no policy``, ``no rule``, ``exempt``.
    ``filter`` decides, in its own direction or (``mirror``) in the one that it implies; names are empty without it.
    A connection security rule has an ``action`` instead. Its words are Permit, Request, Require in and Require, where
    what Request sends goes in clear at once; ``unknown`` is for what nobody has documented.
    """

    host: str
    word: str
    policy: str = ""
    rule: str = ""
    filter_list: str = ""
    filter_action: str = ""
    filter: Filter | None = None
    mirror: bool = False
    accepts_clear: bool = False
    action: str = ""

    def __str__(self) -> str:
        rule = f"rule {self.rule!a}" if self.rule else "a rule without a name"
        where = f" ({self.word}, {rule})" if self.filter or self.action else ""
        clear = ", taking a first packet in clear," if self.word == "Require" and self.accepts_clear else ""
        phrase = _IN_CLEAR_AT_ONCE if self.action and self.word == "Request" else _PHRASES[self.word]
        return f"{self.host} {phrase}{clear}{where}"

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "host": self.host,
            "word": self.word,
            "policy": self.policy,
            "rule": self.rule,
            "filter_list": self.filter_list,
            "filter_action": self.filter_action,
            "filter": show_filter(self.filter) if self.filter else "",
            "mirror": self.mirror,
            **({"action": self.action} if self.action else {}),
        }


def word(view: Looking, decision: Decision) -> str:
    """Return the word for a decision."""
    if decision.speech is not None:
        return _OF_TREATMENT[decision.speech.rule.treatment]
    if decision.kind is DecisionKind.NEGOTIATE and decision.action is not None:
        return "Request" if decision.action.fallback_to_clear else "Require"
    if decision.kind is DecisionKind.EXEMPT:
        return "exempt"
    if decision.kind is DecisionKind.NO_POLICY:
        return "no policy"
    if decision.kind is DecisionKind.NO_MATCH:
        return "Respond" if view.responds_by_default else "no rule"
    return _WORDS[decision.kind]


def verdict(view: Looking, decision: Decision) -> Verdict:
    """Return a decision as a part of an outcome."""
    if decision.speech is not None:
        rule = decision.speech.rule
        accepts = decision.lets_clear_in
        return Verdict(
            view.host.name, word(view, decision), rule=rule.name, action=rule.treatment.value, accepts_clear=accepts
        )
    looking = policy_view(view)
    policy = looking.policy.name if looking is not None and looking.policy else ""
    found = decision.directed
    if found is None:
        return Verdict(view.host.name, word(view, decision), policy)
    return Verdict(
        host=view.host.name,
        word=word(view, decision),
        policy=policy,
        rule=found.bound.rule.name,
        filter_list=found.bound.filters.name,
        filter_action=found.bound.action.name,
        filter=found.filter,
        mirror=found.mirror,
        accepts_clear=found.bound.action.accept_unsecured,
    )


def show_filter(found: Filter) -> str:
    """Return a filter on one line."""
    source, destination = (
        f"{format_address(address)}:{format_port(port)}" if port else format_address(address)
        for address, port in ((found.source, found.source_port), (found.destination, found.destination_port))
    )
    arrow = "<->" if found.mirrored else "->"
    return f"{source} {arrow} {destination} {format_protocol(found.protocol)}"
