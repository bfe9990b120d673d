# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects, and the identifiers that are the same everywhere."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of objects, by the options of a document."""

    RULE = "rules"
    MAIN_MODE_RULE = "main_mode_rules"
    FIRST = "first_authentication"
    SECOND = "second_authentication"
    MAIN_MODE = "main_mode"
    QUICK_MODE = "quick_mode"
    SETTINGS = "settings"


# The sets that rules get which name none of their own, by their identifiers (MS-GPFAS 2.2.4, 2.2.5).
_PRIMARY = "{e5a5d32a-4bce-4e4d-b07f-4ab1ba7e5fe"
PRIMARY = {
    Kind.MAIN_MODE: f"{_PRIMARY}1}}",
    Kind.QUICK_MODE: f"{_PRIMARY}2}}",
    Kind.FIRST: f"{_PRIMARY}3}}",
    Kind.SECOND: f"{_PRIMARY}4}}",
}
DEFAULT = "default"
