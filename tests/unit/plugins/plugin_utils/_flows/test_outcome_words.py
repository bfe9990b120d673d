# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of words for outcomes: no class of outcomes without a word, and none whose word says too much."""

from __future__ import annotations

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import PASSING_IN_CLEAR, SECURED, OutcomeKind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome_words import FATES, Fate, fate_of


def test_every_class_of_outcomes_has_one_word() -> None:
    assert sorted(kind for words in FATES.values() for kind in words.kinds) == sorted(OutcomeKind)
    assert set(FATES) == set(Fate)
    assert len({words.sign for words in FATES.values()}) == len(Fate)


def test_what_passes_in_clear_is_never_called_protected_or_stopped() -> None:
    assert {kind for kind in OutcomeKind if fate_of(kind) is Fate.PROTECTED} == SECURED
    in_clear = (Fate.CLEAR, Fate.PERMITTED, Fate.FALLS_BACK)
    assert {kind for kind in OutcomeKind if fate_of(kind) in in_clear} == PASSING_IN_CLEAR
