# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""schtasks.exe of the lab, and the scheduler that runs what it makes."""

from __future__ import annotations

import threading
import time

import pytest

from winlab.clock import Clock
from winlab.host import Host
from winlab.scheduler import Scheduler, run_due
from winlab.shell import FILE_NOT_FOUND, Finished, run
from winlab.tasks import NEVER_RAN

CREATE = r"schtasks /create /tn undo /tr {command} /sc MINUTE /mo {minutes} /ru SYSTEM /f"
MARK = '"reg add HKLM\\SOFTWARE\\Mark /v Seen /d yes /f"'
START = 1_000_000.0


def typed(host: Host, line: str, answer: str = "") -> Finished:
    return run(host, line, answer.encode())


def still(version: str = "2016", language: str = "en") -> Host:
    host = Host.create("h", version, language)
    host.clock.set(START)
    return host


def create(host: Host, minutes: int = 5, command: str = MARK) -> None:
    assert typed(host, CREATE.format(command=command, minutes=minutes)).code == 0


def seen(host: Host) -> bool:
    return host.registry.get(r"HKLM\SOFTWARE\Mark", "Seen") is not None


def test_create_says_so_in_the_language_of_the_host() -> None:
    finished = typed(still(), CREATE.format(command=MARK, minutes=5))
    assert finished == Finished(b'SUCCESS: The scheduled task "undo" has successfully been created.\r\n', b"", 0)
    german = typed(still(language="de"), CREATE.format(command=MARK, minutes=5))
    assert german.stdout.startswith(b"ERFOLGREICH: ")


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016", "2025"])
def test_first_run_after_n_minutes_then_again_and_again(version: str) -> None:
    host = still(version)
    create(host, minutes=5)
    task = host.tasks["undo"]
    assert (task.account, task.last_result) == ("SYSTEM", NEVER_RAN)
    host.clock.advance(299)
    assert run_due(host) == 0
    assert not seen(host)
    host.clock.advance(1)
    assert run_due(host) == 1
    assert seen(host)
    assert (task.last_run, task.last_result) == (START + 300, 0)
    assert run_due(host) == 0
    host.clock.advance(300)
    assert run_due(host) == 1
    # Whatever was missed runs once, and the beat stays.
    host.clock.advance(1000)
    assert run_due(host) == 1
    assert task.next_run == START + 1800
    assert task.runs == 3


def test_delete_and_overwrite() -> None:
    host = still()
    create(host)
    create(host, minutes=7)
    assert host.tasks["undo"].every_minutes == 7
    assert typed(host, r"schtasks /delete /f /tn \UNDO").code == 0
    assert not host.tasks
    gone = typed(host, "schtasks /delete /f /tn undo")
    assert (gone.code, gone.stdout) == (1, b"")
    assert gone.stderr.startswith(b"ERROR: ")
    host.clock.advance(3600)
    assert run_due(host) == 0


@pytest.mark.parametrize(("language", "yes"), [("en", "Y"), ("de", "J")])
def test_without_f_it_asks(language: str, yes: str) -> None:
    host = still(language=language)
    create(host)
    again = CREATE.format(command=MARK, minutes=9).removesuffix(" /f")
    assert typed(host, again, "N\r\n").code == 0
    assert host.tasks["undo"].every_minutes == 5
    assert typed(host, again, f"{yes}\r\n").code == 0
    assert host.tasks["undo"].every_minutes == 9
    typed(host, "schtasks /delete /tn undo", "")
    assert host.tasks
    typed(host, "schtasks /delete /tn undo", f"{yes}\r\n")
    assert not host.tasks


def test_limits_of_name_and_command() -> None:
    host = still()
    fits = f'"hostname {"x" * 253}"'
    assert len(fits) == 262 + 2
    assert typed(host, f"schtasks /create /f /sc MINUTE /ru SYSTEM /tn {'n' * 238} /tr {fits}").code == 0
    long_name = typed(host, f"schtasks /create /f /sc MINUTE /ru SYSTEM /tn {'n' * 239} /tr hostname")
    long_command = typed(host, f'schtasks /create /f /sc MINUTE /ru SYSTEM /tn x /tr "hostname {"x" * 254}"')
    for refused, limit in ((long_name, b"238"), (long_command, b"262")):
        assert refused.code == 1
        assert limit in refused.stderr
    assert list(host.tasks) == ["n" * 238]


@pytest.mark.parametrize(
    "line",
    [
        "/create /tr hostname /sc MINUTE /ru SYSTEM",
        "/create /tn x /sc MINUTE /ru SYSTEM",
        "/create /tn x /tr hostname /ru SYSTEM",
        "/create /tn x /tr hostname /sc SOMETIMES /ru SYSTEM",
        "/create /tn x /tr hostname /sc MINUTE /mo 0 /ru SYSTEM",
        "/create /tn x /tr hostname /sc MINUTE /mo 1440 /ru SYSTEM",
        "/create /tn x /tr hostname /sc MINUTE /sd 01/02/2026 /ru SYSTEM",
        "/create /tn x /tr hostname /sc ONCE /ru SYSTEM",
        "/create /tn x /tr hostname /sc ONCE /st 25:00 /ru SYSTEM",
        "/create /tn x /tr hostname /sc MINUTE /ru Somebody",
        "/create /tn x /tn y /tr hostname /sc MINUTE /ru SYSTEM",
        "/create /tn",
        "/query /tn nobody",
        "/query /fo XML",
        "/run /tn nobody",
        "/end /tn nobody",
        "/dance",
    ],
)
def test_refusals(line: str) -> None:
    host = still()
    finished = typed(host, f"schtasks.exe {line}")
    assert finished.code == 1
    assert finished.stderr.startswith(b"ERROR: ")
    assert not host.tasks


def test_once() -> None:
    host = still()  # 13:46:40 UTC
    assert typed(host, "schtasks /create /tn a /tr hostname /sc once /st 13:50 /ru SYSTEM /z").code == 0
    early = typed(host, "schtasks /create /tn b /tr hostname /sc once /st 13:40 /ru SYSTEM")
    assert early.stdout.startswith(b"WARNING: ")
    host.clock.advance(200)
    assert run_due(host) == 1
    assert list(host.tasks) == ["b"]
    host.clock.advance(86_400)
    assert run_due(host) == 0


def test_quotes_inside_the_command() -> None:
    host = still()
    create(host, command=r'"netsh ipsec static add policy name=\"My policy\""')
    assert host.tasks["undo"].command == 'netsh ipsec static add policy name="My policy"'
    host.clock.advance(300)
    run_due(host)
    assert host.tasks["undo"].last_result == 0
    assert b"My policy" in typed(host, "netsh ipsec static show policy all").stdout


def test_no_command_shell_stands_in_between() -> None:
    host = still()
    create(host, minutes=1, command='"reg add HKLM\\SOFTWARE\\Mark /v Seen /d yes /f & hostname"')
    host.clock.advance(60)
    run_due(host)
    assert host.tasks["undo"].last_result == 1
    create(host, minutes=1, command='"nobody.exe /x"')
    host.clock.advance(60)
    run_due(host)
    assert host.tasks["undo"].last_result == FILE_NOT_FOUND
    create(host, minutes=1, command='"cmd.exe /c hostname & reg add HKLM\\SOFTWARE\\Mark /v Seen /d %username% /f"')
    host.clock.advance(60)
    run_due(host)
    value = host.registry.get(r"HKLM\SOFTWARE\Mark", "Seen")
    assert value is not None
    assert value.data == "SYSTEM"


def test_run_and_end() -> None:
    host = still()
    create(host)
    idle = typed(host, "schtasks /end /tn undo")
    assert idle.code == 1
    assert typed(host, "schtasks /run /tn undo").code == 0
    assert run_due(host) == 1
    assert seen(host)
    assert host.tasks["undo"].next_run == START + 300
    typed(host, "schtasks /run /tn undo")
    assert typed(host, "schtasks /end /tn undo").code == 0
    assert run_due(host) == 0


def test_query() -> None:
    host = still()
    assert typed(host, "schtasks /query").stdout.startswith(b"INFO: ")
    create(host)
    assert typed(host, "schtasks /query /fo CSV /nh").stdout == b'"\\undo","01/12/1970 01:51:40 PM","Ready"\r\n'
    assert typed(host, "schtasks /query /tn undo /fo csv").stdout.splitlines() == [
        b'"TaskName","Next Run Time","Status"',
        b'"\\undo","01/12/1970 01:51:40 PM","Ready"',
    ]
    table = typed(host, "schtasks").stdout.decode().splitlines()
    assert [line.split()[0] for line in table[1:]] == ["TaskName", "=" * 40, "\\undo"]
    listed = typed(host, "schtasks /query /fo LIST").stdout.decode()
    assert "TaskName:      \\undo\r\n" in listed


def test_query_in_german_and_on_the_old_version() -> None:
    host = still("2003", "de")
    create(host)
    assert typed(host, "schtasks /query /fo CSV /nh").stdout == b'"undo","12.01.1970 13:51:40","Bereit"\r\n'
    head = typed(host, "schtasks /query /fo CSV").stdout.decode("cp850").splitlines()[0]
    assert head == '"Aufgabenname","Nächste Laufzeit","Status"'


def test_a_minute_of_the_host_takes_as_long_as_one_likes() -> None:
    clock = Clock(minute_seconds=0.05)
    before, begin = clock.now(), time.time()
    time.sleep(0.1)
    passed, really = clock.now() - before, time.time() - begin
    assert passed == pytest.approx(really * 1200, rel=0.2)
    with pytest.raises(ValueError, match="a minute cannot take 0"):
        Clock(minute_seconds=0)


def wait_for_runs(host: Host, runs: int) -> float:
    begin = time.monotonic()
    while host.tasks["undo"].runs < runs:
        assert time.monotonic() - begin < 10, "the task does not run"
        time.sleep(0.01)
    return time.monotonic() - begin


def test_the_scheduler_follows_the_clock_of_its_host() -> None:
    host = Host.create("h")
    host.clock = Clock(minute_seconds=0.2)
    running = threading.Lock()
    scheduler = Scheduler({"h": (host, running)})
    scheduler.start()
    try:
        create(host, minutes=2)
        assert wait_for_runs(host, 1) > 0.3
        wait_for_runs(host, 2)
        with running:
            runs = host.tasks["undo"].runs
            time.sleep(0.6)
            assert host.tasks["undo"].runs == runs
        wait_for_runs(host, runs + 1)
    finally:
        scheduler.close()
    runs = host.tasks["undo"].runs
    time.sleep(0.6)
    assert host.tasks["undo"].runs == runs
