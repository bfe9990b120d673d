# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host says of itself, and how its programs answer. Each check is one generator of points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._policies.codec.guids import PREDEFINED
from .._windows.queries import Section
from .._windows.timer import SECONDS_PER_MINUTE, minutes
from .cleanup import KEY, TASK
from .model import Point, point, unasked
from .talk import Talk

_CODE_PAGES = r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage"
# The longest interval that schtasks takes is 1439 minutes.
_NEARLY_A_DAY = 1439 * SECONDS_PER_MINUTE


def version(talk: Talk) -> Iterator[Point]:
    """Read version and code page, as every task does."""
    found = talk.read()
    yield point("ver-has-numbers", "ver prints the numbers", True, found.version.build > 0)
    yield point("netsh-exists-from-2003", "netsh ipsec is there", True, found.version.has_legacy_netsh)


def predefined(talk: Talk) -> Iterator[Point]:
    """Look for the objects that Windows brings along: only those before Vista have some in the local store."""
    talk.read()
    found = any(each.identity in PREDEFINED for each in talk.stored())
    about = "force-predefined-2003" if talk.version.ikeext else "force-predefined-2003 data-predefined-guids"
    yield point(about, "predefined objects are there", not talk.version.ikeext, found)


def code_page(talk: Talk) -> Iterator[Point]:
    """Read the OEM code page."""
    asked = talk.ask({"oem": f"reg.exe query {_CODE_PAGES} /v OEMCP"})["oem"]
    yield point("oem-page-in-registry", "the value OEMCP is there", True, asked.code == 0 and "REG_SZ" in asked.text)


def services(talk: Talk) -> Iterator[Point]:
    """Read the services."""
    found = talk.read()
    expected = ["IKEEXT", "PolicyAgent"] if found.version.ikeext else ["PolicyAgent"]
    yield point("host-ikeext host-start-value", "services that are there", expected, list(found.services))


def service_texts(talk: Talk) -> Iterator[Point]:
    """Read what sc prints."""
    asked = talk.ask({"agent": "sc.exe query PolicyAgent", "none": "sc.exe query winsec-confirm-none"})
    states = any(word in asked["agent"].text for word in ("RUNNING", "STOPPED", "PENDING"))
    yield point("host-sc-state", "sc prints the word of the state", True, states)
    yield point("host-sc-missing-1060", "code of sc for a service that is not there", 1060, asked["none"].code)
    yield unasked("host-sc-config-blank", "sc config without the blank", "It would change a service.")


def exit_codes(talk: Talk) -> Iterator[Point]:
    """Run single commands of netsh."""
    name = talk.name("X list")
    line = "netsh.exe ipsec static"
    asked = talk.ask(
        {
            "made": f'{line} add filterlist name="{name}"',
            "again": f'{line} add filterlist name="{name}"',
            "missing": f'{line} delete filterlist name="{talk.name("X nobody made")}"',
            "context": line,
        }
    )
    for about, what, expected in (
        ("netsh-exit-codes", "made", 0),
        ("netsh-exit-codes", "again", 0),
        ("netsh-exit-codes", "missing", 1),
        ("netsh-context-alone", "context", 1),
    ):
        yield point(about, f"exit code: {what}", expected, asked[what].code)


def registry_form(talk: Talk) -> Iterator[Point]:
    """Read a key of the run's own."""
    commands = [f"reg.exe add {KEY} /f", f"reg.exe add {KEY}\\beta /f", f"reg.exe add {KEY}\\Alpha /f"]
    empty = talk.ask({"empty": f"reg.exe query {KEY}\\beta"}, commands)["empty"]
    values = [
        f"reg.exe add {KEY} /v text /d two_words /f",
        f"reg.exe add {KEY} /v many /t REG_MULTI_SZ /d one\\0two /f",
        f"reg.exe add {KEY} /v bytes /t REG_BINARY /d 0aff /f",
    ]
    asked = talk.ask({"key": f"reg.exe query {KEY}", "none": f"reg.exe query {KEY}\\none"}, values)
    new = talk.version.ikeext
    yield point("reg-error-code", "code of reg for a key that is not there", 1, asked["none"].code)
    about = "reg-empty-key-unnamed" if new else "reg-empty-key-5"
    yield point(about, "a key without values is named", not new, "beta" in empty.text)
    yield from _form(asked, new)
    text = asked["key"].text
    order = sorted(("Alpha", "beta"), key=text.find)
    yield point("reg-keys-sorted", "order of keys", ["Alpha", "beta"], order)
    values_in_order = sorted(("text", "many", "bytes"), key=text.find)
    yield point("reg-keys-sorted", "order of values", ["text", "many", "bytes"], values_in_order)
    yield unasked("reg-export-form", "reg export", "It would make a file on the host.")


def _form(asked: Mapping[str, Section], new: bool) -> Iterator[Point]:
    text = asked["key"].text
    lines = [line.rstrip() for line in text.splitlines()]
    if new:
        wanted = ["    text    REG_SZ    two_words", "    many    REG_MULTI_SZ    one\\0two"]
        for line in wanted:
            about = "reg-query-form-6 reg-query-multi" if "many" in line else "reg-query-form-6"
            yield point(about, f"the line {line.split()[0]!r}", True, line in lines)
        yield point("reg-query-form-6", "a banner", False, "! REG.EXE VERSION" in text)
    else:
        yield point("reg-query-form-5", "a banner", True, "! REG.EXE VERSION" in text)
        many = next((line.split()[-1] for line in lines if "REG_MULTI_SZ" in line), "")
        yield point("reg-query-multi", "a list of texts", "one\\0two", many.removesuffix("\\0\\0"))
    found = next((line.split()[-1] for line in lines if "REG_BINARY" in line), "")
    yield point("reg-query-binary", "binary data", "0AFF", found)


def task(talk: Talk) -> Iterator[Point]:
    """Make a task that does nothing, overwrite it, and remove it; a day passes before it would run."""
    create = (
        f'schtasks.exe /create /f /tn {TASK} /ru SYSTEM /sc MINUTE /mo {minutes(_NEARLY_A_DAY)} /tr "cmd.exe /c exit"'
    )
    query = f"schtasks.exe /query /tn {TASK}"
    asked = talk.ask(
        {
            "before": query,
            "made": create,
            "there": query,
            "again": create,
            "gone": f"schtasks.exe /delete /tn {TASK} /f",
            "after": query,
        }
    )
    codes = {name: "0" if section.code == 0 else "not 0" for name, section in asked.items()}
    about = "host-schtasks-query"
    yield point(
        about,
        "query before, with and after the task",
        ["not 0", "0", "not 0"],
        [codes["before"], codes["there"], codes["after"]],
    )
    about = "host-schtasks-system host-schtasks-limits"
    yield point(about, "made, and made again with /f", ["0", "0"], [codes["made"], codes["again"]])
    yield unasked(
        "host-schtasks-minute", "the time of the first run", "What schtasks prints is in the host's language."
    )
