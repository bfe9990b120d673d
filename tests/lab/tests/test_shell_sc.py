# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sc.exe of the lab."""

from __future__ import annotations

import re

import pytest

from winlab.host import Host
from winlab.services import State
from winlab.shell import run

ROW = re.compile(r":\s*(\d+)\s+([A-Z_0-9]+)")


def test_query_prints_the_known_form() -> None:
    finished = run(Host.create("fe1"), "sc query policyagent", None)
    assert finished.code == 0
    assert finished.stdout.decode() == (
        "\r\nSERVICE_NAME: PolicyAgent \r\n"
        "        TYPE               : 20  WIN32_SHARE_PROCESS  \r\n"
        "        STATE              : 1  STOPPED \r\n"
        "                                (NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)\r\n"
        "        WIN32_EXIT_CODE    : 1077  (0x435)\r\n"
        "        SERVICE_EXIT_CODE  : 0  (0x0)\r\n"
        "        CHECKPOINT         : 0x0\r\n"
        "        WAIT_HINT          : 0x0\r\n"
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_numbers_and_tokens_do_not_depend_on_the_language(language: str) -> None:
    host = Host.create("fe1", language=language)
    query = run(host, "sc.exe query PolicyAgent", None).stdout.decode("cp850")
    assert ROW.findall(query)[:2] == [("20", "WIN32_SHARE_PROCESS"), ("1", "STOPPED")]
    config = run(host, "sc.exe qc PolicyAgent", None).stdout.decode("cp850")
    assert ROW.findall(config)[:2] == [("20", "WIN32_SHARE_PROCESS"), ("3", "DEMAND_START")]
    assert ("STATE" in query) is (language == "en")


def test_config_writes_the_registry_and_needs_its_blank() -> None:
    host = Host.create("fe1")
    assert run(host, "sc config PolicyAgent start= auto", None).code == 0
    value = host.registry.get(r"HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent", "Start")
    assert value is not None
    assert value.data == 2
    for wrong in ("start=auto", "start= sometimes", "start=", "start= auto extra= x"):
        assert run(host, f"sc config PolicyAgent {wrong}", None).code == 1639
    assert host.services["PolicyAgent"].start_type == 2


def test_start_and_stop() -> None:
    host = Host.create("fe1")
    started = run(host, "sc start PolicyAgent", None)
    assert started.code == 0
    assert b": 2  START_PENDING" in started.stdout
    assert host.services["PolicyAgent"].state == State.RUNNING
    again = run(host, "sc start PolicyAgent", None)
    assert again.code == 1056
    assert again.stdout == (
        b"[SC] StartService FAILED 1056:\r\n\r\nAn instance of the service is already running.\r\n\r\n"
    )
    assert b": 3  STOP_PENDING" in run(host, "sc stop PolicyAgent", None).stdout
    assert run(host, "sc stop PolicyAgent", None).code == 1062
    run(host, "sc config PolicyAgent start= disabled", None)
    assert run(host, "sc start PolicyAgent", None).code == 1058


@pytest.mark.parametrize("verb", ["query", "qc", "config", "start", "stop"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_missing_service(verb: str, language: str) -> None:
    finished = run(Host.create("fe1", language=language), f"sc {verb} Nobody", None)
    assert finished.code == 1060
    assert b"1060:\r\n\r\n" in finished.stdout


def test_unknown_verbs_print_the_usage() -> None:
    assert run(Host.create("fe1"), "sc dance", None).code == 1639
