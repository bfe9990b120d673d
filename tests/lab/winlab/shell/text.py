# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Localised words of cmd.exe, reg.exe and sc.exe.

The English texts are well known. German texts and the texts of the 5.x tools are plausible rather than proven; nothing
that reads them may depend on the wording. Numbers and state tokens of sc.exe are the same in every language.

[ledger: reg-output-page]

[ledger: host-texts-localised]
"""

from __future__ import annotations

from collections.abc import Mapping

_EN: Mapping[str, str] = {
    "cmd.unknown": (
        "'{name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
    ),
    "cmd.too_long": "The command line is too long.\r\n",
    "cmd.syntax": "The syntax of the command is incorrect.\r\n",
    "cmd.unexpected": "{token} was unexpected at this time.\r\n",
    "cmd.no_file": "The system cannot find the file specified.\r\n",
    "cmd.denied": "Access is denied.\r\n",
    "cmd.echo_on": "ECHO is on.\r\n",
    "cmd.echo_off": "ECHO is off.\r\n",
    "cmd.no_variable": "Environment variable {name} not defined\r\n",
    "reg.done": "The operation completed successfully.\r\n",
    "reg.missing": "ERROR: The system was unable to find the specified registry key or value.\r\n",
    "reg.missing5": "\r\nError:  The system was unable to find the specified registry key or value\r\n",
    "reg.syntax": 'ERROR: Invalid syntax.\r\nType "REG {verb} /?" for usage.\r\n',
    "reg.bad_key": "ERROR: Invalid key name.\r\n",
    "reg.bad_data": "ERROR: Invalid data for the type {kind}.\r\n",
    "reg.no_files": "ERROR: Unable to write to the file. There may be a disk or file system error.\r\n",
    "reg.confirm": "Permanently delete the registry key {path} (Yes/No)? ",
    "reg.cancelled": "The operation was canceled by the user.\r\n",
    "reg.default": "(Default)",
    "reg.found": "End of search: {count} match(es) found.\r\n",
    "sc.type": "TYPE",
    "sc.state": "STATE",
    "sc.win32_exit": "WIN32_EXIT_CODE",
    "sc.service_exit": "SERVICE_EXIT_CODE",
    "sc.checkpoint": "CHECKPOINT",
    "sc.wait_hint": "WAIT_HINT",
    "sc.start_type": "START_TYPE",
    "sc.error_control": "ERROR_CONTROL",
    "sc.binary": "BINARY_PATH_NAME",
    "sc.group": "LOAD_ORDER_GROUP",
    "sc.tag": "TAG",
    "sc.display": "DISPLAY_NAME",
    "sc.dependencies": "DEPENDENCIES",
    "sc.account": "SERVICE_START_NAME",
    "sc.success": "[SC] {call} SUCCESS\r\n",
    "sc.failed": "[SC] {call} FAILED {code}:\r\n\r\n{text}\r\n\r\n",
    "sc.usage": (
        "DESCRIPTION:\r\n        SC is a command line program used for communicating with the\r\n"
        "        Service Control Manager and services.\r\n"
        "USAGE:\r\n        sc <server> [command] [service name] <option1> <option2>...\r\n"
    ),
    "error.1056": "An instance of the service is already running.",
    "error.1058": (
        "The service cannot be started, either because it is disabled or because it has no enabled devices associated"
        " with it."
    ),
    "error.1060": "The specified service does not exist as an installed service.",
    "error.1062": "The service has not been started.",
    "error.1068": "The dependency service or group failed to start.",
    "error.1051": "A stop control has been sent to a service that other running services are dependent on.",
    "error": "The service control manager answered with error {code}.",
    "ps.error": "{line} : The lab runs constant native command lines only; this needs PowerShell's own grammar.\r\n",
    "ps.unknown": (
        "{name} : The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable"
        " program.\r\n"
    ),
    "ps.no_class": 'Get-CimInstance : Invalid class "{name}"\r\n',
    "wmic.syntax": "Invalid GET Expression.\r\n",
    "wmic.no_class": "Node - {host}\r\r\nERROR:\r\r\nDescription = Invalid class\r\r\n",
    "wmic.no_property": "Node - {host}\r\r\nERROR:\r\r\nDescription = Invalid query\r\r\n",
    "wevtutil.failed": "Failed to read events. Error {code}.\r\n",
}

_DE: Mapping[str, str] = {
    "cmd.unknown": ('Der Befehl "{name}" ist entweder falsch geschrieben oder\r\nkonnte nicht gefunden werden.\r\n'),
    "cmd.too_long": "Die Befehlszeile ist zu lang.\r\n",
    "cmd.syntax": "Syntaxfehler.\r\n",
    "cmd.unexpected": '"{token}" kann syntaktisch an dieser Stelle nicht verarbeitet werden.\r\n',
    "cmd.no_file": "Das System kann die angegebene Datei nicht finden.\r\n",
    "cmd.denied": "Zugriff verweigert\r\n",
    "cmd.echo_on": "ECHO ist eingeschaltet (ON).\r\n",
    "cmd.echo_off": "ECHO ist ausgeschaltet (OFF).\r\n",
    "cmd.no_variable": "Die Umgebungsvariable {name} ist nicht definiert.\r\n",
    "reg.done": "Der Vorgang wurde erfolgreich beendet.\r\n",
    "reg.missing": "FEHLER: Der angegebene Registrierungsschlüssel bzw. Wert wurde nicht gefunden.\r\n",
    "reg.missing5": "\r\nFehler:  Der angegebene Registrierungsschlüssel oder Wert wurde nicht gefunden\r\n",
    "reg.syntax": 'FEHLER: Ungültige Syntax.\r\nGeben Sie "REG {verb} /?" ein, um die Syntax anzuzeigen.\r\n',
    "reg.bad_key": "FEHLER: Ungültiger Schlüsselname.\r\n",
    "reg.bad_data": "FEHLER: Ungültige Daten für den Typ {kind}.\r\n",
    "reg.no_files": "FEHLER: In die Datei kann nicht geschrieben werden.\r\n",
    "reg.confirm": "Möchten Sie den Registrierungsschlüssel {path} dauerhaft löschen (Ja/Nein)? ",
    "reg.cancelled": "Der Vorgang wurde durch den Benutzer abgebrochen.\r\n",
    "reg.default": "(Standard)",
    "reg.found": "Suche beendet: {count} Übereinstimmung(en) gefunden.\r\n",
    "sc.type": "TYP",
    "sc.state": "STATUS",
    "sc.win32_exit": "WIN32_EXITCODE",
    "sc.service_exit": "DIENST_EXITCODE",
    "sc.checkpoint": "PRÜFPUNKT",
    "sc.wait_hint": "WARTEHINWEIS",
    "sc.start_type": "STARTTYP",
    "sc.error_control": "FEHLERSTEUERUNG",
    "sc.binary": "BINÄRPFADNAME",
    "sc.group": "LADEREIHENFOLGEGRUPPE",
    "sc.tag": "TAG",
    "sc.display": "ANZEIGENAME",
    "sc.dependencies": "ABHÄNGIGKEITEN",
    "sc.account": "DIENST_START_NAME",
    "sc.success": "[SC] {call} ERFOLG\r\n",
    "sc.failed": "[SC] {call} FEHLER {code}:\r\n\r\n{text}\r\n\r\n",
    "sc.usage": (
        "BESCHREIBUNG:\r\n        SC ist ein Befehlszeilenprogramm für die Kommunikation mit dem\r\n"
        "        Dienststeuerungs-Manager und den Diensten.\r\n"
        "SYNTAX:\r\n        sc <Server> [Befehl] [Dienstname] <Option1> <Option2>...\r\n"
    ),
    "error.1056": "Es wird bereits eine Instanz des Dienstes ausgeführt.",
    "error.1058": (
        "Der angegebene Dienst kann nicht gestartet werden. Er ist deaktiviert oder nicht mit aktivierten Geräten"
        " verbunden."
    ),
    "error.1060": "Der angegebene Dienst ist kein installierter Dienst.",
    "error.1062": "Der Dienst wurde nicht gestartet.",
    "error.1068": "Der Abhängigkeitsdienst oder die Abhängigkeitsgruppe konnte nicht gestartet werden.",
    "error.1051": "Ein Dienst, von dem andere Dienste abhängen, soll beendet werden.",
    "error": "Der Dienststeuerungs-Manager meldet den Fehler {code}.",
    "ps.error": "{line} : Das Labor führt nur feste Befehlszeilen aus; dies verlangt PowerShells Grammatik.\r\n",
    "ps.unknown": '{name} : Die Benennung "{name}" wurde nicht als Name eines Programms erkannt.\r\n',
    "ps.no_class": 'Get-CimInstance : Ungültige Klasse "{name}"\r\n',
    "wmic.syntax": "Ungültiger GET-Ausdruck.\r\n",
    "wmic.no_class": "Knoten - {host}\r\r\nFEHLER:\r\r\nBeschreibung = Ungültige Klasse\r\r\n",
    "wmic.no_property": "Knoten - {host}\r\r\nFEHLER:\r\r\nBeschreibung = Ungültige Abfrage\r\r\n",
    "wevtutil.failed": "Fehler beim Lesen von Ereignissen. Fehlercode {code}.\r\n",
}

_LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": _EN, "de": _DE}


def phrase(language: str, key: str, **values: object) -> str:
    """Return the text of a key in a language (two letters), with its placeholders filled in.

    :raises KeyError: for a language or a key that the lab does not know.
    """
    return _LANGUAGES[language][key].format(**values)


def windows_error(language: str, code: int) -> str:
    """Return the sentence of a Windows error number of the service control manager."""
    words = _LANGUAGES[language]
    return words.get(f"error.{code}", words["error"].format(code=code))
