# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data that may have any shape, as results of tasks that failed: what is not looked for is taken for nothing."""

from __future__ import annotations

from collections.abc import Mapping

Data = Mapping[str, object]


def mapping(value: object) -> Data:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Data]:
    """Return the mappings of a list, none for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, (list, tuple)) else []
