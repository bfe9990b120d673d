# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the console programs say, by language.

Only the labels listed in the documentation of the IPsec module are known word for word, and only in English; the rest
is plausible. Nothing may depend on these words, and that is why there are two languages of them.

[ledger: netsh-texts-of-answers, host-texts-localised]
"""

from __future__ import annotations

from .catalogue import Texts
from .de import GERMAN
from .en import ENGLISH

__all__ = ["Texts", "texts"]

_LANGUAGES = {"en": ENGLISH, "de": GERMAN}


def texts(language: str) -> Texts:
    """Return the words of a language; KeyError for an unknown one."""
    return _LANGUAGES[language]
