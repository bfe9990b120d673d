# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services of front-ends and back-ends as configurations of real servers: nginx and Dovecot.

A front-end is an nginx: by HTTP, IMAP and POP3, with and without TLS, it relays each session to the back-end of its
user. A back-end is an nginx with one page behind basic authentication, and a Dovecot with one message in each mailbox.
Templates are in `programs`; @word@ in them is filled in here, @folder@ where the program runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..exchange.spec import FRONTEND, PORTS, TLS, ServicesSpec
from .channel import Channel

PATIENCE = 20
"""Seconds that a front-end waits for a back-end: as long as a connection between hosts may take here."""
_TEMPLATES = Path(__file__).parent / "programs"
_HOLE = re.compile(r"@([a-z_]+)@")
_MAIL_USER = 8
_SECRET = 0o600
_KEEPER = 101
_CONTEXT = "ssl_certificate @folder@/lab.crt; ssl_certificate_key @folder@/lab.key;"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a program, the number of its owner, and who may read it."""

    text: str = field(repr=False)
    user: int = 0
    mode: int = 0o644

    def plain(self) -> dict[str, object]:
        """Return it as plain data."""
        return {"text": self.text, "user": self.user, "mode": self.mode}


@dataclass(frozen=True, slots=True)
class Server:
    """One program on one host: how it is started, its files, and the ports on which it listens."""

    label: str
    command: tuple[str, ...]
    ports: tuple[int, ...]
    files: Mapping[str, File]


def frontend(
    name: str, spec: ServicesSpec, backends: Mapping[str, str], certificate: tuple[str, str] | None
) -> list[Server]:
    """Return the servers of a front-end.

    :param backends: by user, the address of the back-end with the mailbox.
    :param certificate: certificate and key, where it offers TLS.
    """
    web, mail = [], []
    for service, port in spec.doors.items():
        protocol = TLS[service][0] if service in TLS else service
        listen = f"listen {port}{' ssl' if service in TLS else ''}; {_CONTEXT if service in TLS else ''}".rstrip()
        if protocol == "http":
            # Both listen in one server, which has the certificate once.
            web.append(listen)
        else:
            mail.append(f"  server {{ {listen} protocol {protocol}; proxy on; }}")
    rows = [f"    {quoted(owner(user))} {address};" for user, address in backends.items()]
    text = filled(
        "frontend-nginx.conf",
        name=name,
        patience=str(PATIENCE),
        backends="\n".join(rows),
        web_doors="\n    ".join(web) or "listen 127.0.0.1:8001;",
        mail_doors="\n".join(mail),
    )
    files = {"nginx.conf": File(text)}
    if certificate is not None:
        files |= {"lab.crt": File(certificate[0]), "lab.key": File(certificate[1], mode=_SECRET)}
    return [_nginx(files, tuple(spec.doors.values()))]


def backend(name: str, spec: ServicesSpec) -> list[Server]:
    """Return the servers of a back-end."""
    found = []
    boxes = {user.lower(): password for user, password in spec.mailboxes.items()}
    if "http" in spec.protocols:
        users = "".join(f"{user}:{{PLAIN}}{password}\n" for user, password in boxes.items())
        files = {
            "nginx.conf": File(filled("backend-nginx.conf", name=name)),
            "pages/exchange/index.html": File(filled("exchange.html", name=name)),
            "users": File(users, mode=_SECRET),
        }
        found.append(_nginx(files, (PORTS["http"],)))
    if mail := [each for each in spec.protocols if each != "http"]:
        users = "".join(f"{user}:{{PLAIN}}{password}\n" for user, password in boxes.items())
        files = {
            "dovecot.conf": File(filled("dovecot.conf", protocols=" ".join(mail))),
            "users": File(users, user=_KEEPER, mode=_SECRET),
        }
        for user in boxes:
            message = filled("message.eml", name=name, user=user).replace("\n", "\r\n")
            files[f"mail/{user}/new/1.lab"] = File(message, user=_MAIL_USER)
        command = ("dovecot", "-F", "-c", "@folder@/dovecot.conf")
        found.append(Server("dovecot", command, tuple(PORTS[each] for each in mail), files))
    return found


def servers(
    name: str,
    spec: ServicesSpec,
    owners: Mapping[str, str],
    addresses: Mapping[str, str],
    certificate: tuple[str, str] | None,
) -> list[Server]:
    """Return the servers of a host.

    :param owners: of a front-end, the back-end of every user; `addresses` are those of the hosts.
    """
    if spec.role == FRONTEND:
        return frontend(name, spec, {user: addresses[host] for user, host in owners.items()}, certificate)
    return backend(name, spec)


def _nginx(files: Mapping[str, File], ports: tuple[int, ...]) -> Server:
    return Server("nginx", ("nginx", "-e", "@folder@/log", "-c", "@folder@/nginx.conf"), ports, files)


def owner(user: str) -> str:
    """Return the expression for a user's name, with or without the domain before or behind it."""
    return rf"~*^(?:.*\\)?{re.escape(user)}(?:@.*)?$"


def quoted(text: str) -> str:
    """Return a text as one word of nginx's configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def filled(template: str, **values: str) -> str:
    """Return a template with its words filled in.

    :raises KeyError: when one is missing.
    """
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    return _HOLE.sub(lambda hole: hole[0] if hole[1] == "folder" else values[hole[1]], text)


def run(channel: Channel, namespace: str, one: Server) -> None:
    """Start a server in a namespace and wait until it listens."""
    files = {path: each.plain() for path, each in one.files.items()}
    channel.call("prepare_program", name=namespace, label=one.label, files=files)
    channel.call("start_program", name=namespace, label=one.label, command=one.command, ports=one.ports, patience=120)
