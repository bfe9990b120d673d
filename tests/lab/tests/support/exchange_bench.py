# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A front-end with two back-ends, and clients of its services as people use them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import imaplib
import poplib
import socket
import ssl
from collections.abc import Callable

from winlab import services
from winlab.exchange.stand import Door
from winlab.lab import Lab
from winlab.spec import LabSpec
from winlab.testing.policies import in_policy

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
