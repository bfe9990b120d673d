# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wevtutil.exe, for one question: `qe Security "/q:*[System[(EventID=N or EventID=N)]]" /c:N /rd:true /f:xml`.

Events come one a line, without a root element. From Windows Vista on; before, the log had another form.

[ledger: sa-wevtutil-form]
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from ..audit import Event
from ..host import Host
from .streams import Sink
from .text import phrase

_BAD_PARAMETER, _BAD_QUERY, _NO_CHANNEL = 87, 15001, 15007
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_QUERY = re.compile(r"\*\[System\[\(?\s*(EventID=\d+(?:\s+or\s+EventID=\d+)*)\s*\)?\]\]")
_NUMBER = re.compile(r"EventID=(\d+)")
_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
_PROVIDER = "Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'"
_SUCCESS, _FAILURE = "0x8020000000000000", "0x8010000000000000"
_TASKS = {4654: 12549, 5451: 12549, 5452: 12549}
_MAIN_MODE_TASK = 12547


def exists(host: Host) -> bool:
    """Tell whether the host has the tool."""
    return host.version.has_ikeext


def main(host: Host, arguments: str, out: Sink, err: Sink) -> int:
    """Run as `wevtutil.exe ARGUMENTS`; returns 0, or the number of a Windows error."""
    words = [found[1] if found[2] is None else found[2] for found in _WORD.finditer(arguments)]
    if len(words) < 2 or words[0].lower() not in ("qe", "query-events"):
        return _fail(host, err, _BAD_PARAMETER)
    if words[1].lower() != "security":
        return _fail(host, err, _NO_CHANNEL)
    options = {name.lower(): value for name, _colon, value in (word.partition(":") for word in words[2:])}
    query = _QUERY.fullmatch(options.pop("/q", ""))
    if query is None:
        return _fail(host, err, _BAD_QUERY)
    count, newest_first = options.pop("/c", ""), options.pop("/rd", "false").lower()
    form = options.pop("/f", "xml").lower()
    if options or newest_first not in ("true", "false") or form != "xml" or not (not count or count.isdecimal()):
        return _fail(host, err, _BAD_PARAMETER)
    if host.live is not None:
        host.live()
    events = host.audit.events({int(number) for number in _NUMBER.findall(query[1])})
    if newest_first == "true":
        events.reverse()
    for event in events[: int(count)] if count else events:
        out(f"{_xml(host, event)}\r\n".encode(host.oem_encoding, "xmlcharrefreplace"))
    return 0


def _xml(host: Host, event: Event) -> str:
    when = datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    data = "".join(f"<Data Name='{name}'>{escape(text)}</Data>" for name, text in event.data.items())
    system = (
        f"<Provider {_PROVIDER}/><EventID>{event.number}</EventID><Version>0</Version><Level>0</Level>"
        f"<Task>{_TASKS.get(event.number, _MAIN_MODE_TASK)}</Task><Opcode>0</Opcode>"
        f"<Keywords>{_SUCCESS if event.success else _FAILURE}</Keywords><TimeCreated SystemTime='{when}'/>"
        f"<EventRecordID>{event.record}</EventRecordID><Correlation/><Execution ProcessID='612' ThreadID='3464'/>"
        f"<Channel>Security</Channel><Computer>{host.name.upper()}</Computer><Security/>"
    )
    return f"<Event xmlns='{_NAMESPACE}'><System>{system}</System><EventData>{data}</EventData></Event>"


def _fail(host: Host, err: Sink, code: int) -> int:
    err(phrase(host.language, "wevtutil.failed", code=code).encode(host.oem_encoding, "replace"))
    return code
