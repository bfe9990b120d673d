# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fuzzing has found, one test for each: requests that made the lab fall over or hang."""

from __future__ import annotations

import socket
import threading

import pytest
from wounds import bounded
from wsman_requests import GRANTED, answer, ask, begin, command_in, emptied, endpoint, envelope, runspace

from winlab.lab import HostSpec, Lab
from winlab.wsman import soap
from winlab.wsman.codes import FaultCode
from winlab.wsman.endpoint import Endpoint

# More digits than Python makes a number of, digits that are none to int().
ODD_NUMBERS = ["9" * 5_000, "²", "x", "-1", ""]


@pytest.fixture(name="target")
def fixture_target() -> Endpoint:
    return endpoint()


@pytest.mark.parametrize("limit", ODD_NUMBERS)
def test_a_largest_envelope_that_is_no_number_is_no_limit(target: Endpoint, limit: str) -> None:
    request = envelope(f"{soap.TRANSFER}/Create", "<rsp:Shell/>", limit=limit)
    assert soap.parse(request.encode()).envelope_limit == 0
    assert ask(target, request.encode()) == 200


@pytest.mark.parametrize("credentials", ["Basic ²", "Basic =", "Basic /w==", "Basic", "Basic QQ==", "²"])
def test_credentials_that_are_no_base64_are_rejected(target: Endpoint, credentials: str) -> None:
    assert ask(target, b"<x/>", authorization=credentials) == 401


@pytest.mark.parametrize("length", [b"\xb2", b"9" * 5_000, b"-1", b"x"])
def test_a_length_that_is_no_number_is_a_bad_request(monkeypatch: pytest.MonkeyPatch, length: bytes) -> None:
    fallen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: fallen.append(args.exc_value))
    head = b"POST /wsman HTTP/1.1\r\nAuthorization: " + GRANTED.encode()
    with (
        Lab([HostSpec(name="h", auth=("basic",))]) as lab,
        socket.create_connection(("127.0.0.1", lab.hosts["h"].port), timeout=30) as client,
    ):
        client.sendall(head + b"\r\nContent-Length: " + length + b"\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 400 ")
    assert fallen == []


def refused(target: Endpoint, text: str) -> None:
    """A document is answered with the fault for bad requests."""
    assert f'Code="{FaultCode.BAD_REQUEST.value}"' in answer(target, text)


@pytest.mark.parametrize("encoding", ["nonsense", "utf-7", "big5", "idna", "hex", "utf-16"])
def test_a_document_in_an_encoding_that_is_none_is_a_bad_request(target: Endpoint, encoding: str) -> None:
    refused(target, f'<?xml version="1.0" encoding="{encoding}"?>{envelope(f"{soap.TRANSFER}/Create", "")}')


@pytest.mark.parametrize("text", ["dmVy9", "²", "dmVy\u0663"])
def test_input_that_is_no_base64_is_a_bad_request(target: Endpoint, text: str) -> None:
    shell_id, command_id = begin(target)
    stream = f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{command_id}">{text}</rsp:Stream></rsp:Send>'
    refused(target, envelope(f"{soap.SHELL}/Send", stream, shell=shell_id))


def test_input_that_is_no_base64_for_a_shell_that_is_not_there_has_its_fault(target: Endpoint) -> None:
    stream = '<rsp:Send><rsp:Stream Name="stdin" CommandId="X">²</rsp:Stream></rsp:Send>'
    assert f'Code="{FaultCode.INVALID_SHELL.value}"' in answer(target, envelope(f"{soap.SHELL}/Send", stream))


@pytest.mark.parametrize("timeout", [f"PT{'9' * 400}S", "PT99999999999S", "PT999999999H", f"PT{'9' * 5_000}M"])
def test_nobody_waits_longer_than_locks_can(timeout: str) -> None:
    request = soap.parse(envelope(f"{soap.SHELL}/Receive", "", timeout=timeout).encode())
    assert 0 < request.timeout <= threading.TIMEOUT_MAX


def test_a_command_without_output_can_be_waited_for_with_any_timeout(target: Endpoint) -> None:
    """The waiting ends when the input does; with a wait too long for the lock it never began."""
    shell_id, command_id = begin(target)
    of = f'CommandId="{command_id}"'
    receive = f"<rsp:Receive><rsp:DesiredStream {of}>stdout</rsp:DesiredStream></rsp:Receive>"
    end = f'<rsp:Send><rsp:Stream Name="stdin" End="true" {of}></rsp:Stream></rsp:Send>'
    answers: list[str] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            answer(target, envelope(f"{soap.SHELL}/Receive", receive, shell=shell_id, timeout=f"PT{'9' * 400}S"))
        ),
        daemon=True,
    )
    waiting.start()
    answer(target, envelope(f"{soap.SHELL}/Send", end, shell=shell_id))
    waiting.join(60)
    assert len(answers) == 1
    assert "ReceiveResponse" in answers[0]


@pytest.mark.parametrize(
    "messages",
    [b"", b"\0", b"\0" * 21, b"\0" * 64, b"\xff" * 64, b"<" * 100, bytes(range(200))],
    ids=["nothing", "a byte", "a head", "zeros", "ones", "text", "numbers"],
)
def test_messages_that_are_none_open_no_runspace(target: Endpoint, messages: bytes) -> None:
    with bounded(), emptied(target):
        assert ask(target, runspace(messages)) in (200, 500)
        assert len(target.operations.runspaces) <= 1


def test_fragments_of_a_runspace_that_cannot_be_read_are_a_bad_request(target: Endpoint) -> None:
    with emptied(target):
        refused(target, runspace(b"\xff" * 64).decode())
        assert len(target.operations.runspaces) == 0


def test_a_sound_command_still_answers(target: Endpoint) -> None:
    with command_in(target) as (shell_id, command_id):
        receive = f'<rsp:Receive><rsp:DesiredStream CommandId="{command_id}">stdout</rsp:DesiredStream></rsp:Receive>'
        told = answer(target, envelope(f"{soap.SHELL}/Receive", receive, shell=shell_id))
        assert "<rsp:ExitCode>0</rsp:ExitCode>" in told
