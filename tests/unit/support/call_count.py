# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a function costs, in calls of functions: other than seconds it does not depend on what else a machine does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable


def calls(function: Callable[[], object]) -> int:
    """Return how many functions are called until a function returns."""
    found = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    gc.collect()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found
