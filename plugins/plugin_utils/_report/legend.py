# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The legend, and what no report of this kind can prove."""

from __future__ import annotations

from .._flows.outcome_words import FATES, Fate
from .._proof.model import Proven
from .drawing import sample
from .markup import Element, table, tag
from .words import CHECKS, GROUNDS, fate, outcome

_LIMITS = (
    "The report shows one moment. Associations come and go with traffic, and a policy may change a minute later.",
    "An analysis says what Windows does by its documentation. Only associations and sessions show what a host did.",
    "A session in clear text after a negotiation without answer (a soft association) shows in none of the lists that "
    "Windows keeps. It is what remains when a session works and no association is there.",
    "Windows Server 2003 shows its associations in the words of its language only; they are not read.",
    "What lies between the hosts, such as other firewalls, address translation and routes, is known only as far as it "
    "was declared or a session went through it.",
    "Algorithms of the legacy policy (3DES, SHA-1, Diffie-Hellman groups 1, 2 and 14) are weak by the standards of "
    "today, even where everything works as declared.",
)


def section() -> Element:
    """Return the last part of the page."""
    fates = [(fate(one), sample(one), FATES[one].meaning) for one in reversed(Fate)]
    outcomes = [(outcome(one), words.meaning) for one, words in reversed([*CHECKS.items()])]
    grounds = [(one.value, GROUNDS[one]) for one in Proven]
    return tag(
        "section",
        tag("h2", "Legend and limits", id="legend"),
        table("What becomes of flows", ("Word", "Line", "Meaning"), fates),
        table("How checks end", ("Word", "Meaning"), outcomes),
        table("What shows the outcome of a flow", ("Word", "Meaning"), grounds),
        tag("h3", "What cannot be proven"),
        tag("ul", [tag("li", line) for line in _LIMITS]),
        aria_labelledby="legend",
    )
