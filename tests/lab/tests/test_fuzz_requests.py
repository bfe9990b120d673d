# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab under any request: its endpoint answers or cuts, its shell and its netsh print something, and none hangs.

A lab that falls over on an odd request would blame the collection for it.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wounds import binaries, bounded, texts
from wsman_requests import (
    COMMAND_ID,
    GRANTED,
    SHELL_ID,
    ask,
    command_in,
    emptied,
    endpoint,
    envelope,
    runspace,
    runspace_messages,
)

from winlab import shell
from winlab.host import Host
from winlab.lab import HostSpec, Lab
from winlab.shell import InputNeverEnds
from winlab.wsman import soap
from winlab.wsman.endpoint import Endpoint

DOCUMENTS = [
    envelope(f"{soap.TRANSFER}/Create", "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>"),
    envelope(f"{soap.SHELL}/Command", "<rsp:CommandLine><rsp:Command>ver</rsp:Command></rsp:CommandLine>"),
    envelope(
        f"{soap.SHELL}/Send",
        f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{COMMAND_ID}">dmVy</rsp:Stream></rsp:Send>',
    ),
    envelope(
        f"{soap.SHELL}/Receive",
        f'<rsp:Receive><rsp:DesiredStream CommandId="{COMMAND_ID}">stdout</rsp:DesiredStream></rsp:Receive>',
    ),
    envelope(f"{soap.SHELL}/Signal", f'<rsp:Signal CommandId="{COMMAND_ID}"><rsp:Code>x</rsp:Code></rsp:Signal>'),
    envelope(f"{soap.TRANSFER}/Delete", ""),
    f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body><i:Identify xmlns:i="{soap.IDENTITY}"/></s:Body></s:Envelope>',
]
WORDS = [
    "<",
    ">",
    "/>",
    "</s:Body>",
    "<s:Body>",
    "&",
    "&lt;",
    '"',
    "9",
    "²",
    "PT",
    "S",
    "uuid:",
    SHELL_ID,
    COMMAND_ID,
    "\0",
]


@pytest.fixture(name="target", scope="module")
def fixture_target() -> Endpoint:
    return endpoint()


@given(text=texts(DOCUMENTS, WORDS))
def test_soap_documents(target: Endpoint, text: str) -> None:
    with bounded(), command_in(target) as identities:
        for stands_for, identity in zip((SHELL_ID, COMMAND_ID), identities, strict=True):
            text = text.replace(stands_for, identity)
        assert ask(target, text.encode("utf-8", "replace")) in (200, 401, 500)


@given(data=binaries([runspace_messages()]))
def test_messages_of_a_runspace(target: Endpoint, data: bytes) -> None:
    with bounded(), emptied(target):
        assert ask(target, runspace(data)) in (200, 500)


@given(
    authorization=texts([GRANTED, "Negotiate TlRMTVNTUAABAAAA", "Basic"], ["=", ":", " ", "²", "Negotiate "]),
    kind=texts(
        ['multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary=x'], [";", '"', "="]
    ),
)
def test_headers(target: Endpoint, authorization: str, kind: str) -> None:
    with bounded():
        status = ask(target, DOCUMENTS[-1].encode(), **{"authorization": authorization, "content-type": kind})
        assert status in (200, 400, 401, 500)


REQUESTS = [
    b"POST /wsman HTTP/1.1\r\nContent-Length: 4\r\nAuthorization: " + GRANTED.encode() + b"\r\n\r\nabcd",
    b"GET /x HTTP/1.1\r\n\r\n",
    b"POST /wsman HTTP/1.1\r\nWSMANIDENTIFY: unauthenticated\r\nContent-Length: 0\r\n\r\n",
]


def test_bytes_on_the_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    fallen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: fallen.append(args.exc_value))
    with Lab([HostSpec(name="h", auth=("basic",))]) as lab:
        port = lab.hosts["h"].port

        @given(data=binaries(REQUESTS))
        def talk(data: bytes) -> None:
            # A server that does not read to the end of what it refuses may cut the connection meanwhile.
            cut = contextlib.suppress(ConnectionError)
            with cut, socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                client.sendall(data)
                # A connection that is cut by now cannot be shut down: no ConnectionError in Python.
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_WR)
                while client.recv(65_536):
                    pass
            assert fallen == []

        talk()


SCRIPTS = [
    'echo a & ver && reg query "HKLM\\SOFTWARE" /s || echo b\r\nset x=1\r\necho %x% ^& 2>&1 >nul\r\nexit 3\r\n',
    "sc query PolicyAgent\r\nsc config PolicyAgent start= auto\r\n",
    'schtasks /create /f /tn t /sc MINUTE /mo 2 /tr "ver"\r\nschtasks /query /tn t\r\nschtasks /delete /tn t /f\r\n',
    "reg add HKLM\\X /v a /t REG_DWORD /d 1 /f\r\n",
]
NETSH = [
    f"{line}\r\n"
    for line in (
        'ipsec static add filterlist name="L"',
        "ipsec static add filter filterlist=L srcaddr=me dstaddr=10.0.0.1 protocol=TCP dstport=80",
        'ipsec static add filteraction name="A" action=negotiate qmsecmethods="ESP[3DES,SHA1]:100000k/900s AH[MD5]"',
        'ipsec static add policy name="P" mmsecmethods="3DES-SHA1-2" assign=yes',
        'ipsec static set policy name="P" assign=no',
        'ipsec static add rule name="R" policy="P" filterlist="L" filteraction="A" conntype=lan kerberos=yes psk="k"',
        "ipsec static show all\r\nipsec static show policy name=P level=verbose\r\nipsec static delete all\r\n@@a:b!",
        'advfirewall firewall add rule name="x" dir=in action=allow protocol=17 localport=500 remoteip=10.0.0.0/8',
        "advfirewall show allprofiles\r\nadvfirewall firewall show rule name=all",
        "advfirewall firewall delete rule name=x",
        "advfirewall consec add rule name=x endpoint1=any endpoint2=10.0.0.0/8 action=requireinrequireout "
        "auth1=computerpsk auth1psk=k qmsecmethods=esp:aesgcm256-aesgcm256+60min+100000kb,ah:sha1 qmpfs=ecdhp256",
        "advfirewall consec set rule name=x new auth1=computercert auth1ca=CN=A",
        "advfirewall consec show rule name=all",
        "advfirewall mainmode add rule name=x mmsecmethods=dhgroup2:3des-sha1 mmkeylifetime=60min,1sess",
        "advfirewall set global ipsec saidletimemin 5\r\nadvfirewall show global",
        "firewall set portopening protocol=UDP port=500 name=x mode=ENABLE scope=CUSTOM addresses=10.0.0.1",
    )
]
SHELL_WORDS = [
    *(
        "&",
        "&&",
        "||",
        "|",
        "^",
        "%",
        ">",
        "<",
        "2>&1",
        ">nul",
        "=",
        "/s",
        "\\",
        '"',
        "\r\n",
        "\n",
        " ",
        "\0",
        "9",
        "²",
    ),
    *("10.0.0.0/8", "::", "me", "ESP[", "]", ":", "k/", "name=", "psk=", "rootca=", "show ", "delete ", "pushd", ".."),
]
VERSIONS = st.sampled_from([("2003", "de"), ("2008R2", "en"), ("2025", "de")])


@given(text=texts(SCRIPTS, SHELL_WORDS), version=VERSIONS)
def test_batch_lines(text: str, version: tuple[str, str]) -> None:
    with bounded(), contextlib.suppress(InputNeverEnds):
        shell.run(Host.create("h", *version), "cmd.exe /d /q", text.encode("cp437", "replace"))


@given(text=texts(NETSH, SHELL_WORDS), version=VERSIONS)
def test_netsh_lines(text: str, version: tuple[str, str]) -> None:
    host = Host.create("h", *version)
    for line in NETSH[:4]:
        shell.run(host, "netsh.exe", line.encode())
    with bounded():
        done = shell.run(host, "netsh.exe", text.encode("cp437", "replace"))
    assert not re.search(rb"Traceback", done.stdout + done.stderr)


@given(text=texts([*SCRIPTS, *NETSH], SHELL_WORDS), version=VERSIONS)
def test_command_lines(text: str, version: tuple[str, str]) -> None:
    with bounded():
        shell.run(Host.create("h", *version), text.replace("\0", ""), b"")
