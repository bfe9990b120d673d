# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles of confirmation runs: checks one, shows what would be sent, and turns what it says into states of the ledger.

``python tools/bundle.py check FILE``, ``show FILE``, ``ledger FILE [--name NAME]``: the last one writes docs/ledger.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from ledger import FOLDER, read_ledger, subject_files

FORM = 1
KEYS = {"form", "windows", "left_behind", "checks", "pieces", "exchanges"}
STATES = ("confirmed", "differs", "not_asked")
_OURS = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "0.0.0.0/32", "255.0.0.0/8")))
_ADDRESS = re.compile(r"(?<![0-9.{-])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.-])")
_PERSONAL = {"an account": re.compile(r"S-1-5-21-|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")}
_LONGEST_ANSWER = 200


def findings(bundle: Any) -> Iterator[str]:
    """Yield what is wrong with a bundle, or what it must not hold."""
    if not isinstance(bundle, dict) or bundle.get("form") != FORM:
        yield f"It is no bundle of form {FORM}."
        return
    if set(bundle) != KEYS:
        yield f"It has other keys than {', '.join(sorted(KEYS))}."
        return
    known = {check.name for check in read_ledger().checks}
    for check in bundle["checks"]:
        if check.get("check") not in known or check.get("state") not in STATES:
            yield f"The check {check.get('check')!r} is not in the ledger, or has no known state."
    for place, text in _texts(bundle):
        for found in _ADDRESS.findall(text):
            if not _is_ours(found):
                yield f"{place} holds the address {found}."
        for what, pattern in _PERSONAL.items():
            if pattern.search(text):
                yield f"{place} holds {what}."


def _is_ours(text: str) -> bool:
    try:
        return any(ip_address(text) in network for network in _OURS)
    except ValueError:
        return True


def _texts(value: Any, place: str = "bundle") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{place}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}[{number}]")


def shown(bundle: Any) -> Iterator[str]:
    """Yield what would be sent, for people: outcomes, then every line with what was said to it."""
    yield f"Windows {bundle['windows']}"
    for check in bundle["checks"]:
        yield f"{check['check']:24} {check['state']} {check['reason']}".rstrip()
        for point in check["points"]:
            if point["state"] == "differs":
                yield f"    {point['what']}: expected {point['expected']!r}, seen {point['seen']!r}"
    for exchange in bundle["exchanges"]:
        yield f"--- {exchange['line']}"
        yield from (f"> {line}" for line in exchange["sent"])
        said = "".join(bundle["pieces"][number] for number in exchange["said"])
        yield from (f"< {line}" for line in said.splitlines())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a bundle says of one statement; ``answer`` is what differs."""

    statement: str
    state: str
    answer: str = ""


def outcomes(bundle: Any) -> dict[str, Outcome]:
    """Return by statement what a bundle says of it: it differs where one point differs, else it is confirmed."""
    found: dict[str, Outcome] = {}
    for check in bundle["checks"]:
        for point in check["points"]:
            for name in point["about"]:
                if point["state"] == "differs":
                    text = f"{point['what']}: expected {point['expected']}, seen {point['seen']}"
                    found[name] = Outcome(name, "differs", text[:_LONGEST_ANSWER])
                elif point["state"] == "confirmed":
                    found.setdefault(name, Outcome(name, "confirmed"))
    return found


def _seen(outcome: Outcome, version: str, name: str) -> str:
    lines = [f"      - version: {json.dumps(version)}", f"        bundle: {json.dumps(name)}"]
    lines += [f"        answer: {json.dumps(' '.join(outcome.answer.split()))}"] if outcome.answer else []
    return "\n".join(lines) + "\n"


_STATEMENT = re.compile(r"  - id: (?P<name>\S+)\n(?:    .*\n|\n(?=    ))*")
_STATE = re.compile(r"    state: (?P<state>\w+)\n(?:    seen:\n(?P<seen>(?:      .*\n)*))?")


def applied(text: str, found: dict[str, Outcome], version: str, name: str) -> str:
    """Return a file of the ledger with the states that a bundle gives; what is proven here stays so.

    A statement that differs once differs. The same bundle twice changes nothing.
    """

    def statement(match: re.Match[str]) -> str:
        outcome = found.get(match["name"])
        if outcome is None:
            return match[0]

        def state(old: re.Match[str]) -> str:
            seen = old["seen"] or ""
            if old["state"] == "proven" or f"bundle: {json.dumps(name)}" in seen:
                return old[0]
            word = "differs" if "differs" in (old["state"], outcome.state) else "confirmed"
            return f"    state: {word}\n    seen:\n{seen}{_seen(outcome, version, name)}"

        return _STATE.sub(state, match[0])

    return _STATEMENT.sub(statement, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 where the bundle has something that it must not have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["check", "show", "ledger"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--name", default="", help="how the ledger names the bundle; the name of the file without it")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the folder of the ledger")
    given = parser.parse_args(arguments)
    bundle = json.loads(given.file.read_text(encoding="utf-8"))
    found = list(findings(bundle))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    if found:
        return 1
    if given.command == "show":
        print("\n".join(shown(bundle)))
    elif given.command == "ledger":
        for path in subject_files(given.folder):
            text = path.read_text(encoding="utf-8")
            new = applied(text, outcomes(bundle), bundle["windows"], given.name or given.file.name)
            if new != text:
                path.write_text(new, encoding="utf-8")
    else:
        print(f"{given.file}: nothing personal was found; look at it with 'show' before you send it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
