# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WinRM service of one simulated host: authentication, message encryption, operations, planted faults, log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..host import Host
from ..requestlog import Entry, RequestLog
from ..shell import ShellOptions
from . import sealed
from .auth import Headers, Scheme, Session
from .codes import WsmanError
from .faultplan import Effect, Fault, FaultPlan
from .limits import Limits
from .operations import Operations, Outcome
from .soap import Operation

_SOAP_TYPE = "application/soap+xml;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request; header names in lower case, `size` in bytes with the headers."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    size: int


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One HTTP response; the connection adds length, date and server."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


class Cut(Exception):
    """The connection ends without an answer."""


class Endpoint:
    """Answers the requests of one host.

    :param reachable: asked before and after each request; False cuts the connection, as a policy in force that blocks
        the management port would.
    """

    def __init__(
        self,
        host: Host,
        schemes: Sequence[Scheme],
        *,
        limits: Limits | None = None,
        options: ShellOptions | None = None,
        faults: FaultPlan | None = None,
        reachable: Callable[[Host], bool] = lambda _host: True,
    ) -> None:
        self.host = host
        self.log = RequestLog(host.name)
        self.operations = Operations(host, limits or Limits.of(host.version.name), options or ShellOptions())
        self._schemes = {scheme.word: scheme for scheme in schemes}
        self._faults = faults or FaultPlan()
        self._reachable = reachable

    def serve(self, session: Session, request: HttpRequest, encode: Callable[[HttpResponse], bytes]) -> bytes:
        """Deal with one request and return the response. It is in the log before the client can see the answer.

        :param encode: returns the bytes of a response with its headers.
        :raises Cut: when the connection must end without an answer.
        """
        number = self.log.arrive()
        outcome = Outcome(Operation.AUTH)
        status, answer = 0, b""
        try:
            if not self._reachable(self.host):
                raise Cut
            response, outcome = self._respond(session, request, number)
            if outcome.cut or not self._reachable(self.host):
                raise Cut
            status, answer = response.status, encode(response)
            return answer
        finally:
            self.log.add(
                Entry(
                    host=self.host.name,
                    number=number,
                    connection=session.number,
                    operation=str(outcome.operation),
                    status=status,
                    received=request.size,
                    sent=len(answer),
                    encrypted=sealed.protocol_of(request.headers.get("content-type", "")) is not None,
                    fault=outcome.fault,
                    command=outcome.command,
                    stdin=outcome.stdin,
                )
            )

    def _respond(self, session: Session, request: HttpRequest, number: int) -> tuple[HttpResponse, Outcome]:
        if request.path.partition("?")[0].rstrip("/").lower() != "/wsman":
            return HttpResponse(404), Outcome(Operation.UNKNOWN)
        if request.headers.get("wsmanidentify", "").lower() == "unauthenticated":
            outcome = self.operations.identify(request.body)
            return self._plain(outcome, []), outcome
        granted, headers = session.authenticate(request.headers.get("authorization", ""), self._schemes)
        if not granted or not request.body:
            outcome = Outcome(Operation.AUTH)
            for fault in self._hits(number, Operation.AUTH):
                outcome.cut = outcome.cut or fault.effect in (Effect.DROP_BEFORE, Effect.DROP_AFTER)
            return HttpResponse(200 if granted else 401, headers), outcome
        protocol = sealed.protocol_of(request.headers.get("content-type", ""))
        if protocol is None:
            outcome = self._execute(request.body, number)
            return self._plain(outcome, headers), outcome
        sealer = session.accepted.sealer if session.accepted else None
        if sealer is None:
            return HttpResponse(400), Outcome(Operation.UNKNOWN)
        try:
            plain = sealed.open_body(request.body, sealer)
        except ValueError:
            return HttpResponse(400), Outcome(Operation.UNKNOWN)
        outcome = self._execute(plain, number)
        if outcome.cut:
            return HttpResponse(503), outcome
        content_type, body = sealed.close_body(outcome.body, protocol, sealer)
        headers = [*headers, ("Content-Type", content_type)]
        return HttpResponse(outcome.status, headers, body), outcome

    @staticmethod
    def _plain(outcome: Outcome, headers: Headers) -> HttpResponse:
        return HttpResponse(outcome.status, [*headers, ("Content-Type", _SOAP_TYPE)], outcome.body)

    def _hits(self, number: int, operation: str) -> list[Fault]:
        """Return the planted faults of a request, after sitting out the delays among them."""
        hits = self._faults.take(self.host.name, number, operation)
        for fault in hits:
            if fault.effect is Effect.DELAY:
                time.sleep(fault.seconds)
        return hits

    def _execute(self, document: bytes, number: int) -> Outcome:
        """Run the operation of a SOAP document as the planted faults allow."""
        try:
            request = self.operations.read(document)
        except WsmanError as error:
            return self.operations.failed(error)
        faults = self._hits(number, request.operation)
        effects = {fault.effect: fault for fault in faults}
        described = self.operations.describe(request)
        if Effect.DROP_BEFORE in effects:
            return replace(described, cut=True)
        if Effect.FAULT in effects:
            planted = WsmanError(effects[Effect.FAULT].code)
            return replace(self.operations.failed(planted, request), command=described.command, stdin=described.stdin)
        outcome = self.operations.run(request, effects.get(Effect.HALF_SCRIPT), effects.get(Effect.SLOW))
        return replace(outcome, cut=Effect.DROP_AFTER in effects)
