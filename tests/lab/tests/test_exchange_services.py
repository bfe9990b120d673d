# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of the lab themselves: what they say, where they listen, how they are specified."""

from __future__ import annotations

import contextlib
import http.client
import imaplib
import json
import poplib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from exchange_bench import BE1, BE2, FE, PASSWORDS, specification, through, web

from winlab.control import Control
from winlab.ipsec.packet import Network
from winlab.lab import Lab
from winlab.spec import LabSpec


@pytest.fixture(name="lab")
def fixture_lab() -> Iterator[Lab]:
    with Lab(specification().hosts) as lab:
        yield lab


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
        assert lab.exchange


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
