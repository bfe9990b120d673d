# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SOAP envelopes of WS-Management: reading requests, writing responses and faults.

Namespaces and actions: MS-WSMV 2.2.1 and 3.1.4, DSP0226, WS-Transfer. Only what clients of the command shell send.
"""

from __future__ import annotations

import base64
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from xml.sax.saxutils import escape, quoteattr

from .codes import FaultCode, WsmanError

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WSMAN_FAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
CMD_RESOURCE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_LONGEST_WAIT = 86_400.0
"""A day, in seconds; no lock waits for as long as a duration can say."""


class Operation(StrEnum):
    """What a request asks for. AUTH is an HTTP request that only carries authentication."""

    CREATE = "Create"
    COMMAND = "Command"
    SEND = "Send"
    RECEIVE = "Receive"
    SIGNAL = "Signal"
    DELETE = "Delete"
    IDENTIFY = "Identify"
    AUTH = "Auth"
    UNKNOWN = "Unknown"


_ACTIONS = {
    f"{TRANSFER}/Create": Operation.CREATE,
    f"{TRANSFER}/Delete": Operation.DELETE,
    f"{SHELL}/Command": Operation.COMMAND,
    f"{SHELL}/Send": Operation.SEND,
    f"{SHELL}/Receive": Operation.RECEIVE,
    f"{SHELL}/Signal": Operation.SIGNAL,
}
_RESPONSES = {
    Operation.CREATE: f"{TRANSFER}/CreateResponse",
    Operation.DELETE: f"{TRANSFER}/DeleteResponse",
    Operation.COMMAND: f"{SHELL}/CommandResponse",
    Operation.SEND: f"{SHELL}/SendResponse",
    Operation.RECEIVE: f"{SHELL}/ReceiveResponse",
    Operation.SIGNAL: f"{SHELL}/SignalResponse",
}


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that the command shell reads. `timeout` is in seconds, `envelope_limit` in bytes."""

    operation: Operation
    message_id: str
    resource: str
    shell_id: str
    options: Mapping[str, str]
    timeout: float
    envelope_limit: int
    body: ET.Element

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean option (TRUE or FALSE in any case)."""
        return self.options.get(name, str(default)).strip().upper() == "TRUE"

    def text(self, name: str) -> str:
        """Return the text of the first body element of that local name, or an empty text."""
        found = self.body.find(f".//{{{SHELL}}}{name}")
        return (found.text or "") if found is not None else ""

    def texts(self, name: str) -> list[str]:
        """Return the texts of all body elements of that local name."""
        return [element.text or "" for element in self.body.iterfind(f".//{{{SHELL}}}{name}")]

    def variables(self) -> dict[str, str]:
        """Return the environment that a Create asks for, names in lower case."""
        found = self.body.iterfind(f".//{{{SHELL}}}Variable")
        return {each.attrib.get("Name", "").lower(): each.text or "" for each in found}

    def proposed_id(self) -> str:
        """Return the identity that the client proposes for the shell of a Create, in upper case; empty for none."""
        found = self.body.find(f".//{{{SHELL}}}Shell")
        return found.attrib.get("ShellId", "").upper() if found is not None else ""

    def command_id(self) -> str:
        """Return the command that a request speaks of (a Command may propose one), in upper case."""
        for name in ("Stream", "DesiredStream", "Signal", "CommandLine"):
            found = self.body.find(f".//{{{SHELL}}}{name}")
            if found is not None and "CommandId" in found.attrib:
                return found.attrib["CommandId"].upper()
        return ""

    def stdin(self) -> tuple[bytes, bool]:
        """Return the bytes of a Send, and whether they are the last ones.

        :raises WsmanError: when the base64 is broken.
        """
        data, end = b"", False
        for stream in self.body.iterfind(f".//{{{SHELL}}}Stream"):
            data += decoded(stream.text or "")
            end = end or stream.attrib.get("End", "").lower() in ("true", "1")
        return data, end


def decoded(text: str) -> bytes:
    """Return the bytes of base64 text.

    :raises WsmanError: for text that is none.
    """
    try:
        return base64.b64decode(text)
    except ValueError as bad:  # no base64, or no ASCII
        raise WsmanError(FaultCode.BAD_REQUEST) from bad


def parse(document: bytes) -> Request:
    """Read a request.

    :raises WsmanError: for text that is no SOAP envelope.
    """
    try:
        root = ET.fromstring(document)
    except (ET.ParseError, LookupError, ValueError) as bad:  # the last two for encodings that there are not
        raise WsmanError(FaultCode.BAD_REQUEST) from bad
    header, body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if body is None:
        raise WsmanError(FaultCode.BAD_REQUEST)
    if header is None:
        header = ET.Element("Header")
    action = (header.findtext(f"{{{ADDRESSING}}}Action") or "").strip()
    operation = _ACTIONS.get(action, Operation.UNKNOWN)
    if body.find(f"{{{IDENTITY}}}Identify") is not None:
        operation = Operation.IDENTIFY
    options = {each.attrib.get("Name", ""): each.text or "" for each in header.iterfind(f".//{{{WSMAN}}}Option")}
    selectors = {each.attrib.get("Name", ""): each.text or "" for each in header.iterfind(f".//{{{WSMAN}}}Selector")}
    limit = (header.findtext(f"{{{WSMAN}}}MaxEnvelopeSize") or "").strip()
    return Request(
        operation=operation,
        message_id=(header.findtext(f"{{{ADDRESSING}}}MessageID") or "").strip(),
        resource=(header.findtext(f"{{{WSMAN}}}ResourceURI") or "").strip(),
        shell_id=selectors.get("ShellId", "").strip().upper(),
        options=options,
        timeout=_seconds(header.findtext(f"{{{WSMAN}}}OperationTimeout") or ""),
        envelope_limit=int(limit) if re.fullmatch(r"[0-9]{1,9}", limit) else 0,
        body=body,
    )


def _seconds(duration: str) -> float:
    """Return the seconds of an XML duration such as PT20S or PT1M0.5S, a day at most; 60 for a missing or odd one."""
    found = _DURATION.fullmatch(duration.strip())
    if found is None or not any(found.groups()):
        return 60.0
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return min(hours * 3600 + minutes * 60 + seconds, _LONGEST_WAIT)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    relates = f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>" if relates_to else ""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:x="{TRANSFER}" xmlns:w="{WSMAN}"'
        f' xmlns:rsp="{SHELL}"><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>{ADDRESSING}/role/anonymous</a:To>{relates}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def created(request: Request, shell_id: str) -> bytes:
    """Answer Create."""
    resource = escape(request.resource)
    selector = f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>'
    body = (
        f"<x:ResourceCreated><a:Address>/wsman</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{resource}</w:ResourceURI>{selector}</a:ReferenceParameters></x:ResourceCreated>"
        f"<rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId><rsp:ResourceUri>{resource}</rsp:ResourceUri>"
        "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"
    )
    return _envelope(_RESPONSES[Operation.CREATE], request.message_id, body)


def started(request: Request, command_id: str) -> bytes:
    """Answer Command."""
    body = f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
    return _envelope(_RESPONSES[Operation.COMMAND], request.message_id, body)


def empty(request: Request) -> bytes:
    """Answer Send, Signal or Delete."""
    body = f"<rsp:{request.operation}Response/>" if request.operation is not Operation.DELETE else ""
    return _envelope(_RESPONSES[request.operation], request.message_id, body)


def received(request: Request, command_id: str, streams: Sequence[tuple[str, bytes]], code: int | None) -> bytes:
    """Answer Receive: pieces of output as (stream name, bytes), and the exit code when the command is done.

    What a runspace pool says of itself belongs to no command: `command_id` is empty then.
    """
    of = f' CommandId="{command_id}"' if command_id else ""
    parts = [f'<rsp:Stream Name="{name}"{of}>{base64.b64encode(data).decode()}</rsp:Stream>' for name, data in streams]
    if not command_id:
        pass
    elif code is None:
        parts.append(f'<rsp:CommandState CommandId="{command_id}" State="{SHELL}/CommandState/Running"/>')
    else:
        parts.extend(
            f'<rsp:Stream Name="{name}" CommandId="{command_id}" End="true"></rsp:Stream>'
            for name in ("stdout", "stderr")
        )
        parts.append(
            f'<rsp:CommandState CommandId="{command_id}" State="{SHELL}/CommandState/Done">'
            f"<rsp:ExitCode>{code}</rsp:ExitCode></rsp:CommandState>"
        )
    body = f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"
    return _envelope(_RESPONSES[Operation.RECEIVE], request.message_id, body)


def identified(version: str) -> bytes:
    """Answer Identify; `version` is the product version text."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY}"><wsmid:ProtocolVersion>{WSMAN}</wsmid:ProtocolVersion>'
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{escape(version)}</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()


def fault(error: WsmanError, message_id: str, machine: str) -> bytes:
    """Write a fault; `machine` is the name that the detail carries."""
    who = "s:Sender" if error.code != FaultCode.TIMED_OUT else "s:Receiver"
    body = (
        f"<s:Fault><s:Code><s:Value>{who}</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{escape(error.reason)}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault xmlns:f="{WSMAN_FAULT}" Code="{error.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{escape(error.reason)}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return _envelope("http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", message_id, body)
