# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers on real packets: nginx in front, nginx and Dovecot behind, MIT's key distribution centre beside them.

A front-end and a back-end require ESP for TCP/80 between them, by Kerberos. Run by ``tools/check kernel``.
"""

from __future__ import annotations

import imaplib
import os
import poplib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import lab_runner
import pytest

from winlab.exchange import BACKEND, FRONTEND, ServicesSpec
from winlab.exchange.stand import Door
from winlab.ipsec.associations import Way
from winlab.kernel.carrier import Carrier
from winlab.kernel.plane import PREFIX, KernelCrossing, over_the_kernel
from winlab.kernel.realm import ADDRESS
from winlab.kernel.wirelog import read_capture
from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.testing.policies import in_policy

pytestmark = pytest.mark.skipif(not os.environ.get("LAB_KERNEL"), reason="real packets are for tools/check kernel")

FE, BE, PASSWORD = "10.0.0.10", "10.0.1.20", "Anna-Passw0rd"
STRICT = 'action=negotiate inpass=no soft=no qmsec="ESP[3DES,SHA1]"'
SPECS = [
    HostSpec(name="fe", version="2003", addresses=(FE,), services=ServicesSpec(role=FRONTEND)),
    HostSpec(
        name="be",
        version="2003",
        addresses=(BE,),
        services=ServicesSpec(role=BACKEND, mailboxes={"anna": PASSWORD}),
    ),
]
PROTOCOLS = ("http", "https", "imap", "imaps", "pop3", "pop3s")


class Pair:
    """The running pair."""

    def __init__(self, lab: Lab, crossing: KernelCrossing) -> None:
        self.lab = lab
        self.crossing = crossing

    def door(self, host: str, protocol: str) -> Door:
        """Return where a service listens outside of the data plane."""
        return self.lab.exchange.doors[host][protocol]

    def sessions(self, *protocols: str, host: str = "fe", user: str = "anna", password: str = PASSWORD) -> list[Any]:
        """Return what the module session_check says of sessions."""
        asked = [
            {
                "name": each,
                "protocol": each,
                "host": self.door(host, each).host,
                "port": self.door(host, each).port,
                **({"path": "/exchange/"} if each in ("http", "https") else {}),
                **({"validate_certs": False} if each.endswith("s") else {}),
                "user": user,
                "password": password,
                "timeout": 60,
            }
            for each in protocols
        ]
        given = {"sessions": asked, "fail": False}
        found: list[Any] = lab_runner.run(self.lab.hosts[host].host, "session_check", given)["sessions"]
        return found

    def wire(self) -> Counter[str]:
        """End the capture before the back-end; return the packets between both hosts, by kind."""
        ends = {FE, BE}
        seen = read_capture(self.crossing.captured("be", begin=False))
        return Counter(each.kind for each in seen if {str(each.source), str(each.destination)} == ends)

    def said(self) -> str:
        """Return what the servers have written down, for a test that fails."""
        call = self.crossing.channel.call
        running = [each.split() for each in call("left")["programs"]]
        return "\n".join(
            f"{name} {label}: {call('said_by_program', name=name, label=label)}" for name, label in running
        )


@pytest.fixture(name="pair", scope="module")
def running_pair(plane: Carrier) -> Iterator[Pair]:
    """Run both hosts, each with its policy in force."""
    if not plane.channel.call("programs_possible"):
        pytest.skip("nginx and Dovecot need users of their own")
    with Lab(SPECS, crossing=over_the_kernel(plane.channel, SPECS, print)) as lab:
        ends = {"fe": f"me {BE} protocol=tcp dstport=80", "be": f"{FE} me protocol=tcp dstport=80"}
        for name, filters in ends.items():
            in_policy(lab.hosts[name].host, (filters, STRICT, "kerberos=yes"))
        crossing = lab.exchange.crossing
        assert isinstance(crossing, KernelCrossing)
        yield Pair(lab, crossing)
    left = plane.channel.call("left")
    assert not any(each.startswith(PREFIX) for names in left.values() for each in names), left


def test_sessions_of_all_kinds_go_through_both_servers(pair: Pair) -> None:
    """The web between them is protected from the first packet on, mail is in clear: nobody protects its ports."""
    pair.crossing.captured("be", begin=True)
    found = pair.sessions(*PROTOCOLS)
    wire = pair.wire()
    assert {each["name"]: each["outcome"] for each in found} == dict.fromkeys(PROTOCOLS, "works"), (found, pair.said())
    assert wire["esp"] and wire["ike"] and wire["tcp/143"] and wire["tcp/110"]
    assert not wire["tcp/80"]
    for name in ("fe", "be"):
        pair.crossing.look(name)
    front, back = (pair.lab.hosts[name].host.associations.quick_mode for name in ("fe", "be"))
    assert {str(each.protection) for each in (*front, *back)} == {"ESP[3DES,SHA1]"}
    assert {each.spi for each in front if each.way is Way.OUT} == {each.spi for each in back if each.way is Way.IN}
    assert all(each.packets for each in back)


def test_a_message_is_read_through_the_front_end(pair: Pair) -> None:
    """It is the back-end's Dovecot that has it, and nginx that leads there."""
    wanted = b"Mailbox of anna on be"
    door = pair.door("fe", "imap")
    with imaplib.IMAP4(door.host, door.port, timeout=60) as imap:
        # In quotes, as the library leaves that to its caller.
        imap.login('"LAB\\\\anna"', PASSWORD)
        assert imap.select() == ("OK", [b"1"])
        assert imap.fetch("1", "BODY[TEXT]")[1][0][1].strip() == wanted  # type: ignore[index]
    door = pair.door("fe", "pop3")
    pop3 = poplib.POP3(door.host, door.port, timeout=60)
    pop3.user("anna@lab.test")
    pop3.pass_(PASSWORD)
    assert pop3.retr(1)[1][-1] == wanted
    pop3.quit()


@pytest.mark.parametrize(("user", "password"), [("anna", "wrong"), ("nobody", PASSWORD)])
def test_who_may_not_log_on_is_told(pair: Pair, user: str, password: str) -> None:
    """The back-end refuses a password, the front-end a user that it has no back-end for."""
    found = pair.sessions("http", "imap", "pop3", user=user, password=password)
    told = {each["name"]: (each["outcome"], each["stage"]) for each in found}
    assert told == dict.fromkeys(("http", "imap", "pop3"), ("failed", "logon")), pair.said()


def test_hosts_got_their_tickets_from_the_centre(pair: Pair) -> None:
    """Each asked for the other, from its own address."""
    pair.crossing.enforce("fe")
    log = pair.crossing.realm.log()
    assert f"{FE}: ISSUE" in log
    assert "host/fe@LAB for host/be@LAB" in log


def test_without_the_centre_nobody_asks_and_nothing_is_in_clear(pair: Pair) -> None:
    """No IKE, no ESP, no segment of the port; when the centre is back, all is as before."""
    pair.crossing.realm.stop()
    pair.crossing.flush()
    # What stood is taken down first: the daemons say farewell.
    for name in ("fe", "be"):
        pair.crossing.enforce(name)
    pair.crossing.captured("be", begin=True)
    assert not pair.crossing.reaches("fe", "be", 80, seconds=5)
    assert pair.wire() == Counter()
    pair.crossing.realm.start()
    pair.crossing.flush()
    assert pair.crossing.reaches("fe", "be", 80), pair.said()


def test_a_firewall_before_the_centre_is_its_end_too(pair: Pair) -> None:
    """Tickets take the way of packets: what is closed to them gives none."""
    call = pair.crossing.channel.call
    rules = f"table inet centre {{ chain f {{ type filter hook forward priority 0; ip daddr {ADDRESS} drop; }}; }}"
    call("execute", name=f"{PREFIX}inner", command=["nft", "-f", "-"], text=rules)
    try:
        assert not pair.crossing.realm.ticket("fe", ["be"])
    finally:
        call("execute", name=f"{PREFIX}inner", command=["nft", "delete", "table", "inet", "centre"])
    assert pair.crossing.realm.ticket("fe", ["be"])
