# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what was tried: sessions through the front-ends, counters, clear text, and flows that must stay clear."""

from __future__ import annotations

from collections.abc import Iterator

from .._associations.model import Associations
from .._clients.hold import SessionOutcome
from .._flows.outcome import PASSING, PASSING_IN_CLEAR
from .analysis import Analysis, JudgedFlow, from_outside
from .causes import causes_of, host_causes
from .evidence import Evidence, HeldSession, HostEvidence
from .model import Cause, CauseKind, Check, CheckOutcome, Role, in_order

_COUNTERS = ("bytes_sent", "bytes_received")


def session_checks(evidence: Evidence, analysis: Analysis) -> Iterator[Check]:
    """Yield the checks of sessions, counters, probes and further expectations."""
    if not evidence.sessions:
        yield _nothing(
            "sessions",
            "Sessions through the front-ends work",
            "No session was tried: set ipsec_sessions (verify_sessions of the role).",
        )
    for session in evidence.sessions:
        flow = analysis.flow(session)
        yield _session(session, flow, evidence)
        if flow is None:
            yield _not_covered(session, evidence)
    for host in evidence.hosts:
        yield _counters(host, evidence)
    if not evidence.probes:
        missing = "Nobody tried to reach a protected port in clear text."
        yield _nothing("probes", "Clear text to the protected ports meets what the policies say", missing)
    for probe in evidence.probes:
        yield _probe(probe, evidence)
    yield from _expectations(evidence, analysis)


def _nothing(name: str, title: str, missing: str) -> Check:
    return Check(id=name, subject="deployment", title=title, outcome=CheckOutcome.UNPROVEN, evidence=missing)


def _session(session: HeldSession, flow: JudgedFlow | None, evidence: Evidence) -> Check:
    title = f"A session through the front-end works ({session.protocol})"
    name, subject = f"session.{session.name}", f"{session.frontend} -> {session.backend} tcp/{session.port}"
    shown = session.shown
    if session.works:
        return Check(id=name, subject=subject, title=title, outcome=CheckOutcome.PASSED, evidence=shown)
    server = Cause(
        kind=CauseKind.SERVER,
        subject=session.backend,
        cause=f"The service itself does not work, or {session.frontend} does not relay it.",
        evidence=shown,
        remedy=f"Try {session.protocol} with the same account, first on the back-end itself.",
    )
    ends = [evidence.named(one) for one in (session.backend, session.frontend)]
    blamed = causes_of(flow, evidence) if flow else [cause for host in ends for cause in host_causes(host)]
    causes = in_order([*blamed, server])
    return Check(id=name, subject=subject, title=title, outcome=CheckOutcome.FAILED, evidence=shown, causes=causes)


def _not_covered(session: HeldSession, evidence: Evidence) -> Check:
    """Say plainly what the session proves: nothing about IPsec."""
    known = {one.port for one in evidence.flows if one.carries(one.port) and one.port}
    ports = ", ".join(map(str, sorted(known))) or "other traffic"
    more = ", ".join(map(str, sorted({*known, session.port})))
    usual = evidence.named(session.frontend).role is Role.FRONT_END
    remedy = f"Set ipsec_ports to [{more}] to protect it too." if usual else "A flow with that port protects it too."
    return Check(
        id=f"covered.{session.name}",
        subject=f"{session.frontend} -> {session.backend} tcp/{session.port}",
        title=f"The session is protected on its way to the back-end ({session.protocol})",
        outcome=CheckOutcome.UNPROVEN,
        evidence=(
            f"The rules are for port {ports}: this session makes no association, and its password crosses in clear. "
            f"{remedy}"
        ),
    )


def _counters(host: HostEvidence, evidence: Evidence) -> Check:
    title = "The counters of protected bytes grow during the sessions"
    name = f"counters.{host.name}"
    before, after = host.before, host.after
    sessions = [
        one
        for one in evidence.sessions
        if host.name in (one.frontend, one.backend) and evidence.covers(one) and one.works
    ]
    missing, grown = "", dict[str, int]()
    if not sessions:
        missing = "No session over a protected port worked."
    elif before is None or after is None:
        missing = "The counters were not read before and after."
    else:
        grown = _grown(before, after)
        missing = "" if grown else after.reason or "The host does not tell these counters."
    if missing:
        return Check(id=name, subject=host.name, title=title, outcome=CheckOutcome.UNPROVEN, evidence=missing)
    shown = ", ".join(f"{key} {value:+d}" for key, value in grown.items())
    if all(value > 0 for value in grown.values()):
        return Check(id=name, subject=host.name, title=title, outcome=CheckOutcome.PASSED, evidence=shown)
    flows = {(one.frontend, one.backend, one.port) for one in sessions}
    cause = Cause(
        kind=CauseKind.SOFT_ASSOCIATION,
        subject=host.name,
        cause="The sessions work without protection: a soft association stands, or a rule lets them pass.",
        evidence=f"{shown} over {len(flows)} protected flows.",
        remedy="Restart the service PolicyAgent on both hosts (KB 313236), then verify again.",
    )
    causes = in_order([*host_causes(host), cause])
    return Check(id=name, subject=host.name, title=title, outcome=CheckOutcome.FAILED, evidence=shown, causes=causes)


def _grown(before: Associations, after: Associations) -> dict[str, int]:
    """Return by how much the counters grew, empty where one of them was not told. [ledger: sa-counters-raw]"""
    told = {key: (before.counters.get(key), after.counters.get(key)) for key in _COUNTERS}
    found = {key: now - then for key, (then, now) in told.items() if then is not None and now is not None}
    return found if len(found) == len(told) else {}


def _probe(probe: HeldSession, evidence: Evidence) -> Check:
    title = "Clear text from elsewhere meets what the policies say"
    host = evidence.named(probe.backend)
    predicted = from_outside(probe.source, host, probe.port)
    name, subject = f"probe.{probe.name}", f"{probe.source} -> {probe.backend} tcp/{probe.port}"
    if predicted is None or predicted.kind in PASSING - PASSING_IN_CLEAR:
        missing = "What the host does with it cannot be predicted."
        return Check(id=name, subject=subject, title=title, outcome=CheckOutcome.UNPROVEN, evidence=missing)
    accepts = predicted.kind in PASSING_IN_CLEAR
    if probe.outcome is (SessionOutcome.WORKS if accepts else SessionOutcome.REFUSED):
        said = "accepted, as the policies say" if accepts else "refused, as the policies say"
        evidence_text = f"Clear text is {said}. {probe.detail}".strip()
        return Check(id=name, subject=subject, title=title, outcome=CheckOutcome.PASSED, evidence=evidence_text)
    expected = "accepted" if accepts else "refused"
    found = f"{probe.outcome.value}. {probe.detail}".strip()
    shown = f"Clear text should be {expected}, but the probe says: {found}"
    cause = Cause(
        kind=CauseKind.DIFFERS,
        subject=probe.backend,
        cause=f"What {probe.backend} does is not what its policy in the registry says.",
        evidence=predicted.why,
        remedy="Restart the service PolicyAgent, and look whether another policy is in force or the service is down.",
    )
    causes = in_order([*host_causes(host), cause])
    return Check(id=name, subject=subject, title=title, outcome=CheckOutcome.FAILED, evidence=shown, causes=causes)


def _expectations(evidence: Evidence, analysis: Analysis) -> Iterator[Check]:
    """Yield the further expectations, among them what must stay clear."""
    judged = analysis.expectations
    failures = {one.expectation.path: one for one in judged.failures()} if judged else {}
    for index, line in enumerate(evidence.expect):
        found = failures.get(f"expect[{index}]")
        causes: tuple[Cause, ...] = ()
        if judged is None:
            outcome, shown = CheckOutcome.UNPROVEN, "Not all hosts could be read."
        elif found is None:
            outcome, shown = CheckOutcome.PASSED, "It holds for every packet, by the policies of both ends."
        else:
            outcome, shown = CheckOutcome.FAILED, str(found)
            causes = (
                Cause(
                    kind=CauseKind.DIFFERS,
                    subject=str(line),
                    cause="A rule meets traffic that it should not, or misses what it should meet.",
                    evidence=found.outcome.why,
                    remedy="Correct the filters of the rules that the evidence names.",
                ),
            )
        yield Check(
            id=f"expect.{index}",
            subject=str(line),
            title="The flow is what it must be",
            outcome=outcome,
            evidence=shown,
            causes=causes,
        )
