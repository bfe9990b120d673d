# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""English words of `netsh ipsec dynamic`."""

from __future__ import annotations

from collections.abc import Mapping

DYNAMIC: Mapping[str, str] = {
    "main_modes": "Main mode associations (text of the lab)",
    "quick_modes": "Quick mode associations (text of the lab)",
    "statistics": "IPsec statistics (text of the lab)",
    "count": "Number of associations",
    "source": "Source address",
    "destination": "Destination address",
    "offer": "Offer",
    "protocol": "Protocol",
    "source_port": "Source port",
    "destination_port": "Destination port",
    "active": "Active associations",
    "pending": "Pending key operations",
    "incorrect_spi": "Incorrect SPI packets",
    "bytes_sent": "Transport bytes sent",
    "bytes_received": "Transport bytes received",
    "plaintext": "Clear packets received",
    "failures": "Failed negotiations",
}
