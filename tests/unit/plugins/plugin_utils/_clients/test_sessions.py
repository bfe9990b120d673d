# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions with small servers on the loopback interface: those that work, and every way not to."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from ansible.errors import AnsibleActionFail
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.plugin_utils._clients.hold import SessionReport, hold, hold_all
from ansible_collections.winsec.ipsec.plugins.plugin_utils._clients.request import Session, read_sessions
from ansible_collections.winsec.ipsec.plugins.plugin_utils._clients.request import SessionProtocol as Spoken
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from winlab.host import Host

Data = dict[str, Any]
USER, PASSWORD = r"CORP\probe", 'Green "Meadow" 7'
# Longer than any healthy exchange on a loaded machine takes; the short one ends in silence on purpose.
PATIENT, SHORT = 30, 0.2


class Talk(Protocol):
    def __call__(self, line: socket.socket, /) -> None: ...


@contextmanager
def server(talk: Talk, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve each connection with ``talk`` and yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve(line: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if context is not None:
                line = context.wrap_socket(line, server_side=True)
            talk(line)
        line.close()

    def accept() -> None:
        while not over.is_set():
            with suppress(OSError):
                line, _address = listener.accept()
                threading.Thread(target=serve, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENT)


def until_gone(line: socket.socket) -> None:
    """Read what the client says and say nothing."""
    while line.recv(4096):
        pass


def cut(line: socket.socket) -> None:
    """End the connection with a reset once the client has said something, which it has not before it is connected."""
    line.recv(4096)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def quiet(line: socket.socket) -> None:
    """End the connection in order, without a word."""


def says(text: str, after: Talk = until_gone) -> Talk:
    def talk(line: socket.socket) -> None:
        line.sendall(text.encode())
        after(line)

    return talk


def web(answer: str = "200 OK", *, length: int = 2, want: str = "", end: Talk | None = None) -> Talk:
    def talk(line: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += line.recv(4096)
        status = answer
        if want and f"Authorization: Basic {base64.b64encode(want.encode()).decode()}".encode() not in request:
            status = "401 Unauthorized"
        line.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\nok".encode())
        if end is not None:
            end(line)

    return talk


def mail(replies: dict[str, str], greeting: str, *, stop: str = "") -> Talk:
    """Return a server that answers lines by the command in them, and falls silent at ``stop``."""

    def talk(line: socket.socket) -> None:
        line.sendall(f"{greeting}\r\n".encode())
        for raw in line.makefile("rb"):
            words = raw.decode().rstrip("\r\n").split(" ")
            # IMAP puts a tag before the command.
            tag, command = (words[0], words[1]) if greeting.startswith("*") else ("", words[0])
            if command == stop:
                return until_gone(line)
            reply = replies.get(command, "BAD" if tag else "-ERR")
            if reply.startswith("="):
                expected, reply = reply[1:].split("=")
                reply = (
                    reply if expected in raw.decode() else f"{'NO' if tag else '-ERR'} wrong: {raw.decode().strip()}"
                )
            untagged = "* CAPABILITY IMAP4rev1\r\n" if command == "CAPABILITY" else ""
            line.sendall(untagged.encode() + f"{tag} {reply}\r\n".lstrip().encode())
        return None

    return talk


QUOTED = r'"CORP\\probe" "Green \"Meadow\" 7"'


def imap(stop: str = "") -> Talk:
    replies = {
        "CAPABILITY": "OK done",
        "LOGIN": f"={QUOTED}=OK in",
        "NOOP": "OK done",
        "LOGOUT": "OK bye",
    }
    return mail(replies, "* OK ready", stop=stop)


def pop3(stop: str = "") -> Talk:
    replies = {"USER": f"={USER}=+OK", "PASS": f"={PASSWORD}=+OK", "NOOP": "+OK", "QUIT": "+OK bye"}
    return mail(replies, "+OK ready", stop=stop)


def session(protocol: str, port: int, *, log_on: bool = True, password: str = PASSWORD, **more: Any) -> Session:
    credentials = {"user": USER, "password": Secret(password)} if log_on and protocol != "tcp" else {}
    given = {"name": "s", "host": "127.0.0.1", "timeout_seconds": PATIENT, **credentials, **more}
    return Session(protocol=Spoken(protocol), port=port, **given)


def came_to(found: SessionReport) -> tuple[str, str]:
    return found.outcome.value, found.stage.value


def attempt(talk: Talk, protocol: str, **more: Any) -> SessionReport:
    with server(talk) as port:
        return hold(session(protocol, port, **more))


WORKING: list[tuple[str, Talk, str]] = [
    ("http", web(want=f"{USER}:{PASSWORD}"), "command"),
    ("imap", imap(), "command"),
    ("pop3", pop3(), "command"),
    ("tcp", web("404 Not Found"), "command"),
    ("tcp", pop3(), "command"),
]


@pytest.mark.parametrize(
    ("protocol", "talk", "stage"), WORKING, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_works(protocol: str, talk: Talk, stage: str) -> None:
    found = attempt(talk, protocol)
    assert came_to(found) == ("works", stage), found.detail
    assert found.as_expected


@pytest.mark.parametrize(("protocol", "talk"), [("http", web()), ("imap", imap()), ("pop3", pop3())])
def test_without_a_log_on(protocol: str, talk: Talk) -> None:
    assert attempt(talk, protocol, log_on=False).outcome.value == "works"


def test_a_log_on_that_is_wanted_and_not_given() -> None:
    found = attempt(web(want="a:b"), "http", log_on=False)
    assert came_to(found) == ("failed", "logon")
    assert "wants a log-on" in found.detail


@pytest.mark.parametrize(
    ("protocol", "talk"), [("http", web(want=f"{USER}:{PASSWORD}")), ("imap", imap()), ("pop3", pop3())]
)
def test_a_wrong_password(protocol: str, talk: Talk) -> None:
    wrong = "Wrong-Password-8"
    found = attempt(talk, protocol, password=wrong)
    assert came_to(found) == ("failed", "logon")
    assert "does not accept the user" in found.detail
    # The mail servers above repeat what they were sent.
    assert wrong not in f"{found!r} {found} {found.to_data()}"


# Server, protocol, outcome, stage, words of the detail.
TROUBLE: list[tuple[Talk, str, str, str, str]] = [
    *[(until_gone, one, "refused", "command", "accepted, and no answer came: silence") for one in ("http", "tcp")],
    *[(until_gone, one, "refused", "greeting", "accepted, and no answer came: silence") for one in ("imap", "pop3")],
    *[
        (until_gone, one, "refused", "tls", "accepted, and no answer came: silence")
        for one in ("https", "imaps", "pop3s")
    ],
    *[(cut, one, "refused", "command", "accepted, and no answer came: a reset") for one in ("http", "tcp")],
    *[(cut, one, "refused", "tls", "accepted, and no answer came: a reset") for one in ("https", "imaps", "pop3s")],
    *[(quiet, one, "refused", "greeting", "accepted, and no answer came: its end") for one in ("imap", "pop3")],
    (says("* OK ready\r\n", cut), "imap", "failed", "greeting", "in the middle"),
    (says("* OK ready\r\n"), "imap", "failed", "greeting", "silence"),
    (says("+OK ready\r\n", cut), "pop3", "failed", "logon", "in the middle"),
    (imap("LOGIN"), "imap", "failed", "logon", "in the middle: silence"),
    (imap("NOOP"), "imap", "failed", "command", "in the middle: silence"),
    (pop3("NOOP"), "pop3", "failed", "command", "in the middle: silence"),
    (says("220 mail ready\r\n"), "imap", "failed", "greeting", "does not speak IMAP"),
    (says("220 mail ready\r\n"), "pop3", "failed", "greeting", "does not speak POP3"),
    (says("-ERR busy\r\n"), "pop3", "failed", "greeting", "does not speak POP3, or does not want to"),
    (says("+OK ready\r\n"), "http", "failed", "command", "does not speak HTTP"),
    (says("+OK ready\r\n"), "pop3s", "failed", "tls", "No TLS came about"),
    (web("500 Broken"), "http", "failed", "command", "status 500"),
    (web(length=5000), "http", "failed", "command", "in the middle: its end"),
    (web(length=5000, end=until_gone), "http", "failed", "command", "in the middle: silence"),
]


@pytest.mark.parametrize(("talk", "protocol", "outcome", "stage", "words"), TROUBLE)
def test_trouble(talk: Talk, protocol: str, outcome: str, stage: str, words: str) -> None:
    # A server that goes silent is waited for no longer than that takes.
    limit = SHORT if "silence" in words else PATIENT
    found = attempt(talk, protocol, timeout_seconds=limit)
    if "silence" in words and came_to(found) != (outcome, stage):
        # A loaded machine came less far in the short time: give it more.
        found = attempt(talk, protocol, timeout_seconds=20 * SHORT)
    assert came_to(found) == (outcome, stage), found.detail
    assert words in found.detail


def test_a_server_that_drips_does_not_hold_us() -> None:
    def drip(line: socket.socket) -> None:
        while True:
            line.sendall(b"* ")
            threading.Event().wait(0.01)

    found = attempt(drip, "imap", timeout_seconds=SHORT)
    assert came_to(found) == ("failed", "greeting")
    assert found.seconds < PATIENT


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    found = hold(session("http", port))
    assert came_to(found) == ("refused", "connect")
    assert "not accepted: a reset" in found.detail


def test_a_connection_that_is_not_even_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        port = listener.getsockname()[1]
        # The queue of the listener is full after a few, and the rest gets no answer.
        for _number in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        found = hold(session("tcp", port, timeout_seconds=SHORT))
    assert came_to(found) == ("refused", "connect")
    assert "not accepted: silence until the time limit of 0.2 s" in found.detail


def test_a_name_without_an_address() -> None:
    found = hold(session("http", 80, host="no-such-host.invalid"))
    assert came_to(found) == ("failed", "connect")
    assert "no address" in found.detail


def own_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context with a certificate that it made itself for localhost, and its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


@pytest.mark.parametrize(("protocol", "talk"), [("https", web()), ("imaps", imap()), ("pop3s", pop3())])
def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, talk: Talk) -> None:
    context, file = own_certificate(tmp_path)
    with server(talk, context) as port:
        distrusted = hold(session(protocol, port))
        unchecked = hold(session(protocol, port, validate_certs=False))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        trusted = hold(session(protocol, port))
        other_name = hold(session(protocol, port, host="127.0.0.2"))
    assert came_to(distrusted) == ("failed", "tls")
    assert "not trusted" in distrusted.detail
    assert came_to(unchecked) == came_to(trusted) == ("works", "command")
    # The server listens on one address only; where others lead to it too, the name is what is wrong.
    assert other_name.outcome.value in ("refused", "failed")


def test_sessions_run_side_by_side_and_keep_their_order() -> None:
    together = threading.Barrier(5, timeout=PATIENT)

    def meet(line: socket.socket) -> None:
        together.wait()
        web()(line)

    with server(meet) as port:
        found = hold_all([session("http", port, log_on=False, name=str(number)) for number in range(5)])
    assert [one.session.name for one in found] == list("01234")
    assert {one.outcome.value for one in found} == {"works"}


def given(port: int, **more: Any) -> Data:
    return {"name": "web", "protocol": "http", "host": "127.0.0.1", "port": port, "timeout": PATIENT, **more}


def task(**options: Any) -> Data:
    connection = LabConnection(Host.create("unused", "2016"))
    result = run(connection, "session_check", options)
    assert connection.sent == []
    return result


def test_the_task() -> None:
    with server(web()) as port:
        good = task(sessions=[given(port, user=USER, password=PASSWORD)])
        bad = task(sessions=[given(port), given(port, name="closed", expect="refused")])
        told = task(sessions=[given(port, expect="refused")], fail=False)
    assert (good["changed"], good["passed"], good.get("failed", False)) == (False, True, False)
    (one,) = good["sessions"]
    assert {key: one[key] for key in ("name", "protocol", "port", "outcome", "as_expected", "stage")} == {
        "name": "web",
        "protocol": "http",
        "port": port,
        "outcome": "works",
        "as_expected": True,
        "stage": "command",
    }
    assert one["seconds"] >= 0
    assert (bad["failed"], bad["passed"]) == (True, False)
    assert "1 of 2 sessions are not as expected" in bad["msg"]
    assert "closed (http to 127.0.0.1:" in bad["msg"]
    assert "works, not refused" in bad["msg"]
    assert (told["passed"], told.get("failed", False)) == (False, False)
    assert PASSWORD not in str(good)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"protocol": "smtp"}, "sessions[0].protocol"),
        ({"protocol": "tcp", "port": None}, "sessions[0].port"),
        ({"protocol": "tcp", "user": "a", "password": "b"}, "sessions[0].user"),
        ({"protocol": "imap", "path": "/x"}, "sessions[0].path"),
        ({"path": "x"}, "sessions[0].path"),
        ({"path": "/a b"}, "sessions[0].path"),
        ({"user": "a"}, "sessions[0].password"),
        ({"password": "Marker-1"}, "sessions[0].user"),
        ({"user": "a", "password": "Marker-1\r\nNOOP"}, "sessions[0].password"),
        ({"user": "a", "password": ["Marker-1"]}, "sessions[0].password"),
        ({"user": "a:b", "password": "Marker-1"}, "sessions[0].user"),
        ({"user": "a", "passwort": "Marker-1"}, "sessions[0].passwort"),
        ({"protocol": "pop3", "user": "a", "password": "Märker-1"}, "sessions[0].password"),
        ({"host": "http://fe"}, "sessions[0].host"),
        ({"host": ""}, "sessions[0].host"),
        ({"port": 0}, "sessions[0].port"),
        ({"timeout": 0}, "sessions[0].timeout"),
        ({"expect": "fails"}, "sessions[0].expect"),
    ],
)
def test_what_cannot_be_held_is_refused(more: Data, path: str) -> None:
    with pytest.raises(AnsibleActionFail) as refused:
        task(sessions=[{**given(80), **more}])
    assert str(refused.value).startswith(f"{path} is ")
    assert "arker" not in str(refused.value)


@pytest.mark.parametrize("sessions", [None, [], "Marker-1", ["Marker-1"]])
def test_no_sessions(sessions: object) -> None:
    with pytest.raises(IpsecError) as refused:
        read_sessions({"sessions": sessions})
    assert "Marker" not in str(refused.value)


def test_default_ports() -> None:
    ports = {"http": 80, "https": 443, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}
    for protocol, port in ports.items():
        (one,) = read_sessions({"sessions": [{"name": "a", "protocol": protocol, "host": "fe"}]})
        assert (one.port, one.timeout_seconds, one.validate_certs) == (port, 10, True)
        assert replace(one, port=1).port == 1


def test_whom_a_session_is_about_comes_back_with_its_result() -> None:
    way = {"frontend": "fe1", "backend": "be1", "service_port": 80, "source": "10.0.9.5"}
    with server(web()) as port:
        one, other = task(sessions=[given(port, **way), given(port, name="plain")])["sessions"]
    assert {key: one.get(key) for key in way} == way
    assert not set(way) & set(other)


@pytest.mark.parametrize("wrong", [{"service_port": 0}, {"frontend": "two\nlines"}, {"source": "a b"}], ids=str)
def test_whom_a_session_is_about_is_checked(wrong: Data) -> None:
    with pytest.raises(IpsecError) as refusal:
        read_sessions({"sessions": [given(80, **wrong)]})
    assert refusal.value.path == f"sessions[0].{next(iter(wrong))}"
