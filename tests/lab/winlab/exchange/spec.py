# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host offers, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

FRONTEND, BACKEND = "frontend", "backend"
PORTS: Mapping[str, int] = {"http": 80, "imap": 143, "pop3": 110}
"""Protocols and their ports, the ones between front-end and back-end too."""
TLS: Mapping[str, tuple[str, int]] = {"https": ("http", 443), "imaps": ("imap", 993), "pop3s": ("pop3", 995)}
"""Protocols with TLS, only in front of a front-end: what is inside, and their ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesSpec:
    """Services of one host.

    :param role: "frontend" or "backend".
    :param protocols: which of http, imap and pop3.
    :param mailboxes: of a back-end, users and their passwords.
    :param backends: of a front-end, the names of the hosts that it relays to; all back-ends of the lab if it is empty.
    :param tls: whether a front-end offers its protocols with TLS as well.
    :param timeout_seconds: real seconds after which somebody whose packets are dropped gives up.
    """

    role: str
    protocols: tuple[str, ...] = tuple(PORTS)
    mailboxes: Mapping[str, str] = field(default_factory=dict, repr=False)
    backends: tuple[str, ...] = ()
    tls: bool = True
    timeout_seconds: float = 0.3

    @classmethod
    def from_plain(cls, data: object, where: str) -> ServicesSpec:
        """Build it from plain data.

        :raises ValueError: for what does not fit; the text begins with `where`.
        """
        if not isinstance(data, Mapping) or "role" not in data:
            raise ValueError(f"{where}: services are a mapping with a role")
        unknown = set(data) - {each.name for each in fields(cls)}
        if unknown:
            raise ValueError(f"{where}: unknown field {', '.join(sorted(unknown))} of services")
        values: dict[str, Any] = dict(data)
        if values["role"] not in (FRONTEND, BACKEND):
            raise ValueError(f"{where}: role is {FRONTEND} or {BACKEND}")
        for name in ("protocols", "backends"):
            values[name] = tuple(values.get(name) or (PORTS if name == "protocols" else ()))
        odd = set(values["protocols"]) - set(PORTS)
        if odd:
            raise ValueError(f"{where}: unknown protocol {', '.join(sorted(odd))}")
        boxes = values.get("mailboxes") or {}
        values["mailboxes"] = {str(user): str(password) for user, password in boxes.items()}
        values["timeout_seconds"] = float(values.get("timeout_seconds", 0.3))
        only = ("backends", FRONTEND) if values["role"] == BACKEND else ("mailboxes", BACKEND)
        if values[only[0]]:
            raise ValueError(f"{where}: only a {only[1]} has {only[0]}")
        return cls(**values)

    @property
    def doors(self) -> dict[str, int]:
        """The services that clients can talk to, with the ports they have on Windows."""
        plain = {name: PORTS[name] for name in self.protocols}
        if self.role == BACKEND or not self.tls:
            return plain
        return plain | {name: port for name, (inside, port) in TLS.items() if inside in self.protocols}


class Offering(Protocol):
    """What the services need to know of a host's specification.

    `address` is where they listen, `addresses` are those that policies speak of, `controller` is where clients come
    from, as policies name it.
    """

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def addresses(self) -> tuple[str, ...]: ...
    @property
    def controller(self) -> str: ...
    @property
    def services(self) -> ServicesSpec | None: ...


def check(hosts: Iterable[Offering]) -> dict[str, dict[str, str]]:
    """Return, for each front-end, the back-end of every user.

    :raises ValueError: when hosts with services lack addresses, or back-ends or users do not fit together.
    """
    offering = {each.name: each.services for each in hosts if each.services is not None and _placed(each)}
    owners: dict[str, str] = {}
    for name, services in offering.items():
        for user in services.mailboxes:
            if owners.setdefault(user.lower(), name) != name:
                raise ValueError(f"host {name}: the mailbox {user} is on {owners[user.lower()]} already")
    plan = {}
    for name, services in offering.items():
        if services.role == BACKEND:
            continue
        for other in services.backends:
            found = offering.get(other)
            if found is None or found.role != BACKEND:
                raise ValueError(f"host {name}: {other} is no back-end")
        mine = services.backends or tuple(other for other, found in offering.items() if found.role == BACKEND)
        plan[name] = {user: owner for user, owner in owners.items() if owner in mine}
    return plan


def _placed(host: Offering) -> bool:
    if not host.addresses:
        raise ValueError(f"host {host.name}: services need addresses")
    return True
