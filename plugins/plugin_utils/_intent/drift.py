# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether hosts still are as the flows say: a report for people and for programs, from what others found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from .._common.mappings import mapping, mappings
from .._common.said import said_by_host

Data = Mapping[str, object]
_LONGEST = 1_000
_SAID_OF_PAIRS = 20


class State(StrEnum):
    """How a host is."""

    AS_DECLARED = "as_declared"
    DRIFTED = "drifted"
    NO_ANSWER = "no_answer"
    NOT_JUDGED = "not_judged"


def drift_of(deployment: object, looks: Mapping[str, Data]) -> dict[str, object]:
    """Return the report. ``looks`` has by host what policies_info, policies and firewall said, the last in check mode.

    It is passed only when every host of the flows was judged and is as declared.
    """
    found = mapping(deployment)
    missing = mapping(found.get("missing"))
    judged = mapping(found.get("hosts"))
    hosts: dict[str, dict[str, object]] = {}
    for name in sorted({*judged, *looks, *missing}):
        if missing.get(name) != "limit":
            hosts[name] = _host(name, judged, missing, looks.get(name, {}))
    trouble = {name: one for name, one in hosts.items() if one["state"] != State.AS_DECLARED.value}
    refusals, left = _texts(found.get("refusals")), _texts(found.get("left"))
    pairs = [one for one in mappings(found.get("pairs")) if one.get("now") != one.get("then")]
    return {
        "passed": bool(judged) and not (trouble or refusals or left),
        "hosts": hosts,
        "pairs": [{key: one.get(key) for key in ("from", "to", "traffic", "now", "then")} for one in pairs],
        "refusals": refusals,
        "left": left,
        "outside_of_the_limit": sorted(name for name, why in missing.items() if why == "limit"),
        "unknown_peers": dict(mapping(found.get("unknown_peers"))),
        "warnings": [*_texts(found.get("warnings")), *_texts(found.get("findings"))],
    }


def told(report: object) -> list[str]:
    """Return a report as sentences, the worst first."""
    found = mapping(report)
    hosts = mapping(found.get("hosts"))
    lines = [f"{name}: {text}" for name, one in hosts.items() for text in _texts(mapping(one).get("findings"))]
    rows = mappings(found.get("pairs"))
    pairs = [
        f"{row['from']} -> {row['to']} {row['traffic']} is {row['now']}, and should be {row['then']}." for row in rows
    ]
    more = (
        [f"{len(pairs) - _SAID_OF_PAIRS} more pairs are not as they should be."] if len(pairs) > _SAID_OF_PAIRS else []
    )
    refused = [f"Cannot be repaired: {text}" for text in (*_texts(found.get("refusals")), *_texts(found.get("left")))]
    good = sum(mapping(one).get("state") == State.AS_DECLARED.value for one in hosts.values())
    return [*lines, *pairs[:_SAID_OF_PAIRS], *more, *refused, f"{good} of {len(hosts)} hosts are as declared."]


def _host(name: str, judged: Data, missing: Data, look: Data) -> dict[str, object]:
    commands = _texts(mapping(look.get("policies")).get("commands"))
    openings = _texts(mapping(look.get("firewall")).get("commands"))
    if name in missing or "config" not in mapping(look.get("info")):
        return _told(State.NO_ANSWER, ["There was no answer."])
    if name not in judged:
        return _told(State.NOT_JUDGED, ["It was not judged, since the flows and the hosts do not fit, see below."])
    findings = list(_findings(mapping(judged[name]), look, commands, openings))
    return _told(State.DRIFTED if findings else State.AS_DECLARED, findings, [*commands, *openings])


def _told(state: State, findings: Sequence[str], commands: Sequence[str] = ()) -> dict[str, object]:
    return {
        "state": state.value,
        "findings": [said_by_host(one, _LONGEST) for one in findings],
        "commands": [*commands],
    }


def _findings(mine: Data, look: Data, commands: Sequence[str], openings: Sequence[str]) -> Iterator[str]:
    facts = mapping(mapping(look.get("info")).get("host"))
    if mine.get("changes"):
        yield (
            f"Its policy is not as declared: {len(commands)} commands would mend it."
            if commands
            else (f"Its policy is not as declared. {mapping(look.get('policies')).get('msg') or ''}".strip())
        )
    for service, one in mapping(facts.get("services")).items():
        if mapping(one).get("running") is False:
            yield f"The service {service} does not run, so no policy works."
    if facts.get("domain_policy"):
        yield f"{facts['domain_policy']} of the domain decides: its local policy does nothing."
    elif facts.get("local_policy_counts") is False:
        yield "The domain lets no local policy work."
    if openings:
        yield f"Its firewall lacks openings for IPsec: {len(openings)} commands would make them."
    elif mapping(look.get("firewall")).get("failed"):
        yield f"What its firewall lets in is not known. {mapping(look.get('firewall')).get('msg') or ''}".strip()


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []
