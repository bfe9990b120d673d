# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One data plane for all that sends real packets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from winlab.kernel.carrier import Carrier, carrier
from winlab.kernel.packages import Unavailable


@pytest.fixture(name="plane", scope="session")
def data_plane() -> Iterator[Carrier]:
    """Bring it up; where it cannot be, tests are skipped with the reason."""
    try:
        with carrier(print) as found:
            yield found
    except Unavailable as reason:
        pytest.skip(str(reason))
