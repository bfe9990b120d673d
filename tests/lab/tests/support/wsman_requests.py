# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of WS-Management, put to an endpoint of the lab without a network."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from winlab.host import Host
from winlab.wsman import soap
from winlab.wsman.auth import Basic, Session
from winlab.wsman.endpoint import Cut, Endpoint, HttpRequest
from winlab.wsman.psrp import RESOURCE

USERS = {"Administrator": "Lab-Passw0rd"}
GRANTED = "Basic " + base64.b64encode(b"Administrator:Lab-Passw0rd").decode()
SHELL_ID, COMMAND_ID = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def envelope(
    action: str,
    body: str,
    *,
    resource: str = soap.CMD_RESOURCE,
    shell: str = SHELL_ID,
    limit: str = "153600",
    timeout: str = "PT1S",
) -> str:
    """Return a request as clients of the command shell send it."""
    return (
        f'<s:Envelope xmlns:s="{soap.SOAP}" xmlns:a="{soap.ADDRESSING}" xmlns:w="{soap.WSMAN}"'
        f' xmlns:rsp="{soap.SHELL}">'
        f"<s:Header><a:Action>{action}</a:Action><a:MessageID>uuid:1</a:MessageID>"
        f"<w:ResourceURI>{resource}</w:ResourceURI><w:MaxEnvelopeSize>{limit}</w:MaxEnvelopeSize>"
        f"<w:OperationTimeout>{timeout}</w:OperationTimeout>"
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>'
        f'<w:OptionSet><w:Option Name="WINRS_CONSOLEMODE_STDIN">FALSE</w:Option></w:OptionSet></s:Header>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )


def endpoint() -> Endpoint:
    """Return the endpoint of a fresh host with Basic authentication."""
    return Endpoint(Host.create("h", "2016", "en"), [Basic(USERS)])


def ask(target: Endpoint, body: bytes, **headers: str) -> int:
    """Return the status of the answer, 0 for a cut."""
    given_ = {"authorization": GRANTED, "content-type": "application/soap+xml", **headers}
    found: list[int] = []

    def encode(response: Any) -> bytes:
        found.append(response.status)
        return bytes(response.body)

    try:
        target.serve(Session(1), HttpRequest("POST", "/wsman", given_, body, len(body)), encode)
    except Cut:
        return 0
    return found[-1]


def answer(target: Endpoint, text: str) -> str:
    """Return the document that answers a request."""
    found: list[str] = []

    def encode(response: Any) -> bytes:
        found.append(response.body.decode())
        return bytes(response.body)

    body = text.encode()
    headers = {"authorization": GRANTED, "content-type": "application/soap+xml"}
    target.serve(Session(1), HttpRequest("POST", "/wsman", headers, body, len(body)), encode)
    return found[-1]


def _told(name: str, document: str) -> str:
    found = re.search(rf"<rsp:{name}>([^<]+)</rsp:{name}>", document)
    assert found is not None, document
    return found[1]


def begin(target: Endpoint, console: bool = False) -> tuple[str, str]:
    """Open a shell and start a command in it; return their identities."""
    shell = _told("ShellId", answer(target, envelope(f"{soap.TRANSFER}/Create", "<rsp:Shell/>")))
    line = "<rsp:CommandLine><rsp:Command>ver</rsp:Command></rsp:CommandLine>"
    started = envelope(f"{soap.SHELL}/Command", line, shell=shell)
    return shell, _told("CommandId", answer(target, started.replace("FALSE", "TRUE") if console else started))


@contextmanager
def command_in(target: Endpoint) -> Iterator[tuple[str, str]]:
    """Have a command that has run in a shell, so that nobody waits for its output; yield their identities."""
    with emptied(target):
        yield begin(target, console=True)


@contextmanager
def emptied(target: Endpoint) -> Iterator[None]:
    """Leave no shell and no runspace behind."""
    yield
    for spaces in (target.operations.shells._shells, target.operations.runspaces._pools):
        spaces.clear()


def runspace_messages() -> bytes:
    """Return the messages with which a client opens a runspace pool."""
    from psrpcore import ClientRunspacePool

    client = ClientRunspacePool()
    client.open()
    payload = client.data_to_send(1_000_000)
    assert payload is not None
    return bytes(payload.data)


def runspace(messages: bytes) -> bytes:
    """Return a request for a runspace pool with these messages."""
    text = base64.b64encode(messages).decode()
    creation = f'<creationXml xmlns="http://schemas.microsoft.com/powershell">{text}</creationXml>'
    body = f"<rsp:Shell>{creation}</rsp:Shell>"
    return envelope(f"{soap.TRANSFER}/Create", body, resource=RESOURCE).encode()
