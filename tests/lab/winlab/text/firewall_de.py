# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""German words of the firewall contexts of netsh."""

from __future__ import annotations

from collections.abc import Mapping

FIREWALL: Mapping[str, str] = {
    "ok": "OK.",
    "deleted": "{count} Regel(n) wurde(n) gelöscht.",
    "updated": "{count} Regel(n) wurde(n) aktualisiert.",
    "no_match": "Keine Regel entspricht den angegebenen Kriterien.",
    "no_service": "Der Firewalldienst ist nicht erreichbar. Prüfen Sie, ob er ausgeführt wird.",
    "bad_value": "Der für '{tag}' angegebene Wert '{value}' ist ungültig.",
    "missing": "Das Argument '{tag}' wird benötigt.",
    "ports": "Ports sind nur mit den Protokollen TCP und UDP zulässig.",
    "no_opening": "Eine solche Portöffnung gibt es nicht.",
    "yes": "Ja",
    "no": "Nein",
    "any": "Beliebig",
    "in": "Eingehend",
    "out": "Ausgehend",
    "allow": "Zulassen",
    "block": "Blocken",
    "bypass": "Umgehen",
    "domain": "Domäne",
    "private": "Privat",
    "public": "Öffentlich",
    "standard": "Standard",
    "on": "EIN",
    "off": "AUS",
    "enable": "Aktivieren",
    "disable": "Deaktivieren",
    "rule_name": "Regelname",
    "description": "Beschreibung",
    "enabled": "Aktiviert",
    "direction": "Richtung",
    "profiles": "Profile",
    "grouping": "Gruppierung",
    "local_ip": "Lokales IP",
    "remote_ip": "Remote-IP",
    "protocol": "Protokoll",
    "local_port": "Lokaler Port",
    "remote_port": "Remoteport",
    "edge": "Edgeausnahme",
    "program": "Programm",
    "service": "Dienst",
    "action": "Aktion",
    "profile_settings": "Einstellungen für das Profil '{profile}':",
    "state": "Status",
    "firewall_policy": "Firewallrichtlinie",
    "openings": "Portkonfiguration für das Profil '{profile}':",
    "mode": "Modus",
    "port": "Port",
    "name": "Name",
    "scope": "Bereich",
    "opmode": "Betriebsmodus",
    "exceptions": "Ausnahmemodus",
}

RESOURCES: Mapping[int, str] = {
    25000: "Kernnetzwerk",
    25301: "Kernnetzwerk - Dynamic Host Configuration-Protokoll (DHCP eingehend)",
    25326: "Kernnetzwerk - Teredo (UDP eingehend)",
    28502: "Datei- und Druckerfreigabe",
    28515: "Datei- und Druckerfreigabe (SMB ausgehend)",
    28543: "Datei- und Druckerfreigabe (Echoanforderung - ICMPv4 eingehend)",
    30253: "Windows-Remoteverwaltung (HTTP eingehend)",
    30254: "Windows-Remoteverwaltung (HTTPS eingehend)",
    30256: "Lässt die Remoteverwaltung über HTTP zu.",
    30267: "Windows-Remoteverwaltung",
}
