# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""schtasks.exe: create, delete, query, run and end (Microsoft Learn, schtasks).

Schedules: MINUTE, whose first run is `/mo` minutes after the creation, and ONCE at `/st HH:mm`. Dates are not taken:
their order depends on the machine. Lab's choices: the host's time zone is UTC; exit codes are 0 and 1; only the account
SYSTEM does without a password; a task never runs while a command does, so `/end` can only take back a `/run`.

[ledger: host-schtasks-minute, host-schtasks-system, host-schtasks-query]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..host import Host
from ..tasks import Task
from .schtasks_text import words
from .streams import Input, Sink

NAME_LIMIT = 238
COMMAND_LIMIT = 262
_LONGEST_STEP = 1439
_LIMITS = {"tn": NAME_LIMIT, "tr": COMMAND_LIMIT}
_SYSTEM = {"", "system", r"nt authority\system"}
# A quote inside a quoted word is written \" ; other backslashes stand for themselves.
_WORD = re.compile(r'(?:[^\s"]|"(?:\\"|[^"])*")+')
_QUOTE = re.compile(r'\\"|"')
_CLOCK_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?")
_TAKES = {
    "create": {
        "tn": True,
        "tr": True,
        "sc": True,
        "mo": True,
        "st": True,
        "ru": True,
        "rp": True,
        "f": False,
        "z": False,
    },
    "delete": {"tn": True, "f": False},
    "query": {"tn": True, "fo": True, "nh": False},
    "run": {"tn": True},
    "end": {"tn": True},
}


class _Refused(Exception):
    """An error: key of the text, and its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class _Call:
    """One call: the host, its handles, the verb and the switches (lower case; an empty text without argument)."""

    host: Host
    stdin: Input
    out: Sink
    verb: str
    switches: dict[str, str]

    def say(self, key: str, **values: object) -> None:
        """Print a text."""
        self.out(_encode(self.host, words(self.host.language, key, **values)))

    def wrong(self, what: str = "") -> _Refused:
        """Return the complaint about the syntax."""
        return _Refused("syntax", what=what, verb=f"/{self.verb.upper()}")

    def agrees(self, key: str, **values: object) -> bool:
        """Ask, and read one line of standard input."""
        self.say(key, **values)
        answer = self.stdin.readline().decode("ascii", "ignore").strip().lower()
        if answer[:1] == words(self.host.language, "yes"):
            return True
        self.say("cancelled")
        return False

    def name(self) -> str:
        """Return the name of the task without the backslash of the root folder."""
        text = self.switches.get("tn", "").lstrip("\\")
        if not text:
            raise self.wrong("/tn")
        return text

    def task(self) -> Task:
        """Return the task that is meant."""
        found = self.host.tasks.get(self.name().lower())
        if found is None:
            raise _Refused("missing", name=self.name())
        return found


def main(host: Host, arguments: str, stdin: Input, out: Sink, err: Sink) -> int:
    """Run as `schtasks.exe ARGUMENTS`; returns 0, or 1 for every error."""
    try:
        call = _parse(host, arguments, stdin, out)
        _VERBS[call.verb](call)
    except _Refused as refused:
        err(_encode(host, words(host.language, refused.key, **refused.values)))
        return 1
    return 0


def _encode(host: Host, text: str) -> bytes:
    return text.encode(host.oem_encoding, "replace")


def _parse(host: Host, arguments: str, stdin: Input, out: Sink) -> _Call:
    texts = [_QUOTE.sub(lambda found: found[0][1:], each) for each in _WORD.findall(arguments)]
    # Without a verb schtasks queries.
    verb = texts.pop(0)[1:].lower() if texts and texts[0][:1] == "/" and texts[0][1:].lower() in _TAKES else "query"
    call = _Call(host, stdin, out, verb, {})
    rest = iter(texts)
    for text in rest:
        switch = text[1:].lower()
        takes = _TAKES[verb].get(switch)
        if text[:1] not in "/-" or takes is None or switch in call.switches:
            raise call.wrong(text)
        value = next(rest, None) if takes else ""
        if value is None:
            raise call.wrong(text)
        if len(value) > _LIMITS.get(switch, len(value)):
            limit = _LIMITS[switch]
            raise call.wrong(words(host.language, "too_long", switch=text, limit=limit))
        call.switches[switch] = value
    return call


def _create(call: _Call) -> None:
    name, command = call.name(), call.switches.get("tr", "")
    if not command.strip():
        raise call.wrong("/tr")
    account = call.switches.get("ru", "Administrator")
    if account.lower() in _SYSTEM:
        account = "SYSTEM"
    elif "ru" in call.switches and "rp" not in call.switches:
        raise _Refused("password", account=account)
    now = call.host.clock.now()
    task = Task(name, command, account, None, delete_after="z" in call.switches)
    match call.switches.get("sc", "").lower():
        case "minute":
            task.every_minutes = _step(call)
            task.next_run = now + task.every_minutes * 60
        case "once":
            task.next_run = _today(call, now)
        case other:
            raise call.wrong(f"/sc {other}")
    if name.lower() in call.host.tasks and "f" not in call.switches and not call.agrees("replace", name=name):
        return
    if task.next_run < now:
        call.say("early")
        task.next_run = None
    call.host.tasks[name.lower()] = task
    call.say("created", name=name)


def _step(call: _Call) -> int:
    text = call.switches.get("mo", "1")
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST_STEP:
        raise call.wrong(f"/mo {text}")
    return int(text)


def _today(call: _Call, now: float) -> float:
    """Return the Unix second of the time of day in /st."""
    found = _CLOCK_TIME.fullmatch(call.switches.get("st", ""))
    if found is None or "mo" in call.switches:
        raise call.wrong("/st")
    today = datetime.fromtimestamp(now, UTC)
    return today.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0).timestamp()


def _delete(call: _Call) -> None:
    everything = call.name() == "*"
    doomed = list(call.host.tasks.values()) if everything else [call.task()]
    if "f" not in call.switches and not call.agrees("remove", name=call.name()):
        return
    for task in doomed:
        del call.host.tasks[task.name.lower()]
        call.say("deleted", name=task.name)


def _run(call: _Call) -> None:
    task = call.task()
    task.wanted = True
    call.say("run", name=task.name)


def _end(call: _Call) -> None:
    task = call.task()
    if not task.wanted:
        raise _Refused("idle")
    task.wanted = False
    call.say("ended", name=task.name)


def _query(call: _Call) -> None:
    form = call.switches.get("fo", "table").lower()
    if form not in ("csv", "list", "table") or ("nh" in call.switches and form == "list"):
        raise call.wrong(f"/fo {form}")
    chosen = [call.task()] if "tn" in call.switches else list(call.host.tasks.values())
    if not chosen:
        call.say("empty")
        return
    language = call.host.language
    head = tuple(words(language, key) for key in ("name", "next", "status"))
    rows = [_row(call, task) for task in chosen]
    shown = rows if "nh" in call.switches else [head, *rows]
    if form == "csv":
        text = "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in shown)
    elif form == "list":
        lines = ("".join(f"{label + ':':<15}{cell}\r\n" for label, cell in zip(head, row, strict=True)) for row in rows)
        text = "".join(f"\r\n{each}" for each in lines)
    else:
        ruled = shown if "nh" in call.switches else [head, ("=" * 40, "=" * 22, "=" * 15), *rows]
        text = "\r\n" + "".join(f"{row[0]:<40} {row[1]:<22} {row[2]:<15}\r\n" for row in ruled)
    call.out(_encode(call.host, text))


def _row(call: _Call, task: Task) -> tuple[str, str, str]:
    when = "N/A"
    if task.next_run is not None:
        when = datetime.fromtimestamp(task.next_run, UTC).strftime(words(call.host.language, "time"))
    # Folders came with Vista, and with them the backslash in front.
    shown = f"\\{task.name}" if call.host.version.has_ikeext else task.name
    return shown, when, words(call.host.language, "ready")


_VERBS: dict[str, Callable[[_Call], None]] = {
    "create": _create,
    "delete": _delete,
    "query": _query,
    "run": _run,
    "end": _end,
}
