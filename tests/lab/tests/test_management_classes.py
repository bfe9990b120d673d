# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells about associations: management classes by powershell.exe and wmic.exe, netsh ipsec dynamic."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from winlab import Host
from winlab.dataplane.wire import Wire
from winlab.ipsec.fate import Fate
from winlab.shell import Finished, InputNeverEnds, ShellOptions, run
from winlab.testing.pair import (
    BE,
    CIMV2,
    DRIVER,
    FE,
    HERE,
    IKE,
    REQUEST,
    REQUIRE,
    STANDARD,
    START,
    WEB,
    counted,
    pair,
    printed,
)
from winlab.testing.policies import POLICY, in_policy, machine, type_in


def question(name: str, properties: str, namespace: str = STANDARD) -> str:
    return (
        f"Get-CimInstance -Namespace {namespace} -ClassName {name} | Select-Object {properties}"
        " | ConvertTo-Csv -NoTypeInformation"
    )


def powershell(host: Host, *statements: str, options: ShellOptions | None = None) -> Finished:
    text = "; ".join(("$ErrorActionPreference = 'Stop'", *statements))
    line = f'powershell.exe -NoProfile -NonInteractive -Command "{text}"'
    return run(host, "cmd.exe /d /q", f"{line} <nul\r\nexit\r\n".encode(), options)


def rows(host: Host, name: str, properties: str, namespace: str = STANDARD) -> list[dict[str, str]]:
    return list(csv.DictReader(printed(powershell(host, question(name, properties, namespace))).splitlines()))


# powershell.exe and the classes


def test_main_mode_as_csv() -> None:
    fe, be, wire = pair()
    wire.send(WEB)
    answer = powershell(
        fe,
        "'@mm'",
        question(
            "MSFT_NetMainModeSA",
            "LocalEndpoint,RemoteEndpoint,CipherAlgorithm,HashAlgorithm,GroupId,KeyModule,MaxQMSAs",
        ),
        "'@end'",
    )
    assert printed(answer) == (
        "@mm\r\n"
        '"LocalEndpoint","RemoteEndpoint","CipherAlgorithm","HashAlgorithm","GroupId","KeyModule","MaxQMSAs"\r\n'
        f'"{FE}","{BE}","6","3","2","0","0"\r\n'
        "@end\r\n"
    )
    (row,) = rows(be, "MSFT_NetMainModeSA", "LocalEndpoint,RemoteEndpoint")
    assert row == {"LocalEndpoint": BE, "RemoteEndpoint": FE}


@pytest.mark.parametrize(("methods", "expected"), [("DES-MD5-1", ("2", "2", "1")), ("3DES-SHA1-3", ("6", "3", "14"))])
def test_numbers_of_main_mode_algorithms(methods: str, expected: tuple[str, str, str]) -> None:
    fe, _be, wire = pair(methods=methods)
    wire.send(WEB)
    (row,) = rows(fe, "MSFT_NetMainModeSA", "CipherAlgorithm,HashAlgorithm,GroupId")
    assert tuple(row.values()) == expected


@pytest.mark.parametrize(
    ("offer", "first", "second"),
    [
        ("ESP[3DES,SHA1]", ("4", "3", "6"), ("0", "0", "0")),
        ("ESP[DES,None]", ("3", "0", "2"), ("0", "0", "0")),
        ("ESP[None,MD5]", ("2", "2", "0"), ("0", "0", "0")),
        ("AH[SHA1]", ("1", "3", "0"), ("0", "0", "0")),
        ("AH[MD5]+ESP[3DES,SHA1]", ("1", "2", "0"), ("4", "3", "6")),
    ],
)
def test_a_quick_mode_is_two_rows(offer: str, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    action = f"action=negotiate soft=no qmsec={offer}"
    fe, be, wire = pair(action, action)
    wire.send(WEB)
    wanted = "TransformType,{0}IntegrityAlgorithm,{0}CipherAlgorithm"
    columns = f"First{wanted.format('First')},Second{wanted.format('Second')}"
    found = rows(fe, "MSFT_NetQuickModeSA", f"LocalPort,RemotePort,IpProtocol,InboundDirection,QmSaId,{columns}")
    assert sorted(row["InboundDirection"] for row in found) == ["False", "True"]
    for row in found:
        assert (row["LocalPort"], row["RemotePort"], row["IpProtocol"]) == ("0", "80", "6")
        assert tuple(row.values())[5:] == (*first, *second)
    theirs = rows(be, "MSFT_NetQuickModeSA", "QmSaId,LocalPort")
    assert {row["QmSaId"] for row in found} == {row["QmSaId"] for row in theirs}
    assert len({row["QmSaId"] for row in found}) == 1
    assert {row["LocalPort"] for row in theirs} == {"80"}


def test_a_quick_mode_names_its_main_mode_also_when_that_stood_before() -> None:
    fe, be, wire = pair()
    wire.send(WEB)
    fe.clock.advance(1000)
    be.clock.advance(1000)
    wire.send(WEB)
    ids = {row["MmSaId"] for row in rows(fe, "MSFT_NetQuickModeSA", "MmSaId")}
    assert ids == {row["InstanceID"] for row in rows(fe, "MSFT_NetMainModeSA", "InstanceID")}
    assert len(ids) == 1


def test_without_objects_nothing_is_printed_between_the_marks() -> None:
    fe, _be, _wire = pair()
    answer = powershell(fe, "'@mm'", question("MSFT_NetMainModeSA", "LocalEndpoint"), "'@qm'")
    assert (printed(answer), answer.stderr) == ("@mm\r\n@qm\r\n", b"")


def test_an_unknown_property_is_an_empty_field_and_names_are_those_of_the_class() -> None:
    fe, _be, wire = pair()
    wire.send(WEB)
    answer = printed(
        powershell(fe, question("msft_netmainmodesa", "localendpoint,Colour,AuthenticationMethod,GroupId"))
    )
    assert answer == f'"LocalEndpoint","Colour","AuthenticationMethod","GroupId"\r\n"{FE}",,,"2"\r\n'


@pytest.mark.parametrize(
    ("name", "namespace"), [("MSFT_Nothing", STANDARD), ("MSFT_NetMainModeSA", CIMV2), ("Win32_UTCTime", STANDARD)]
)
def test_an_unknown_class_ends_everything(name: str, namespace: str) -> None:
    fe, _be, _wire = pair()
    finished = run(
        fe,
        "powershell -NoProfile -Command \"$ErrorActionPreference = 'Stop'; '@a'; "
        f"{question(name, 'A', namespace)}; '@b'\"",
        None,
    )
    assert (finished.stdout, finished.code) == (b"@a\r\n", 1)
    assert name.encode() in finished.stderr


def test_an_error_that_is_not_final_lets_the_rest_run() -> None:
    fe, _be, _wire = pair()
    bad = question("MSFT_Nothing", "A")
    assert run(fe, f"powershell -Command \"{bad}; 'on'\"", None).stdout == b"on\r\n"
    assert run(fe, f"powershell -Command \"'on'; {bad}\"", None).code == 1


@pytest.mark.parametrize("version", ["2003", "2008R2"])
def test_old_hosts_have_no_such_cmdlet(version: str) -> None:
    fe, _be, _wire = pair(version=version)
    finished = powershell(fe, "'@a'", question("Win32_UTCTime", "Year", CIMV2), "'@b'")
    assert printed(finished) == "@a\r\n"
    assert b"'Get-CimInstance'" in finished.stderr


def test_without_powershell_there_is_none() -> None:
    fe, _be, _wire = pair()
    finished = powershell(fe, "'@a'", options=ShellOptions(powershell=False))
    assert printed(finished) == ""
    assert b"not recognized" in finished.stderr


@pytest.mark.parametrize(
    "text",
    [
        "hostname",
        "'a'; hostname",
        "'a",
        "'a' + 'b'",
        "",
        "Get-CimInstance -ClassName Win32_UTCTime | Select-Object Year | ConvertTo-Csv -NoTypeInformation",
        "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_UTCTime",
        "Get-CimInstance -Namespace root/cimv2 -ClassName Win32_UTCTime | Select-Object Year | ConvertTo-Csv",
        question("Win32_UTCTime", "*", CIMV2),
        "'@a'; Get-NetIPsecMainModeSA",
    ],
)
def test_more_grammar_is_refused_before_anything_runs(text: str) -> None:
    finished = run(machine("fe", FE), f'powershell -Command "{text}"', None)
    assert (finished.code, finished.stdout) == (1, b"")
    assert b"PowerShell's own grammar" in finished.stderr


def test_the_command_takes_the_rest_of_a_pipe_and_may_hang_on_it() -> None:
    host = machine("fe", FE)
    line = "powershell.exe -Command \"'x'\""
    assert printed(run(host, "cmd.exe /d /q", f"{line}\r\nhostname\r\n".encode())) == "x\r\n"
    assert printed(run(host, "cmd.exe /d /q", f"{line} <nul\r\nhostname\r\n".encode())) == "x\r\nfe\r\n"
    hanging = ShellOptions(powershell_keeps_stdin=True)
    with pytest.raises(InputNeverEnds):
        run(host, "cmd.exe /d /q", f"{line}\r\n".encode(), hanging)
    assert printed(run(host, "cmd.exe /d /q", f"{line} <nul\r\n".encode(), hanging)) == "x\r\n"


def test_what_has_ended_is_not_shown_although_no_packet_came_since() -> None:
    fe, _be, wire = pair()
    wire.send(WEB)
    assert rows(fe, "MSFT_NetQuickModeSA", "SPI")
    fe.clock.advance(900)
    assert not rows(fe, "MSFT_NetQuickModeSA", "SPI")
    assert rows(fe, "MSFT_NetMainModeSA", "GroupId")
    type_in(fe, f"set policy {POLICY} assign=n")
    assert not rows(fe, "MSFT_NetMainModeSA", "GroupId")


def test_soft_associations_show_nowhere() -> None:
    fe, be, wire = pair(REQUEST, None)
    assert wire.send(WEB).fate is Fate.SOFT_CLEAR
    assert fe.associations.soft
    for host in (fe, be):
        assert not rows(host, "MSFT_NetMainModeSA", "GroupId")
        assert not rows(host, "MSFT_NetQuickModeSA", "SPI")
        (row,) = rows(host, DRIVER, "ActiveSecurityAssociations", CIMV2)
        assert row["ActiveSecurityAssociations"] == "0"


# Counters


BYTES = "BytesSentinTransportModePersec,BytesReceivedinTransportModePersec,PlaintextPacketsReceived"


def test_counters_grow_with_what_went_through() -> None:
    fe, be, wire = pair()
    wire.send(WEB)
    wire.send(replace(WEB, size=1000), answer=40)
    assert counted(fe, BYTES) == (1100, 140, 0)
    assert counted(be, BYTES) == (140, 1100, 0)
    wire.send(replace(WEB, destination_port=81))
    wire.send(replace(WEB, destination_port=81), answer=0)
    assert counted(fe, BYTES) == (1100, 140, 1)
    assert counted(be, BYTES) == (140, 1100, 2)
    assert counted(be, "TotalInboundPacketsReceived,ActiveSecurityAssociations,SecurityAssociationsAdded") == (4, 1, 1)
    assert counted(fe, "ActiveMainModeSAs,ActiveQuickModeSAs,MainModeNegotiations,FailedMainModeNegotiations", IKE) == (
        1,
        1,
        1,
        0,
    )
    assert counted(be, "MainModeNegotiations,MainModeNegotiationRequestsReceived", IKE) == (0, 1)


def test_a_clear_packet_that_must_be_protected_is_dropped_and_counted() -> None:
    fe, be, wire = pair(None, REQUIRE)
    assert wire.send(WEB).fate is Fate.ONE_SIDED_DROP
    assert counted(be, "TotalInboundPacketsDropped,TotalInboundPacketsReceived,PlaintextPacketsReceived") == (1, 1, 0)
    assert counted(fe, "TotalInboundPacketsReceived") == (0,)


def test_the_answer_alone_is_protected_where_the_receiver_asked() -> None:
    fe = machine("fe", FE, version="2003")
    type_in(fe, 'set policy "Client (Respond Only)" assign=y')
    be = in_policy(machine("be", BE, version="2003"), (HERE, REQUEST))
    wire = Wire([fe, be])
    sent = wire.send(WEB)
    assert (sent.algorithms != "", sent.arrived_in_clear) == (True, True)
    assert (be.counters.plaintext_packets_received, be.counters.bytes_sent, be.counters.bytes_received) == (1, 100, 0)
    assert (fe.counters.bytes_sent, fe.counters.bytes_received) == (0, 100)
    assert not wire.send(WEB).arrived_in_clear


def test_counters_by_powershell_are_the_same() -> None:
    fe, _be, wire = pair()
    wire.send(WEB)
    (row,) = rows(fe, DRIVER, BYTES, CIMV2)
    assert tuple(map(int, row.values())) == counted(fe, BYTES)


# wmic


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016"])
def test_wmic_tells_the_time(version: str) -> None:
    host = machine("fe", FE, version=version)
    host.clock.set(START + 120)
    finished = run(host, "wmic.exe path Win32_UTCTime get Year,Month,Day,Hour,Minute,Second /value", None)
    when = datetime.fromtimestamp(START + 120, UTC)
    assert finished.stdout.decode() == (
        f"\r\r\n\r\r\nDay={when.day}\r\r\nHour={when.hour}\r\r\nMinute={when.minute}\r\r\nMonth={when.month}\r\r\n"
        f"Second={when.second}\r\r\nYear={when.year}\r\r\n\r\r\n\r\r\n"
    )


@pytest.mark.parametrize(
    ("version", "arguments", "code"),
    [
        ("2003", f"path {DRIVER} get ActiveSecurityAssociations /value", -2147217392),
        ("2008R2", "path MSFT_NetMainModeSA get GroupId /value", -2147217392),
        ("2008R2", f"path {DRIVER} get Colour /value", -2147217385),
        ("2008R2", "os list brief", 44135),
    ],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_wmic_refuses_on_standard_error(version: str, arguments: str, code: int, language: str) -> None:
    host = Host.create("fe", version, language)
    finished = run(host, f"wmic.exe {arguments}", None)
    assert (finished.stdout, finished.code) == (b"", code)
    assert finished.stderr


def test_wmic_and_wevtutil_are_not_everywhere() -> None:
    assert run(Host.create("a", "2025"), "wmic path Win32_UTCTime get Year /value", None).code == 1
    assert run(Host.create("a", "2003"), "wevtutil qe Security /f:xml", None).code == 1


# netsh ipsec dynamic


@pytest.mark.parametrize("what", ["all", "mmsas", "qmsas", "stats"])
def test_dynamic_texts_differ_by_language(what: str) -> None:
    shown = {}
    for language in ("en", "de"):
        host = Host.create("fe", "2008R2", language)
        finished = run(host, f"netsh ipsec dynamic show {what}", None)
        assert finished.code == 0
        lines = finished.stdout.decode("cp850").splitlines()
        shown[language] = {line.partition(":")[0].strip() for line in lines if ": " in line}
    assert shown["en"]
    assert not shown["en"] & shown["de"]


def test_dynamic_shows_what_stands() -> None:
    fe, _be, wire = pair()
    wire.send(WEB)
    shown = run(fe, "netsh ipsec dynamic show all", None).stdout.decode()
    assert len(re.findall(rf"^Destination address +: {re.escape(BE)}\r$", shown, re.MULTILINE)) == 2
    assert re.search(r"^Active associations +: 1\r$", shown, re.MULTILINE)
    assert run(fe, "netsh ipsec dynamic show rule", None).code == 1
    assert run(fe, "netsh ipsec dynamic add rule", None).code == 1
