# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hosts that negotiate, each by the engine whose rule decides."""

from __future__ import annotations

from .connection_negotiation import Found, Party, by_policy, by_rule, negotiate_rules
from .negotiation import Agreement, negotiate, terms
from .semantics import Decision
from .views import Looking, connection_view, policy_view


def meet_in_ike(initiator: Looking, asking: Decision, responder: Looking, asked: Decision) -> Agreement | Found:
    """Return what the two agree on about a packet of the initiator, the step that fails, or why nobody knows."""
    mine, its = policy_view(initiator), policy_view(responder)
    if asking.speech is None and asked.speech is None and mine is not None and its is not None:
        return negotiate(terms(mine, asking), terms(its, asked))
    return negotiate_rules(_party(initiator, asking), _party(responder, asked))


def _party(view: Looking, decision: Decision) -> Party:
    rules, policy = connection_view(view), policy_view(view)
    if decision.speech is not None and rules is not None:
        known = rules.connections
        return by_rule(
            decision.speech,
            ikev2_by_default=known.ikev2_by_default,
            partial=known.uses_part_of_sets,
            lists=known.lists,
        )
    if policy is None:
        raise ValueError("only rules and policies negotiate")
    return by_policy(terms(policy, decision))
