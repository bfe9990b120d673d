# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs inside the kernel data plane, as far as they need no kernel: messages, calls, captures, archives."""

from __future__ import annotations

import base64
import socket
import struct
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winlab.kernel.channel import Channel, Failed
from winlab.kernel.cpio import Archive
from winlab.kernel.inside.agent import serve
from winlab.kernel.inside.fallback import Acquire, acquires
from winlab.kernel.inside.vici import Session, decode, encode
from winlab.kernel.tunnel import Tunnels
from winlab.kernel.wirelog import read_capture

NAMES = st.text("abcdefgh-", min_size=1, max_size=8)
TEXTS = st.text("abc 0123[]/", max_size=20)
MESSAGES = st.recursive(
    st.dictionaries(NAMES, st.one_of(TEXTS, st.lists(TEXTS, max_size=3)), max_size=4),
    lambda inner: st.dictionaries(NAMES, st.one_of(TEXTS, inner), max_size=3),
    max_leaves=8,
)


@given(MESSAGES)
def test_messages_of_the_daemon_survive(message: dict[str, object]) -> None:
    """What is encoded is decoded again."""
    assert decode(encode(message)) == message


def test_a_session_sends_commands_and_takes_events(tmp_path: object) -> None:
    """A command, a refusal, and a streamed answer, against a small daemon."""
    path = f"{tmp_path}/vici"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    asked: list[bytes] = []

    def packet(data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + data

    def daemon() -> None:
        connection, _address = listener.accept()
        with connection:
            for answer in (
                b"\x01" + encode({"success": "yes", "version": "5"}),
                b"\x01" + encode({"success": "no", "errmsg": "unknown cipher"}),
                b"\x05",
                b"\x07\x07list-sa" + encode({"one": {"state": "ESTABLISHED"}}),
                b"",
            ):
                if answer[:1] != b"\x07" and answer:
                    size = struct.unpack("!I", connection.recv(4))[0]
                    asked.append(connection.recv(size))
                    connection.sendall(packet(answer))
                elif answer:
                    size = struct.unpack("!I", connection.recv(4))[0]
                    asked.append(connection.recv(size))
                    connection.sendall(packet(answer) + packet(b"\x01"))

    thread = threading.Thread(target=daemon)
    thread.start()
    session = Session(path)
    assert session.command("version")["version"] == "5"
    with pytest.raises(RuntimeError, match="load-conn: unknown cipher"):
        session.command("load-conn", {"c": {"version": "1"}})
    assert list(session.stream("list-sas", "list-sa")) == [{"one": {"state": "ESTABLISHED"}}]
    session.close()
    thread.join()
    listener.close()
    assert asked[0] == b"\x00\x07version"
    assert asked[2] == b"\x03\x07list-sa"


@pytest.fixture
def channel() -> Iterator[Channel]:
    """Return a channel to an agent in this process."""
    here, there = socket.socketpair()
    reader, writer = there.makefile("rb", buffering=0), there.makefile("wb", buffering=0)
    thread = threading.Thread(target=serve, args=(reader, writer), daemon=True)
    thread.start()
    one = Channel(here)
    yield one
    one.close()
    thread.join()
    for each in (reader, writer, there):
        each.close()


def test_calls_are_answered(channel: Channel) -> None:
    """An answer, an error with its reason, and an unknown name."""
    assert channel.call("hello") == "here"
    with pytest.raises(Failed, match=r"(?s)fallen_back.*missing 1 required positional argument"):
        channel.call("fallen_back")
    with pytest.raises(Failed, match="nonsense"):
        channel.call("nonsense")


def test_a_channel_that_ends_fails_calls(channel: Channel) -> None:
    """Nobody waits for an answer that cannot come."""
    channel.close()
    with pytest.raises(Failed, match="gone"):
        channel.call("hello", patience=30)


def acquire(family: int, source: str, destination: str, priority: int) -> bytes:
    """Return a kernel's message, laid out as struct xfrm_user_acquire in linux/xfrm.h."""
    address = [socket.inet_aton(each).ljust(16, b"\0") for each in (source, destination)]
    identity = address[1] + struct.pack("=IB3x", 0, 50)
    selector = (
        address[1]
        + address[0]
        + struct.pack("!HHHH", 80, 0xFFFF, 0, 0)
        + struct.pack("=HBBB3xiI", family, 32, 32, 6, 0, 0)
    )
    policy = selector + bytes(64) + bytes(32) + struct.pack("=IIBBBB4x", priority, 9, 1, 0, 0, 0)
    body = identity + address[0] + selector + policy + struct.pack("=IIII", 0, 0, 0, 1)
    assert (len(identity), len(selector), len(policy)) == (24, 56, 168)
    return struct.pack("=IHHII", 16 + len(body), 0x17, 0, 1, 0) + body


def test_acquires_are_read() -> None:
    """Both addresses and the priority of the policy; other families and other messages are passed over."""
    other = struct.pack("=IHHII", 20, 0x10, 0, 1, 0) + b"\0\0\0\0"
    data = acquire(socket.AF_INET, "10.0.0.10", "10.0.1.20", 10020) + other
    data += acquire(socket.AF_INET6, "10.0.0.10", "10.0.1.20", 1)
    assert acquires(data) == [Acquire("10.0.0.10", "10.0.1.20", 10020)]


def capture(*packets: bytes) -> bytes:
    """Return a pcap file of Ethernet frames."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
    for each in packets:
        frame = bytes(12) + b"\x08\x00" + each
        data += struct.pack("<IIII", 7, 500_000, len(frame), len(frame)) + frame
    return data


def packet(protocol: int, rest: bytes) -> bytes:
    """Return an IPv4 packet from a front-end to a back-end."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(rest), 0, 0, 64, protocol, 0)
    return head + socket.inet_aton("10.0.0.10") + socket.inet_aton("10.0.1.20") + rest


def test_packets_are_told_apart() -> None:
    """Protected packets, IKE and services in clear; other frames do not count."""
    tcp = struct.pack("!HH", 50000, 80) + bytes(16)
    frames = [
        packet(50, bytes(16)),
        packet(51, bytes(24)),
        packet(17, struct.pack("!HHHH", 500, 500, 8, 0)),
        packet(6, tcp),
    ]
    seen = list(read_capture(capture(*frames) + struct.pack("<IIII", 8, 0, 14, 14) + bytes(12) + b"\x08\x06"))
    assert [each.kind for each in seen] == ["esp", "ah", "ike", "tcp/80"]
    assert seen[3].source == IPv4Address("10.0.0.10")
    assert (seen[3].source_port, seen[3].destination_port, seen[3].size, seen[3].time) == (50000, 80, 40, 7.5)


def test_archives_are_what_linux_reads() -> None:
    """Magic numbers, modes and sizes of the newc form; every part begins at a multiple of four."""
    archive = Archive()
    archive.folder("bin")
    archive.file("bin/tool", b"12345", executable=True)
    archive.link("bin/other", "tool")
    data, place, found = archive.packed(), 0, {}
    while not found.get("TRAILER!!!"):
        assert data[place : place + 6] == b"070701"
        fields = [int(data[place + 6 + 8 * each : place + 14 + 8 * each], 16) for each in range(13)]
        name = data[place + 110 : place + 110 + fields[11] - 1].decode()
        begin = (place + 110 + fields[11] + 3) & ~3
        found[name] = (fields[1], data[begin : begin + fields[6]])
        place = (begin + fields[6] + 3) & ~3
    assert found["bin"][0] == 0o40755
    assert found["bin/tool"] == (0o100755, b"12345")
    assert found["bin/other"] == (0o120777, b"tool")
    assert place == len(data)


class Mirror:
    """A channel whose far end sends back what the near end sent, in capitals."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.near: list[bytes] = []
        self.far: list[bytes] = []
        self.over: set[str] = set()
        self.changed = threading.Condition()

    def call(self, name: str, *, number: int, end: str = "", data: str = "", **_more: object) -> object:
        """Do what the agent does with the two ends of a connection."""
        with self.changed:
            self.calls.append(name)
            if name == "send":
                (self.far if end == "near" else self.near).append(base64.b64decode(data))
            elif name == "finish":
                self.over.add(end)
            elif name == "receive":
                mine, other = (self.near, "far") if end == "near" else (self.far, "near")
                self.changed.wait_for(lambda: bool(mine) or other in self.over, 20)
                self.changed.notify_all()
                return base64.b64encode(mine.pop(0)).decode() if mine else ""
            self.changed.notify_all()
            return None


def test_a_tunnel_carries_both_ways_and_ends() -> None:
    """Bytes get to the other end and back; when both are closed, the connection inside is."""
    mirror = Mirror()
    tunnels = Tunnels(mirror)  # type: ignore[arg-type]
    tunnels.add("name", 7)
    near, far = tunnels.ends("name")
    with near, far:
        near.sendall(b"question")
        assert far.recv(100) == b"question"
        far.sendall(b"answer")
        assert near.recv(100) == b"answer"
        near.shutdown(socket.SHUT_WR)
        assert far.recv(100) == b""
        far.shutdown(socket.SHUT_WR)
        assert near.recv(100) == b""
    with mirror.changed:
        assert mirror.changed.wait_for(lambda: "close" in mirror.calls, 20)
