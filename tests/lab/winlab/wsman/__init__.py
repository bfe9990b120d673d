# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WinRM endpoint of the simulated hosts: WS-Management over HTTP with the command shell resource (MS-WSMV)."""

from __future__ import annotations

from .codes import FaultCode
from .endpoint import Endpoint
from .faultplan import Effect, Fault, FaultPlan
from .limits import Limits
from .server import Server

__all__ = [
    "Effect",
    "Endpoint",
    "Fault",
    "FaultCode",
    "FaultPlan",
    "Limits",
    "Server",
]
