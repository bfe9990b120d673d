# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a firewall needs of the host that it guards."""

from __future__ import annotations

from typing import Protocol

from ..ipsec.packet import Address
from ..registry import Registry
from ..services import Serving
from ..versions import WindowsVersion
from .model import Profile


class Guarded(Serving, Protocol):
    """Rules and switches lie in its registry, and one of its services filters, for the network that it is on."""

    registry: Registry
    version: WindowsVersion
    addresses: tuple[Address, ...]
    profile: Profile
