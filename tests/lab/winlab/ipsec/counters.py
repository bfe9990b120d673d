# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the IPsec driver and the keying module of a host count. They begin with the host and are never reset."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Packets and bytes as the packets of the lab move them; negotiations that the host began, and those it joined.

    `bytes_sent` and `bytes_received` are those in transport mode. Soft associations count nowhere.
    """

    plaintext_packets_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    inbound_packets_received: int = 0
    inbound_packets_dropped: int = 0
    associations_added: int = 0
    main_mode_negotiations: int = 0
    main_mode_requests: int = 0
    main_mode_failures: int = 0
    main_mode_successes: int = 0
    quick_mode_negotiations: int = 0
    quick_mode_failures: int = 0
    quick_mode_successes: int = 0
