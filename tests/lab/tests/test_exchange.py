# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversations between front-ends and back-ends of the lab: who gets through, how, and what it leaves."""

from __future__ import annotations

import contextlib
import imaplib
from collections.abc import Iterator

import pytest
from exchange_bench import (
    BE2,
    FE,
    PASSWORDS,
    PORTS,
    REQUEST,
    associated,
    protect,
    silence,
    specification,
    through,
)

from winlab.ipsec.packet import Network
from winlab.lab import Lab
from winlab.shell import run
from winlab.testing.policies import POLICY, in_policy, type_in


@pytest.fixture(name="lab")
def fixture_lab() -> Iterator[Lab]:
    with Lab(specification().hosts) as lab:
        yield lab


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


@pytest.mark.parametrize("protocol", ["http", "imap", "pop3"])
def test_answers_need_no_opening_at_the_front_end(protocol: str) -> None:
    # Every host has its firewall on, and one that asks to be let in for services, IKE and ESP only.
    with Lab(specification(version="2016", openings=["udp/500", "50"]).hosts) as lab:
        assert "be2" in through(lab, protocol, "ben")
        protect(lab, "fe1", BE2)
        protect(lab, "be2", FE)
        assert "be2" in through(lab, protocol, "ben")
        clear, safe = lab.exchange.crossing.conversations()
        assert (clear.fate, safe.fate, safe.bytes_in_clear) == ("clear", "esp", 0)
