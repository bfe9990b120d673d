# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Localised words of schtasks.exe. All of them are plausible rather than proven; nothing may depend on the wording.

[ledger: host-texts-localised]
"""

from __future__ import annotations

from collections.abc import Mapping

_EN: Mapping[str, str] = {
    "created": 'SUCCESS: The scheduled task "{name}" has successfully been created.\r\n',
    "deleted": 'SUCCESS: The scheduled task "{name}" was successfully deleted.\r\n',
    "run": 'SUCCESS: Attempted to run the scheduled task "{name}".\r\n',
    "ended": 'SUCCESS: The scheduled task "{name}" has been terminated successfully.\r\n',
    "replace": 'WARNING: The task name "{name}" already exists. Do you want to replace it (Y/N)? ',
    "remove": 'WARNING: Are you sure you want to remove the task "{name}" (Y/N)? ',
    "cancelled": "The operation has been cancelled.\r\n",
    "early": "WARNING: The task may not run because /ST is earlier than current time.\r\n",
    "missing": 'ERROR: The specified task name "{name}" does not exist in the system.\r\n',
    "idle": "ERROR: There is no running instance of the task.\r\n",
    "empty": "INFO: There are no scheduled tasks presently available at your access level.\r\n",
    "syntax": 'ERROR: Invalid syntax. {what}\r\nType "SCHTASKS {verb} /?" for usage.\r\n',
    "too_long": "Value for '{switch}' cannot be more than {limit} character(s).",
    "password": "ERROR: No password was given for the account {account}.\r\n",
    "name": "TaskName",
    "next": "Next Run Time",
    "status": "Status",
    "ready": "Ready",
    "yes": "y",
    "time": "%m/%d/%Y %I:%M:%S %p",
}

_DE: Mapping[str, str] = {
    "created": 'ERFOLGREICH: Der geplante Task "{name}" wurde erfolgreich erstellt.\r\n',
    "deleted": 'ERFOLGREICH: Der geplante Task "{name}" wurde erfolgreich gelöscht.\r\n',
    "run": 'ERFOLGREICH: Es wurde versucht, den geplanten Task "{name}" auszuführen.\r\n',
    "ended": 'ERFOLGREICH: Der geplante Task "{name}" wurde erfolgreich beendet.\r\n',
    "replace": 'WARNUNG: Der Taskname "{name}" ist bereits vorhanden. Möchten Sie ihn ersetzen (J/N)? ',
    "remove": 'WARNUNG: Möchten Sie den Task "{name}" wirklich entfernen (J/N)? ',
    "cancelled": "Der Vorgang wurde abgebrochen.\r\n",
    "early": "WARNUNG: Der Task wird möglicherweise nicht ausgeführt, da /ST vor der aktuellen Zeit liegt.\r\n",
    "missing": 'FEHLER: Der angegebene Taskname "{name}" ist im System nicht vorhanden.\r\n',
    "idle": "FEHLER: Es gibt keine laufende Instanz des Tasks.\r\n",
    "empty": "INFORMATION: Auf Ihrer Zugriffsebene sind keine geplanten Tasks verfügbar.\r\n",
    "syntax": 'FEHLER: Ungültige Syntax. {what}\r\nGeben Sie "SCHTASKS {verb} /?" ein, um die Syntax anzuzeigen.\r\n',
    "too_long": "Der Wert für '{switch}' darf höchstens {limit} Zeichen lang sein.",
    "password": "FEHLER: Für das Konto {account} wurde kein Kennwort angegeben.\r\n",
    "name": "Aufgabenname",
    "next": "Nächste Laufzeit",
    "status": "Status",
    "ready": "Bereit",
    "yes": "j",
    "time": "%d.%m.%Y %H:%M:%S",
}

_LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": _EN, "de": _DE}


def words(language: str, key: str, **values: object) -> str:
    """Return the text of a key in a language (two letters), with its placeholders filled in; KeyError if unknown."""
    text = _LANGUAGES[language][key]
    return text.format(**values) if values else text
