# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Front-ends and back-ends of the lab, used as their clients use them: who gets through, how, and what it leaves."""

from __future__ import annotations

import base64
import contextlib
import http.client
import imaplib
import json
import poplib
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from winlab import services
from winlab.control import Control
from winlab.dataplane.bench import POLICY, in_policy, type_in
from winlab.dataplane.packet import Network
from winlab.exchange.stand import Door
from winlab.lab import Lab
from winlab.shell import run
from winlab.spec import LabSpec

FE, BE1, BE2 = "10.0.0.10", "10.0.1.20", "10.0.1.21"
REQUIRE = "action=negotiate soft=no qmsec=ESP[3DES,SHA1]"
REQUEST = "action=negotiate inpass=yes soft=yes qmsec=ESP[3DES,SHA1]"
KEY = "kerberos=no psk=Secret-1"
PASSWORDS = {"anna": "Anna-1", "ben": 'B "en\\ 2'}
PORTS = {"http": 80, "imap": 143, "pop3": 110}
GIVES_UP = 0.05


def specification(**more: object) -> LabSpec:
    offers = {"role": "backend", "timeout_seconds": GIVES_UP}
    hosts = [
        {
            "name": "fe1",
            "version": "2003",
            "addresses": [FE],
            "services": {"role": "frontend", "timeout_seconds": GIVES_UP},
        },
        {"name": "be1", "version": "2003", "addresses": [BE1], "services": {**offers, "mailboxes": {"anna": "Anna-1"}}},
        {
            "name": "be2",
            "version": "2016",
            "addresses": [BE2],
            "openings": ["udp/500", "50"],
            "services": {**offers, "mailboxes": {"Ben": PASSWORDS["ben"]}},
        },
    ]
    return LabSpec.from_plain({"hosts": [{**each, **more} for each in hosts]})


@pytest.fixture(name="lab")
def fixture_lab() -> Iterator[Lab]:
    with Lab(specification().hosts) as lab:
        yield lab


def protect(
    lab: Lab, name: str, peer: str, action: str = REQUIRE, *, key: str = KEY, ports: tuple[int, ...] = ()
) -> None:
    """Give a host a policy for its traffic with a peer; a front-end speaks first."""
    host = lab.hosts[name].host
    for service in ("IKEEXT", "PolicyAgent"):
        services.start(host, service)
    ends = f"me {peer}" if name.startswith("fe") else f"{peer} me"
    rules = [(f"{ends} protocol=tcp dstport={port}", action, key) for port in ports or PORTS.values()]
    in_policy(host, *rules)


def web(
    door: Door, user: str, password: str | None = None, path: str = "/exchange/", **more: ssl.SSLContext
) -> tuple[int, str]:
    kind = http.client.HTTPSConnection if more else http.client.HTTPConnection
    connection = kind(door.host, door.port, timeout=10, **more)
    login = f"{user}:{PASSWORDS.get(user.rpartition(chr(92))[2]) if password is None else password}"
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if user else {}
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def by_http(door: Door, user: str, tls: ssl.SSLContext | None) -> str:
    status, text = web(door, user, **({"context": tls} if tls else {}))
    return text if status == 200 else f"refused: {status}"


def by_imap(door: Door, user: str, tls: ssl.SSLContext | None) -> str:
    client = (
        imaplib.IMAP4_SSL(door.host, door.port, ssl_context=tls, timeout=10)
        if tls
        else imaplib.IMAP4(door.host, door.port, timeout=10)
    )
    with contextlib.closing(client.socket()):
        try:
            text = client.login(user, PASSWORDS[user])[1][0].decode()
            assert client.noop()[0] == "OK"
            client.logout()
        except imaplib.IMAP4.error as refused:
            return f"refused: {refused}"
        return text


def by_pop3(door: Door, user: str, tls: ssl.SSLContext | None) -> str:
    client = (
        poplib.POP3_SSL(door.host, door.port, context=tls, timeout=10)
        if tls
        else poplib.POP3(door.host, door.port, timeout=10)
    )
    try:
        client.user(user)
        text = client.pass_(PASSWORDS[user]).decode()
        assert client.stat() == (0, 0)
        client.quit()
    except poplib.error_proto as refused:
        return f"refused: {refused}"
    finally:
        client.close()
    return text


CLIENTS: dict[str, Callable[[Door, str, ssl.SSLContext | None], str]] = {
    "http": by_http,
    "imap": by_imap,
    "pop3": by_pop3,
}


def through(lab: Lab, protocol: str, user: str, *, host: str = "fe1") -> str:
    tls = ssl.create_default_context(cafile=str(lab.exchange.certificate)) if protocol.endswith("s") else None
    return CLIENTS[protocol.removesuffix("s")](lab.exchange.doors[host][protocol], user, tls)


def silence(door: Door) -> bytes:
    """Connect, say something and return what comes until the connection breaks."""
    with socket.create_connection((door.host, door.port), timeout=10) as connection:
        heard = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /exchange/ HTTP/1.0\r\n\r\n")
            while piece := connection.recv(4096):
                heard += piece
        return heard


def associated(lab: Lab, name: str) -> set[str]:
    return {str(each.traffic.peer) for each in lab.hosts[name].host.associations.quick_mode}


@pytest.mark.parametrize("protocol", ["http", "https", "imap", "imaps", "pop3", "pop3s"])
def test_users_get_to_their_own_back_end(lab: Lab, protocol: str) -> None:
    assert "be1" in through(lab, protocol, "anna")
    assert "be2" in through(lab, protocol, "ben")
    plain = protocol.removesuffix("s")
    assert [
        (each.source, each.destination, each.port, each.fate) for each in lab.exchange.crossing.conversations()
    ] == [
        ("fe1", "be1", PORTS[plain], "clear"),
        ("fe1", "be2", PORTS[plain], "clear"),
    ]
    for one in lab.exchange.crossing.conversations():
        assert one.bytes_there > 20
        assert one.bytes_in_clear == one.bytes_there + one.bytes_back
    assert not lab.hosts["fe1"].host.associations.quick_mode


@pytest.mark.parametrize("protocol", ["http", "https", "imap", "imaps", "pop3", "pop3s"])
def test_a_protected_hop_leaves_associations_and_bytes(lab: Lab, protocol: str) -> None:
    protect(lab, "fe1", BE2)
    protect(lab, "be2", FE)
    plain = protocol.removesuffix("s")
    assert "be2" in through(lab, protocol, "ben")
    assert (associated(lab, "fe1"), associated(lab, "be2"), associated(lab, "be1")) == ({BE2}, {FE}, set())
    (one,) = lab.exchange.crossing.conversations()
    assert (one.fate, one.algorithms, one.bytes_in_clear) == ("esp", "ESP[3DES,SHA1]", 0)
    (out,) = [each for each in lab.hosts["fe1"].host.associations.quick_mode if each.way == "outbound"]
    assert out.traffic.peer_port == PORTS[plain]
    front, back = lab.hosts["fe1"].host.counters, lab.hosts["be2"].host.counters
    assert front.bytes_sent == back.bytes_received > one.bytes_there
    assert front.bytes_received == back.bytes_sent > one.bytes_back
    assert back.plaintext_packets_received == 0
    assert front.plaintext_packets_received > 0
    # The other back-end is reached as before.
    assert "be1" in through(lab, protocol, "anna")


@pytest.mark.parametrize("protocol", ["http", "imap", "pop3"])
def test_where_nobody_answers_ike_the_front_end_has_no_back_end(lab: Lab, protocol: str) -> None:
    protect(lab, "fe1", BE2)
    assert through(lab, protocol, "ben").startswith("refused: ")
    (one,) = lab.exchange.crossing.conversations()
    assert (one.fate, one.bytes_there, one.bytes_back) == ("no_answer", 0, 0)
    assert "be1" in through(lab, protocol, "anna")


@pytest.mark.parametrize("protocol", ["http", "imap", "pop3"])
def test_falling_back_is_clear(lab: Lab, protocol: str) -> None:
    protect(lab, "fe1", BE2, REQUEST)
    assert "be2" in through(lab, protocol, "ben")
    (one,) = lab.exchange.crossing.conversations()
    assert one.fate == "soft_clear"
    assert one.bytes_in_clear == one.bytes_there + one.bytes_back > 0
    assert not associated(lab, "fe1")
    assert lab.hosts["fe1"].host.associations.soft


def test_a_wrong_key_and_a_wrong_clock(lab: Lab) -> None:
    protect(lab, "fe1", BE2)
    protect(lab, "be2", FE, key="kerberos=no psk=Secret-2")
    assert through(lab, "http", "ben") == "refused: 503"
    assert lab.exchange.crossing.conversations()[-1].fate == "auth_mismatch"
    for name in ("fe1", "be2"):
        host = lab.hosts[name].host
        for number in range(3):
            type_in(host, f"set rule R{number} policy={POLICY} kerberos=yes")
    assert "be2" in through(lab, "http", "ben")
    lab.hosts["be2"].host.clock.advance(8 * 3600 + 301)
    assert through(lab, "http", "ben") == "refused: 503"
    assert lab.exchange.crossing.conversations()[-1].sentence.startswith("Kerberos fails")


def test_the_network_may_drop_ike(lab: Lab) -> None:
    protect(lab, "fe1", BE2)
    protect(lab, "be2", FE)
    lab.exchange.crossing.network = Network(ike=False)
    assert through(lab, "http", "ben") == "refused: 503"
    lab.exchange.crossing.network = Network()
    assert "be2" in through(lab, "http", "ben")


@pytest.mark.parametrize("protocol", ["http", "imap", "pop3"])
def test_the_direct_door_of_a_back_end_is_in_clear(lab: Lab, protocol: str) -> None:
    assert "be2" in through(lab, protocol, "ben", host="be2")
    assert not lab.exchange.crossing.conversations()
    before = lab.hosts["be2"].host.counters.plaintext_packets_received
    assert before > 0
    protect(lab, "be2", "any")
    assert silence(lab.exchange.doors["be2"][protocol]) == b""
    assert lab.hosts["be2"].host.counters.plaintext_packets_received == before
    # With a rule that speaks of the front-end only, the controller is let in.
    type_in(lab.hosts["be2"].host, f"set policy {POLICY} assign=n", f"delete policy {POLICY}")
    for number in range(3):
        type_in(lab.hosts["be2"].host, f"delete filterlist L{number}", f"delete filteraction A{number}")
    protect(lab, "be2", FE)
    assert "be2" in through(lab, protocol, "ben", host="be2")


def test_a_policy_that_blocks_the_clients_of_a_front_end(lab: Lab) -> None:
    in_policy(lab.hosts["fe1"].host, ("any me protocol=tcp dstport=443", "action=block"))
    assert silence(lab.exchange.doors["fe1"]["https"]) == b""
    assert "be1" in through(lab, "http", "anna")


def test_a_session_that_stands_breaks_when_packets_are_dropped(lab: Lab) -> None:
    door = lab.exchange.doors["fe1"]["imap"]
    client = imaplib.IMAP4(door.host, door.port, timeout=10)
    with contextlib.closing(client.socket()):
        client.login("ben", PASSWORDS["ben"])
        protect(lab, "fe1", BE2)
        protect(lab, "be2", FE)
        # The session goes on, protected from now on.
        assert client.noop()[0] == "OK"
        assert lab.exchange.crossing.conversations()[0].fate == "esp"
        type_in(lab.hosts["be2"].host, "set filteraction A1 action=block")
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            client.noop()


def test_the_firewall_lets_the_services_in_until_somebody_closes_it(lab: Lab) -> None:
    assert "be2" in through(lab, "http", "ben")
    deleted = run(lab.hosts["be2"].host, 'netsh advfirewall firewall delete rule name="Lab tcp/80"', None)
    assert deleted.code == 0
    assert through(lab, "http", "ben") == "refused: 503"
    assert "be2" in through(lab, "imap", "ben")


def test_http_logins_and_paths(lab: Lab) -> None:
    front, back = lab.exchange.doors["fe1"]["http"], lab.exchange.doors["be1"]["http"]
    for door in (front, back):
        assert web(door, "")[0] == 401
        assert web(door, "nobody", "x")[0] == 401
        assert web(door, "anna", "wrong")[0] == 401
        assert web(door, "corp\\anna")[0] == 200
        assert web(door, "anna", path="/exchange/anna/inbox")[0] == 200
        assert web(door, "anna", path="/exchange/ben/")[0] == 403
        assert web(door, "anna", path="/")[0] == 404
    with contextlib.closing(http.client.HTTPConnection(front.host, front.port, timeout=10)) as connection:
        for _number in range(2):
            connection.request("HEAD", "/exchange/", headers={"Authorization": "Basic YW5uYTpBbm5hLTE="})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")


@pytest.mark.parametrize("name", ["fe1", "be1"])
def test_what_imap_and_pop3_say_besides(lab: Lab, name: str) -> None:
    doors = lab.exchange.doors[name]
    imap = imaplib.IMAP4(doors["imap"].host, doors["imap"].port, timeout=10)
    with contextlib.closing(imap.socket()):
        assert name.encode() in imap.welcome
        assert "IMAP4REV1" in imap.capabilities
        for login in (("anna", "wrong"), ("nobody", "x")):
            with pytest.raises(imaplib.IMAP4.error):
                imap.login(*login)
        assert imap.login("anna", "Anna-1")[0] == "OK"
        with pytest.raises(imaplib.IMAP4.error):
            imap.select()
    pop3 = poplib.POP3(doors["pop3"].host, doors["pop3"].port, timeout=10)
    assert name.encode() in pop3.getwelcome()
    assert "USER" in pop3.capa()
    for early in (pop3.stat, pop3.noop):
        with pytest.raises(poplib.error_proto):
            early()
    for login in (("anna", "wrong"), ("nobody", "x")):
        pop3.user(login[0])
        with pytest.raises(poplib.error_proto):
            pop3.pass_(login[1])
    pop3.user("anna")
    assert pop3.pass_("Anna-1").startswith(b"+OK")
    assert pop3.noop().startswith(b"+OK")
    pop3.quit()


def test_management_is_a_clear_packet_too(lab: Lab) -> None:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(lab.hosts["be1"].url, b"", timeout=10)
    assert lab.hosts["be1"].host.counters.plaintext_packets_received > 0


def test_inventory_and_control_port(lab: Lab, tmp_path: Path) -> None:
    lab.inventory(tmp_path / "inventory.yml")
    text = (tmp_path / "inventory.yml").read_text()
    found = yaml.safe_load(text)["all"]["children"]["windows"]["hosts"]
    assert set(found["fe1"]["lab_services"]) == {"http", "https", "imap", "imaps", "pop3", "pop3s"}
    assert set(found["be1"]["lab_services"]) == {"http", "imap", "pop3"}
    door = lab.exchange.doors["fe1"]["imaps"]
    assert found["fe1"]["lab_services"]["imaps"] == {
        "host": "127.0.0.1",
        "port": door.port,
        "standard_port": 993,
        "tls": True,
    }
    assert found["fe1"]["lab_mailboxes"] == {"anna": "be1", "ben": "be2"}
    assert found["be2"]["lab_mailboxes"] == {"ben": "be2"}
    assert Path(found["fe1"]["lab_certificate"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert "lab_certificate" not in found["be1"]
    assert not any(password in text for password in PASSWORDS.values())

    def call(path: str, method: str = "GET", data: object = None) -> object:
        body = None if data is None else json.dumps(data).encode()
        with urllib.request.urlopen(
            urllib.request.Request(control.url + path, body, method=method), timeout=10
        ) as told:
            return json.load(told)

    with Control(lab) as control:
        listed = call("/exchange")
        assert isinstance(listed, dict)
        assert listed["fe1"]["lab_services"] == found["fe1"]["lab_services"]
        through(lab, "http", "anna")
        (one,) = call("/conversations")  # type: ignore[misc]  # it is a list
        assert (one["source"], one["destination"], one["port"], one["fate"]) == ("fe1", "be1", 80, "clear")
        assert call("/conversations", "DELETE") == {}
        assert call("/conversations") == []
        assert call("/network", "POST", {"ike": False})["ike"] is False  # type: ignore[index]  # it is a mapping
        assert lab.exchange.crossing.network == Network(ike=False)
        for wrong in ({"ike": 1}, {"colour": True}, []):
            with pytest.raises(urllib.error.HTTPError) as caught:
                call("/network", "POST", wrong)
            assert caught.value.code == 400
            caught.value.close()


def test_a_lab_without_services_has_no_doors(tmp_path: Path) -> None:
    with Lab(LabSpec.from_plain({"hosts": [{"name": "a"}]}).hosts) as lab:
        assert lab.exchange.doors == {}
        assert lab.exchange.certificate is None
        lab.inventory(tmp_path / "inventory.yml")
    assert "lab_" not in (tmp_path / "inventory.yml").read_text()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = lab.exchange


def test_ports_are_free_after_the_end() -> None:
    with Lab(specification().hosts) as lab:
        door = lab.exchange.doors["fe1"]["imap"]
        standing = socket.create_connection((door.host, door.port), timeout=10)
        assert standing.recv(4)
    with standing, contextlib.suppress(ConnectionError):
        while standing.recv(4096):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((door.host, door.port), timeout=10)


def offer(**fields: object) -> dict[str, object]:
    return {"name": "x", "addresses": ["10.9.9.9"], "services": fields}


@pytest.mark.parametrize(
    ("hosts", "text"),
    [
        (
            [{"name": "x", "addresses": ["10.9.9.9"], "services": ["http"]}],
            "host x: services are a mapping with a role",
        ),
        ([offer(role="relay")], "host x: role is frontend or backend"),
        ([offer(role="backend", colour=1)], "host x: unknown field colour of services"),
        ([offer(role="backend", protocols=["nntp"])], "host x: unknown protocol nntp"),
        ([offer(role="backend", backends=["y"])], "host x: only a frontend has backends"),
        ([offer(role="frontend", mailboxes={"a": "b"})], "host x: only a backend has mailboxes"),
        ([offer(role="frontend", backends=["y"])], "host x: y is no back-end"),
        ([{"name": "x", "services": {"role": "backend"}}], "host x: services need addresses"),
        (
            [
                offer(role="backend", mailboxes={"a": "b"}),
                {**offer(role="backend", mailboxes={"A": "c"}), "name": "y", "addresses": ["10.9.9.8"]},
            ],
            "host y: the mailbox A is on x already",
        ),
    ],
)
def test_services_that_do_not_fit(hosts: list[dict[str, object]], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        LabSpec.from_plain({"hosts": hosts})


def test_a_front_end_may_know_some_back_ends_and_speak_some_protocols_only() -> None:
    spec = specification()
    offering = {each.name: each.services for each in spec.hosts}
    assert offering["fe1"] is not None
    assert "Anna-1" not in repr(spec)
    hosts = [
        {
            "name": "f",
            "addresses": [FE],
            "services": {"role": "frontend", "backends": ["b"], "protocols": ["imap"], "tls": False},
        },
        {"name": "b", "addresses": [BE1], "services": {"role": "backend", "mailboxes": {"a": "p"}}},
        {"name": "c", "addresses": [BE2], "services": {"role": "backend", "mailboxes": {"d": "p"}}},
    ]
    with Lab(LabSpec.from_plain({"hosts": hosts}).hosts) as lab:
        assert set(lab.exchange.doors["f"]) == {"imap"}
        assert lab.exchange.mailboxes("f") == {"a": "b"}
        assert lab.exchange.certificate is None
