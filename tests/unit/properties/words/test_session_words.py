# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said to servers: an option is refused or arrives as it is, and nothing else is said."""

from __future__ import annotations

import base64
import re
import socket
import threading
from contextlib import closing
from typing import Any

import pytest
from hostile import BULK, Tally, hostile, texts
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._clients.request import Session, read_sessions
from ansible_collections.winsec.ipsec.plugins.plugin_utils._clients.talks import TALKS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._clients.wire import Wire
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError

PATIENCE_SECONDS = 30
GIVEN: dict[str, Any] = {"name": "probe", "host": "mail.example.com", "port": 8080}
PROTOCOLS = ("http", "imap", "pop3", "tcp")
SPOTS = [
    (protocol, option)
    for protocol in PROTOCOLS
    for option in ("user", "password", "path", "host")
    if option == "host" or (protocol != "tcp" and option != "path") or (protocol == "http" and option == "path")
]
GOOD = (r"CORP\probe", "probe@example.com", "/owa/x?y=1", "mail.example.com", "2001:db8::1", 'Green "Meadow" 7')


class Server(threading.Thread):
    """Answers yes to everything in one protocol, and keeps what it was told."""

    def __init__(self, protocol: str, line: socket.socket) -> None:
        super().__init__(daemon=True)
        self._protocol = protocol
        self._line = line
        self.told = b""

    def run(self) -> None:
        """Serve one session."""
        greetings = {"imap": b"* OK ready\r\n", "pop3": b"+OK ready\r\n"}
        with closing(self._line) as line:
            line.settimeout(PATIENCE_SECONDS)
            line.sendall(greetings.get(self._protocol, b""))
            once = self._protocol in ("http", "tcp")
            said = b""
            while piece := line.recv(65536):
                self.told += piece
                said += piece
                if said.endswith(b"\r\n\r\n" if once else b"\r\n"):
                    line.sendall(self._answer(said))
                    said = b""
                    if once:
                        return

    def _answer(self, piece: bytes) -> bytes:
        if self._protocol == "pop3":
            return b"+OK\r\n"
        if self._protocol == "imap":
            tag, _blank, rest = piece.partition(b" ")
            more = {b"CAPA": b"* CAPABILITY IMAP4rev1\r\n", b"LOGO": b"* BYE\r\n"}.get(rest[:4], b"")
            return more + tag + b" OK done\r\n"
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def told(session: Session) -> list[str]:
    """Hold a session and return the lines that the server got."""
    here, there = socket.socketpair()
    server = Server(session.protocol.value, there)
    server.start()
    wire = Wire(session.host, session.port, PATIENCE_SECONDS)
    wire._socket, wire.connected = here, True
    with closing(here):
        TALKS[session.protocol](session, wire)
    server.join()
    assert server.told.endswith(b"\r\n")
    lines = server.told[:-2].split(b"\r\n")
    assert not any(character in line for line in lines for character in (b"\r", b"\n", b"\0"))
    return [line.decode("ascii") for line in lines]


_IMAP_WORD = re.compile(r'"(?:[^"\\]|\\["\\])*"|[^\s"(){}%*\\]+')


def imap_words(line: str) -> list[str]:
    words = _IMAP_WORD.findall(line)
    assert " ".join(words) == line, line
    return [re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word for word in words]


def expected_hosts(text: str) -> tuple[str, ...]:
    """Return the header of a host; a scope id means something on this side only, and may be left out."""
    if ":" not in text:
        return (f"{text}:8080",)
    return f"[{text}]:8080", f"[{text.partition('%')[0]}]:8080"


def arrives(protocol: str, option: str, text: str) -> bool:
    given: dict[str, Any] = {**GIVEN, "protocol": protocol}
    if option in ("user", "password"):
        given |= {"user": "probe", "password": "Meadow-7"}
    try:
        (session,) = read_sessions({"sessions": [given | {option: text}]})
    except IpsecError as error:
        assert str(error).isascii()
        return False
    lines = told(session)
    said = {"user": "probe", "password": "Meadow-7", "path": "/", "host": GIVEN["host"]} | {option: text}
    logged_on = option in ("user", "password")
    if protocol == "imap":
        commands = [imap_words(line)[1:] for line in lines]
        login = [["LOGIN", said["user"], said["password"]]] if logged_on else []
        assert commands == [["CAPABILITY"], *login, ["NOOP"], ["LOGOUT"]]
    elif protocol == "pop3":
        login_lines = [f"USER {said['user']}", f"PASS {said['password']}", "NOOP"] if logged_on else []
        assert lines == [*login_lines, "QUIT"]
        assert " " not in said["user"]
    elif protocol == "tcp":
        assert lines == ["GET / HTTP/1.0", f"Host: {said['host']}", ""]
    else:
        first, *headers, empty = lines
        assert first.split(" ") == ["GET", said["path"], "HTTP/1.1"]
        assert empty == ""
        fields = dict(header.split(": ", 1) for header in headers)
        assert fields.pop("Host") in expected_hosts(said["host"])
        pair = base64.b64decode(fields.pop("Authorization", "Basic ").removeprefix("Basic ")).decode()
        assert pair == (f"{said['user']}:{said['password']}" if logged_on else "")
        assert fields == {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "winsec.ipsec"}
    return True


@pytest.mark.parametrize(("protocol", "option"), SPOTS)
@given(data=st.data())
def test_an_option_arrives_as_it_is_or_is_refused(protocol: str, option: str, data: st.DataObject) -> None:
    arrives(protocol, option, data.draw(hostile(*GOOD)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_thousands_of_texts(protocol: str) -> None:
    tally = Tally()
    options = [option for spoken, option in SPOTS if spoken == protocol]
    for number, option in enumerate(options):
        for text in (*GOOD, *texts(BULK // len(options) + 1, 70 + number, *GOOD)):
            tally.take(arrives(protocol, option, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 100


@pytest.mark.parametrize(
    "text", ["probe\r\nQUIT", "probe\n", "probe\x85", "probe\u2028", "pro\0be", "pro be", "\u202eprobe"]
)
def test_a_user_of_pop3_is_one_word(text: str) -> None:
    with pytest.raises(IpsecError, match=r"sessions\[0\]\."):
        read_sessions({"sessions": [{**GIVEN, "protocol": "pop3", "user": text, "password": "x"}]})
