# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What results of tasks may be made of."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> bool:
    """Tell whether a value is made of built-ins alone, as results of tasks must be."""
    kind = value.__class__
    if kind is dict:
        return all(key.__class__ is str and plain(item) for key, item in value.items())
    if kind is list:
        return all(map(plain, value))
    return value is None or kind in (str, int, float, bool)
