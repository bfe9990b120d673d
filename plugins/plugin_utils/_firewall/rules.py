# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules are ours, whether they are the opening that is wanted, and which rules of others stand against it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._common.address_sets import AddressSet
from .._windows.rule_string import Addresses, Ports, RuleString
from .openings import UDP, Direction, Opening, Protocol

# Keys that make a rule apply to less than its addresses and ports say (MS-GPFAS, firewall rule grammar).
# [ledger: fw-unknown-keys]
# [ledger: fw-secure-rules]
_NARROWING = frozenset(
    key.casefold()
    for key in (
        "App",
        "Svc",
        "IF",
        "IFType",
        "ICMP4",
        "ICMP6",
        "LA42",
        "LA62",
        "LUAuth",
        "LUOwn",
        "PFN",
        "Platform",
        "Platform2",
        "RA42",
        "RA62",
        "RMAuth",
        "RUAuth",
        "Security",
        "Security2",
        "Security2_9",
    )
)
_PROGRAMS = ("App", "Svc", "PFN")


@dataclass(frozen=True, slots=True)
class OurRule:
    """A rule that we have made: what it is for, by its name, and its text."""

    protocol: Protocol
    direction: Direction
    rule: RuleString

    @property
    def name(self) -> str:
        """The display name."""
        return self.rule.name

    def to_data(self) -> dict[str, object]:
        """Return the rule as plain data, in the form of an opening. An empty list stands for any."""
        return {
            "name": self.name,
            "protocol": self.protocol.value,
            "direction": self.direction.value,
            "peers": _address_texts(self.rule.addresses("RA")),
            "local_addresses": _address_texts(self.rule.addresses("LA")),
            "local_ports": _port_texts(self.rule.ports("LPort")),
            "remote_ports": _port_texts(self.rule.ports("RPort")),
            "profiles": sorted(self.rule.profiles),
            "enabled": self.rule.active,
        }


def opening_data(opening: Opening, name: str) -> dict[str, object]:
    """Return what :meth:`OurRule.to_data` returns once the opening is a rule of this name."""
    return {
        "name": name,
        "protocol": opening.protocol.value,
        "direction": opening.direction.value,
        "peers": opening.peers.texts(),
        "local_addresses": opening.local.texts() if opening.local is not None else [],
        "local_ports": _one_port(opening.local_port),
        "remote_ports": _one_port(opening.remote_port),
        "profiles": sorted(opening.profiles),
        "enabled": True,
    }


def rule_name(prefix: str, protocol: Protocol, direction: Direction, number: int = 1) -> str:
    """Return the name of a rule of ours; ``number`` tells apart those that exist side by side for a moment."""
    return f"{prefix} {protocol.value} {direction.value}" + (f" {number}" if number > 1 else "")


def our_rule(rule: RuleString, prefix: str) -> OurRule | None:
    """Return the rule as ours when its name is one that we give and its content is of that kind, else None."""
    match = re.fullmatch(
        rf"{re.escape(prefix)} (?P<protocol>{'|'.join(Protocol)}) (?P<direction>{'|'.join(Direction)})( [1-9][0-9]*)?",
        rule.name,
        # Without the letters beyond ASCII that fold to those of the prefix: netsh could not be told such a name.
        # [ledger: fw-names-fold]
        re.IGNORECASE | re.ASCII,
    )
    if match is None:
        return None
    protocol, direction = Protocol(match["protocol"].lower()), Direction(match["direction"].lower())
    ports = rule.ports("LPort")
    fits = (
        (rule.one("Action") or "").casefold() == "allow"
        and (rule.one("Dir") or "").casefold() == direction.value
        and rule.protocol == protocol.number
        and (protocol.port is None or ports is None or ports.may_hold(protocol.port))
        and not any(rule.all(key) for key in _PROGRAMS)
    )
    return OurRule(protocol, direction, rule) if fits else None


def is_opening(found: OurRule, opening: Opening) -> bool:
    """Whether a rule of ours lets exactly the packets of the opening pass."""
    rule = found.rule
    return (
        (found.protocol, found.direction) == (opening.protocol, opening.direction)
        and rule.active
        and rule.profiles == opening.profiles
        and not any(key.casefold() in _NARROWING for key, _value in rule.fields)
        and _same_port(rule.ports("LPort"), opening.local_port)
        and _same_port(rule.ports("RPort"), opening.remote_port)
        and _same_addresses(rule.addresses("RA"), opening.peers)
        and _same_addresses(rule.addresses("LA"), opening.local)
    )


def concerns(rule: RuleString, opening: Opening) -> bool:
    """Whether an active rule may match a packet of the opening. Rules for one program are left out."""
    protocol, ports, remote = rule.protocol, rule.ports("LPort"), rule.addresses("RA")
    return (
        rule.active
        and (rule.one("Dir") or "").casefold() == opening.direction.value
        and (protocol is None or protocol == opening.protocol.number)
        and not any(rule.all(key) for key in _PROGRAMS)
        and bool(rule.profiles & opening.profiles)
        and (protocol != UDP or opening.local_port is None or ports is None or ports.may_hold(opening.local_port))
        and (remote is None or remote.may_meet(opening.peers))
    )


def blocks(rule: RuleString, opening: Opening) -> bool:
    """Whether a rule may block a packet of the opening; a rule that blocks wins over all that allow.

    [ledger: fw-order-of-rules]
    """
    return (rule.one("Action") or "").casefold() == "block" and concerns(rule, opening)


def _same_port(found: Ports | None, wanted: int | None) -> bool:
    return found is None if wanted is None else found is not None and found.only(wanted)


def _same_addresses(found: Addresses | None, wanted: AddressSet | None) -> bool:
    if wanted is None or found is None:
        return wanted is None and found is None
    return not found.words and found.found.same(wanted)


def _address_texts(found: Addresses | None) -> list[str]:
    return [*found.words, *found.found.texts()] if found is not None else []


def _port_texts(found: Ports | None) -> list[str]:
    if found is None:
        return []
    return [*found.words, *(str(first) if first == last else f"{first}-{last}" for first, last in found.ranges)]


def _one_port(port: int | None) -> list[str]:
    return [str(port)] if port is not None else []
