# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""German words of `netsh ipsec dynamic`."""

from __future__ import annotations

from collections.abc import Mapping

DYNAMIC: Mapping[str, str] = {
    "main_modes": "Hauptmodusassoziationen (Text des Labors)",
    "quick_modes": "Schnellmodusassoziationen (Text des Labors)",
    "statistics": "IPsec-Statistik (Text des Labors)",
    "count": "Anzahl der Assoziationen",
    "source": "Quelladresse",
    "destination": "Zieladresse",
    "offer": "Angebot",
    "protocol": "Protokoll",
    "source_port": "Quellport",
    "destination_port": "Zielport",
    "active": "Aktive Assoziationen",
    "pending": "Ausstehende Schlüsselvorgänge",
    "incorrect_spi": "Unzulässige SPI-Pakete",
    "bytes_sent": "Gesendete Transportbytes",
    "bytes_received": "Empfangene Transportbytes",
    "plaintext": "Empfangene Klartextpakete",
    "failures": "Fehlgeschlagene Aushandlungen",
}
