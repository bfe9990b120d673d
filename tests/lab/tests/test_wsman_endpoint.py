# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WinRM endpoint, seen by an unmodified pywinrm."""

from __future__ import annotations

import base64
import http.client
import socket
import time
from collections.abc import Iterator
from typing import Literal

import pytest
from requests.exceptions import ConnectionError as ConnectionBroken
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMOperationTimeoutError,
    WSManFaultError,
)
from winrm.protocol import Protocol

from winlab.lab import HostSpec, Lab, LabHost
from winlab.registry import Kind, Value
from winlab.wsman import Effect, Fault, FaultCode, Limits

PASSWORD = "Lab-Passw0rd"
SOAP = "application/soap+xml;charset=UTF-8"


@pytest.fixture(name="lab", scope="module")
def fixture_lab() -> Iterator[Lab]:
    specs = [
        HostSpec(name="modern"),
        HostSpec(name="old", version="2008R2", language="de"),
        HostSpec(name="small", limits=Limits(receive_bytes=1000, max_shells=2, max_operations=1)),
        HostSpec(name="ntlm-only", auth=("negotiate",)),
    ]
    with Lab(specs) as lab:
        yield lab


@pytest.fixture(name="host")
def fixture_host(lab: Lab) -> LabHost:
    lab.faults.clear()
    host = lab.hosts["modern"]
    host.log.clear()
    return host


Transport = Literal["basic", "ntlm"]


def client(
    host: LabHost, transport: Transport = "basic", password: str = PASSWORD, user: str = "Administrator"
) -> Protocol:
    encryption: Literal["never", "always"] = "never" if transport == "basic" else "always"
    return Protocol(host.url, transport=transport, username=user, password=password, message_encryption=encryption)


def command(
    protocol: Protocol, line: str, stdin: bytes | None = None, chunk: int = 96 * 1024
) -> tuple[bytes, bytes, int]:
    """Run one command in a shell of its own, with everything that belongs to it."""
    shell = protocol.open_shell(codepage=65001, noprofile=True)
    command_id = protocol.run_command(shell, line, console_mode_stdin=stdin is None, skip_cmd_shell=False)
    for at in range(0, len(stdin or b""), chunk):
        piece = (stdin or b"")[at : at + chunk]
        protocol.send_command_input(shell, command_id, piece, end=at + chunk >= len(stdin or b""))
    result = protocol.get_command_output(shell, command_id)
    protocol.cleanup_command(shell, command_id)
    protocol.close_shell(shell)
    return result


BATCH = b"echo @@1:begin 0\r\nver\r\nexit 3\r\n"


def test_basic_takes_six_requests(host: LabHost) -> None:
    out, err, code = command(client(host), "cmd.exe /d /q", BATCH)
    assert out.endswith(b"@@1:begin 0\r\n\r\nMicrosoft Windows [Version 10.0.14393]\r\n")
    assert (err, code) == (b"", 3)
    assert host.log.operations() == ["Create", "Command", "Send", "Receive", "Signal", "Delete"]
    assert {entry.connection for entry in host.log.entries()} == {host.log.entries()[0].connection}
    assert host.log.commands() == ["cmd.exe /d /q"]
    assert host.log.stdin() == BATCH


def test_ntlm_with_encryption_takes_nine(host: LabHost) -> None:
    out, _err, code = command(client(host, "ntlm"), "cmd.exe /d /q", BATCH)
    assert code == 3
    assert b"@@1:begin 0" in out
    entries = host.log.entries()
    assert [entry.operation for entry in entries] == ["Auth"] * 3 + [
        "Create", "Command", "Send", "Receive", "Signal", "Delete",
    ]  # fmt: skip
    assert [entry.status for entry in entries] == [401, 401, 200] + [200] * 6
    assert [entry.encrypted for entry in entries] == [False] * 3 + [True] * 6


def test_ntlm_without_encryption_takes_two_auth_requests(host: LabHost) -> None:
    protocol = Protocol(
        host.url, transport="ntlm", username="Administrator", password=PASSWORD, message_encryption="never"
    )
    command(protocol, "hostname")
    assert host.log.operations()[:3] == ["Auth", "Auth", "Create"]


@pytest.mark.parametrize("user", ["administrator", ".\\Administrator"])
def test_account_names(host: LabHost, user: str) -> None:
    assert command(client(host, "ntlm", user=user), "hostname")[0] == b"modern\r\n"
    assert command(client(host, "basic", user=user), "hostname")[0] == b"modern\r\n"


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
@pytest.mark.parametrize(("user", "password"), [("Administrator", "wrong"), ("Nobody", PASSWORD)])
def test_wrong_credentials_are_rejected(host: LabHost, transport: Transport, user: str, password: str) -> None:
    with pytest.raises(InvalidCredentialsError):
        client(host, transport, password, user).open_shell()
    assert {entry.status for entry in host.log.entries()} == {401}


def test_a_scheme_that_is_not_offered(lab: Lab) -> None:
    with pytest.raises(InvalidCredentialsError):
        client(lab.hosts["ntlm-only"]).open_shell()
    assert command(client(lab.hosts["ntlm-only"], "ntlm"), "hostname")[2] == 0


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_large_stdin_in_chunks_to_a_small_envelope(lab: Lab, transport: Transport) -> None:
    host = lab.hosts["old"]
    host.log.clear()
    script = b"".join(b"rem %06d " % number + b"x" * 80 + b"\r\n" for number in range(3000)) + b"exit 5\r\n"
    assert command(client(host, transport), "cmd.exe /d /q", script)[2] == 5
    assert host.log.stdin() == script
    assert host.log.count()["Send"] == -(-len(script) // (96 * 1024))


def test_envelope_limit(lab: Lab) -> None:
    with pytest.raises(WSManFaultError) as caught:
        command(client(lab.hosts["old"]), "cmd.exe /d /q", b"x" * 200_000, chunk=200_000)
    assert caught.value.wsman_fault_code == FaultCode.ENVELOPE_TOO_LARGE
    fits = b"rem x\r\n" * 16_000 + b"exit 4\r\n"
    assert command(client(lab.hosts["old"]), "cmd.exe /d /q", fits, chunk=112_100)[2] == 4


@pytest.mark.parametrize("transport", ["basic", "ntlm"])
def test_large_output_comes_in_several_receives(host: LabHost, transport: Transport) -> None:
    key = r"HKLM\SOFTWARE\Large"
    host.host.registry.set(key, "Blob", Value(Kind.BINARY, bytes(350_000)))
    out, _err, code = command(client(host, transport), rf"reg query {key}")
    assert code == 0
    assert out.endswith(b"00" * 350_000 + b"\r\n\r\n")
    receives = host.log.entries(lambda entry: entry.operation == "Receive")
    assert len(receives) == 7
    # pywinrm announces an envelope of 153,600 bytes; the multipart frame comes on top of it.
    assert max(entry.sent for entry in receives) < 153_600 + 1000


def test_a_limit_for_each_receive(lab: Lab) -> None:
    host = lab.hosts["small"]
    host.log.clear()
    out, _err, _code = command(client(host), "cmd.exe /d /q", b"echo 0123456789\r\n" * 500)
    assert out.count(b"0123456789\r\n") == 500
    assert host.log.count()["Receive"] == -(-len(out) // 1000)


def test_quotas_and_unknown_shells(lab: Lab) -> None:
    protocol = client(lab.hosts["small"])
    shells = [protocol.open_shell(), protocol.open_shell()]
    with pytest.raises(WSManFaultError) as caught:
        protocol.open_shell()
    assert caught.value.wsman_fault_code == FaultCode.QUOTA
    first = protocol.run_command(shells[0], "hostname")
    with pytest.raises(WSManFaultError) as caught:
        protocol.run_command(shells[1], "hostname")
    assert caught.value.wsman_fault_code == FaultCode.QUOTA
    protocol.cleanup_command(shells[0], first)
    protocol.run_command(shells[1], "hostname")
    for shell in shells:
        protocol.close_shell(shell, close_session=False)
    with pytest.raises(WSManFaultError) as caught:
        protocol.run_command(shells[0], "hostname")
    assert caught.value.wsman_fault_code == FaultCode.INVALID_SHELL


def test_a_console_without_anybody_times_out(host: LabHost) -> None:
    protocol = Protocol(
        host.url,
        transport="basic",
        username="Administrator",
        password=PASSWORD,
        operation_timeout_sec=1,
        read_timeout_sec=5,
    )
    shell = protocol.open_shell()
    command_id = protocol.run_command(shell, "netsh.exe")
    assert protocol.get_command_output_raw(shell, command_id)[0] == b"netsh>"
    with pytest.raises(WinRMOperationTimeoutError):
        protocol.get_command_output_raw(shell, command_id)
    protocol.cleanup_command(shell, command_id)
    protocol.close_shell(shell)
    assert host.log.entries()[-3].fault == FaultCode.TIMED_OUT


def test_environment_of_the_shell(host: LabHost) -> None:
    protocol = client(host)
    shell = protocol.open_shell(env_vars={"COLOUR": "blue"})
    command_id = protocol.run_command(shell, "echo", ["%colour%"])
    assert protocol.get_command_output(shell, command_id)[0] == b"blue\r\n"
    protocol.close_shell(shell)


def test_powershell_is_logged_decoded(host: LabHost) -> None:
    script = base64.b64encode("hostname".encode("utf-16-le")).decode()
    assert command(client(host), f"PowerShell -NoProfile -EncodedCommand {script}")[0] == b"modern\r\n"
    assert host.log.commands() == ["hostname"]


def raw(host: LabHost, body: bytes, path: str = "/wsman", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host.spec.address, host.port, timeout=5)
    try:
        connection.request("POST", path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_identify_needs_no_authentication(host: LabHost) -> None:
    body = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        b'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
        b"<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
    )
    status, answer = raw(host, body, WSMANIDENTIFY="unauthenticated", Content_Type=SOAP)
    assert status == 200
    assert b"OS: 0.0.0 SP: 0.0 Stack: 3.0" in answer
    assert raw(host, b"<a/>", WSMANIDENTIFY="unauthenticated")[0] == 500
    assert raw(host, body)[0] == 401


def test_malformed_requests(host: LabHost) -> None:
    word = base64.b64encode(f"Administrator:{PASSWORD}".encode()).decode()
    for body in (b"no xml", b"<a/>", b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>'):
        status, answer = raw(host, body, Authorization=f"Basic {word}")
        assert status == 500
        assert str(int(FaultCode.BAD_REQUEST)).encode() in answer
    sealed = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
    assert raw(host, b"x", Authorization=f"Basic {word}", Content_Type=sealed)[0] == 400
    assert raw(host, b"x", path="/other", Authorization=f"Basic {word}")[0] == 404
    assert raw(host, b"x", Authorization="Basic !!")[0] == 401
    assert raw(host, b"x", Authorization="Negotiate AAAA")[0] == 401
    with socket.create_connection((host.spec.address, host.port), timeout=5) as plain:
        plain.sendall(b"nonsense\r\n\r\n")
        assert plain.recv(64).startswith(b"HTTP/1.1 400 ")


def test_no_password_and_no_stdin_in_reprs(lab: Lab, host: LabHost) -> None:
    command(client(host), "cmd.exe /d /q", b"rem secret-word\r\n")
    shown = repr(host.log.entries()) + repr(host) + repr(host.endpoint)
    assert "secret-word" not in shown
    assert PASSWORD not in shown
    assert all("secret-word" not in str(entry.plain()) for entry in host.log.entries())


def test_dropped_before_and_after_execution(lab: Lab, host: LabHost) -> None:
    key = r"HKLM\SOFTWARE\Dropped"
    script = rf"reg add {key} /f".encode() + b"\r\n"
    lab.faults.add(Fault(effect=Effect.DROP_BEFORE, host="modern", operation="Send"))
    with pytest.raises(ConnectionBroken):
        command(client(host), "cmd.exe /d /q", script)
    assert not host.host.registry.exists(key)
    lab.faults.add(Fault(effect=Effect.DROP_AFTER, operation="send"))
    with pytest.raises(ConnectionBroken):
        command(client(host), "cmd.exe /d /q", script)
    assert host.host.registry.exists(key)
    assert [entry.status for entry in host.log.entries() if entry.operation == "Send"] == [0, 0]
    assert lab.faults.pending() == []
    assert command(client(host), "hostname")[2] == 0


@pytest.mark.parametrize("number", range(1, 10))
def test_drop_at_each_request(lab: Lab, host: LabHost, number: int) -> None:
    lab.faults.add(Fault(effect=Effect.DROP_AFTER, request=number))
    with pytest.raises(ConnectionBroken):
        command(client(host, "ntlm"), "cmd.exe /d /q", BATCH)
    assert host.log.entries()[number - 1].status == 0


def test_planted_fault_code(lab: Lab, host: LabHost) -> None:
    lab.faults.add(Fault(effect=Effect.FAULT, operation="Command", code=FaultCode.QUOTA, skip=1, times=2))
    codes: list[int | None] = []
    for _number in range(4):
        try:
            command(client(host), "hostname")
            codes.append(0)
        except WSManFaultError as error:
            codes.append(error.wsman_fault_code)
    assert codes == [0, FaultCode.QUOTA, FaultCode.QUOTA, 0]


def test_delay_and_slow_command(lab: Lab, host: LabHost) -> None:
    lab.faults.add(Fault(effect=Effect.DELAY, operation="Signal", seconds=0.2))
    begin = time.monotonic()
    command(client(host), "hostname")
    assert time.monotonic() - begin >= 0.2
    lab.faults.add(Fault(effect=Effect.SLOW, operation="Command", seconds=1.3))
    protocol = Protocol(
        host.url,
        transport="basic",
        username="Administrator",
        password=PASSWORD,
        operation_timeout_sec=1,
        read_timeout_sec=5,
    )
    host.log.clear()
    assert command(protocol, "hostname")[0] == b"modern\r\n"
    assert [entry.fault for entry in host.log.entries() if entry.operation == "Receive"] == [FaultCode.TIMED_OUT, 0]


@pytest.mark.parametrize(("lines", "kept"), [(None, 2), (3, 3), (0, 0)])
def test_half_a_script(lab: Lab, host: LabHost, lines: int | None, kept: int) -> None:
    lab.faults.add(Fault(effect=Effect.HALF_SCRIPT, operation="Send", lines=lines))
    out, _err, code = command(client(host), "cmd.exe /d /q", b"echo step\r\n" * 4 + b"exit 9\r\n")
    assert (out.count(b"step\r\n"), code) == (kept, 0)


def test_faults_as_plain_data() -> None:
    fault = Fault(effect=Effect.FAULT, host="a", operation="Send", code=7, times=None)
    assert Fault.from_plain(fault.plain()) == fault
    for bad in ({}, {"effect": "nonsense"}, {"effect": "delay", "color": 1}):
        with pytest.raises(ValueError):
            Fault.from_plain(bad)


def test_a_host_that_is_cut_off() -> None:
    open_hosts = {"a"}
    with Lab([HostSpec(name="a")], reachable=lambda host: host.name in open_hosts) as lab:
        assert command(client(lab.hosts["a"]), "hostname")[2] == 0
        open_hosts.clear()
        with pytest.raises(ConnectionBroken):
            command(client(lab.hosts["a"]), "hostname")
