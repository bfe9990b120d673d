# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the firewall that a host has and the openings that are wanted to ``netsh`` lines, and to what is there then.

[ledger: fw-delete-by-name]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass

from .._common.errors import IpsecError
from .._windows.netsh.line import LONGEST_LINE, Line
from .._windows.rule_string import ALL_PROFILES
from .openings import Direction, Opening, Protocol
from .port_entry import Entry, Slot, entry_data, entry_name, shortfalls, slots_of
from .rules import OurRule, blocks, concerns, is_opening, opening_data, our_rule, rule_name
from .state import Firewall

Data = list[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The way to the openings that are wanted.

    ``add`` comes first and must have worked before ``delete`` is sent, so that no opening closes in between.
    ``again`` are the lines for a host on which ``add`` did not write over what was there. ``before`` and ``after`` are
    our openings as plain data, ``foreign`` what stays and is not ours, with the reason.
    """

    add: tuple[Line, ...] = ()
    delete: tuple[Line, ...] = ()
    again: tuple[Line, ...] = ()
    before: Data
    after: Data
    foreign: tuple[dict[str, str], ...] = ()
    not_expressible: tuple[dict[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the host differs from what is wanted."""
        return bool(self.add or self.delete)

    @property
    def commands(self) -> list[str]:
        """The lines in their order."""
        return [line.redacted() for line in (*self.add, *self.delete)]


def make_plan(host: Firewall, prefix: str, wanted: tuple[Opening, ...]) -> Plan:
    """Return how the host comes to have exactly these openings of the name prefix, none for no opening.

    Raises :class:`IpsecError` for what the host cannot take, and where a rule of ours cannot be removed without one
    of somebody else.
    """
    return _plan_rules(host, prefix, wanted) if host.has_rules else _plan_entries(host, prefix, wanted)


def _plan_rules(host: Firewall, prefix: str, wanted: tuple[Opening, ...]) -> Plan:
    ours = [found for _id, rule in host.rules if (found := our_rule(rule, prefix)) is not None]
    own = {id(found.rule) for found in ours}
    others = [rule for _id, rule in host.rules if id(rule) not in own]
    count = Counter(found.name.casefold() for found in ours)
    taken = {rule.name.casefold() for _id, rule in host.rules}
    kept: list[OurRule] = []
    add: list[tuple[str, Opening]] = []
    for opening in wanted:
        fitting = [found for found in ours if count[found.name.casefold()] == 1 and is_opening(found, opening)]
        if fitting:
            kept.append(min(fitting, key=lambda found: (len(found.name), found.name)))
        else:
            add.append((_free_name(prefix, opening, taken), opening))
    staying = {found.name for found in kept}
    names = sorted({found.name.casefold(): found.name for found in ours if found.name not in staying}.values())
    for name in names:
        if any(rule.name.casefold() == name.casefold() for rule in others):
            expected = "a name that no rule of others has, since netsh removes rules by their name"
            raise IpsecError(
                "firewall rule", name, expected, "Rename the rule that is not ours, or choose another name_prefix."
            )
    after = [*(found.to_data() for found in kept), *(opening_data(opening, name) for name, opening in add)]
    return Plan(
        add=tuple(_add_rule(name, opening) for name, opening in add),
        delete=tuple(Line("advfirewall firewall delete rule", (("name", f'"{name}"'),)) for name in names),
        before=_ordered(found.to_data() for found in ours),
        after=_ordered(after),
        foreign=tuple(_foreign(host, prefix, wanted, own)),
        warnings=tuple(_remarks(host, wanted, own)),
    )


def _free_name(prefix: str, opening: Opening, taken: Container[str]) -> str:
    # [ledger: fw-duplicates-taken]
    number = 1
    while (name := rule_name(prefix, opening.protocol, opening.direction, number)).casefold() in taken:
        number += 1
    return name


def _add_rule(name: str, opening: Opening) -> Line:
    # [ledger: fw-protocol-numbers]
    ports = [] if opening.local_port is None else [("localport", str(opening.local_port))]
    ports += [] if opening.remote_port is None else [("remoteport", str(opening.remote_port))]
    profiles = "any" if opening.profiles == ALL_PROFILES else ",".join(sorted(opening.profiles))
    return _checked(
        Line(
            "advfirewall firewall add rule",
            (
                ("name", f'"{name}"'),
                ("dir", opening.direction.value),
                ("action", "allow"),
                ("protocol", "udp" if opening.protocol.port is not None else str(opening.protocol.number)),
                *ports,
                ("remoteip", ",".join(opening.peers.texts())),
                ("localip", ",".join(opening.local.texts()) if opening.local is not None else "any"),
                ("profile", profiles),
            ),
        )
    )


def _checked(line: Line) -> Line:
    length = len(line.clear())
    if length > LONGEST_LINE:
        expected = f"addresses that fit a command of {LONGEST_LINE} characters"
        raise IpsecError(
            "peers", f"{length} characters", expected, "Name networks or ranges instead of single addresses."
        )
    return line


def _foreign(host: Firewall, prefix: str, wanted: tuple[Opening, ...], own: set[int]) -> Iterable[dict[str, str]]:
    for _id, rule in host.rules:
        if id(rule) not in own and rule.name.casefold().startswith(f"{prefix} ".casefold()):
            yield {"name": rule.name, "reason": "Its name begins like ours, but it is no opening that we make."}
    for rule in host.group_rules:
        if our_rule(rule, prefix) or any(rule.protocol == o.protocol.number and concerns(rule, o) for o in wanted):
            yield {"name": rule.name, "reason": "It comes from group policy and is changed only there."}


def _remarks(host: Firewall, wanted: tuple[Opening, ...], own: set[int]) -> Iterable[str]:
    yield from _general_remarks(host, wanted)
    for rule in [*(rule for _id, rule in host.rules if id(rule) not in own), *host.group_rules]:
        hit = [f"{opening.protocol.value} {opening.direction.value}" for opening in wanted if blocks(rule, opening)]
        if hit:
            yield f"The rule {rule.name!r} blocks, and wins over what allows: it may stop {', '.join(hit)}."


def _general_remarks(host: Firewall, wanted: tuple[Opening, ...]) -> Iterable[str]:
    if not wanted:
        return
    if not host.running:
        yield "The service of the firewall does not run: the openings have no effect until it does."
    off = [name for name, on in host.on.items() if on is False]
    if off:
        yield f"The firewall is off in the profiles {', '.join(off)}: there the openings have no effect until it is on."
    ignored = [name for name, counts in host.local_counts.items() if not counts]
    if ignored:
        yield f"Group policy lets no local openings count in the profiles {', '.join(ignored)}: make them there."


def _plan_entries(host: Firewall, prefix: str, wanted: tuple[Opening, ...]) -> Plan:
    # [ledger: fw-2003-overwrites]
    named = next((opening for opening in wanted if opening.local is not None), None)
    if named is not None and named.local is not None:
        expected = f"none on {host.version.name}, whose firewall opens a port for all addresses of the host"
        raise IpsecError("local_addresses", ", ".join(named.local.texts()), expected, "Leave them out for this host.")
    protocols = {
        entry_name(prefix, protocol).casefold(): protocol for protocol in Protocol if protocol.port is not None
    }
    ours = {
        place: (protocols[entry.name.casefold()], entry)
        for place, entry in host.entries.items()
        if entry.name.casefold() in protocols and protocols[entry.name.casefold()].port == entry.port
    }
    warnings: list[str] = []
    foreign: list[dict[str, str]] = []
    targets: dict[tuple[Slot, int], Opening] = {}
    for opening in wanted:
        port = opening.protocol.port
        if port is None or opening.direction is not Direction.IN or not opening.peers.of_family(4):
            continue
        for slot in slots_of(opening.profiles):
            entry = host.entries.get((slot, port))
            if entry is None or (slot, port) in ours:
                targets[slot, port] = opening
                continue
            _check_foreign(entry, opening, slot)
            reason = f"It opens UDP port {port} in the profile {slot.value} for our peers already."
            foreign.append({"name": entry.name, "reason": reason})
    missing = {
        place: opening
        for place, opening in targets.items()
        if place not in ours or not ours[place][1].is_scope(opening.peers.of_family(4))
    }
    gone = {place: found for place, found in ours.items() if place not in targets}
    shorts = shortfalls(wanted)
    warnings += [f"Not possible on {host.version.name}: {short['opening']}. {short['reason']}" for short in shorts]
    add = _per_port(missing, lambda port, word: _add_entry(prefix, missing, port, word))
    over = {place: opening for place, opening in missing.items() if place in ours}
    return Plan(
        add=add,
        delete=_per_port(gone, _delete_entry),
        again=(
            *_per_port(over, _delete_entry),
            *_per_port(over, lambda port, word: _add_entry(prefix, over, port, word)),
        ),
        before=_ordered(entry.to_data(protocol, slot) for (slot, _port), (protocol, entry) in ours.items()),
        after=_ordered(
            ours[slot, port][1].to_data(opening.protocol, slot)
            if (slot, port) not in missing
            else entry_data(entry_name(prefix, opening.protocol), opening.protocol, slot, _scope_texts(opening))
            for (slot, port), opening in targets.items()
        ),
        foreign=tuple(foreign),
        not_expressible=tuple(shorts),
        warnings=(*_general_remarks(host, wanted), *warnings),
    )


def _check_foreign(entry: Entry, opening: Opening, slot: Slot) -> None:
    if not entry.suffices(opening.peers.of_family(4)):
        value = f"taken by the exception {entry.name!r}"
        expected = "a port without an exception of others, since it can have only one in a profile"
        remedy = f"Remove that exception from the profile {slot.value}, or let it in all peers."
        raise IpsecError(f"UDP port {entry.port}", value, expected, remedy)


def _per_port(places: Mapping[tuple[Slot, int], object], line: Callable[[int, str], Line]) -> tuple[Line, ...]:
    """Return a line for each port, for both profiles together where both need the same."""
    lines = []
    for port in sorted({port for _slot, port in places}):
        slots = [slot for slot in Slot if (slot, port) in places]
        lines += [line(port, "ALL")] if len(slots) == len(Slot) else [line(port, slot.value) for slot in slots]
    return tuple(lines)


def _add_entry(prefix: str, openings: Mapping[tuple[Slot, int], Opening], port: int, profile: str) -> Line:
    opening = next(opening for (_slot, number), opening in openings.items() if number == port)
    networks = opening.peers.of_family(4).networks()
    return _checked(
        Line(
            "firewall add portopening",
            (
                ("protocol", "UDP"),
                ("port", str(port)),
                ("name", f'"{entry_name(prefix, opening.protocol)}"'),
                ("mode", "ENABLE"),
                ("scope", "CUSTOM"),
                ("addresses", ",".join(f"{network.network_address}/{network.netmask}" for network in networks)),
                ("profile", profile),
            ),
        )
    )


def _scope_texts(opening: Opening) -> list[str]:
    """Return the peers as they come back: this firewall knows networks only."""
    return opening.peers.of_family(4).as_networks().texts()


def _delete_entry(port: int, profile: str) -> Line:
    return Line("firewall delete portopening", (("protocol", "UDP"), ("port", str(port)), ("profile", profile)))


def _ordered(items: Iterable[dict[str, object]]) -> Data:
    return sorted(
        items,
        key=lambda item: (
            list(Protocol).index(Protocol(str(item["protocol"]))),
            str(item["direction"]),
            str(item["name"]),
            str(item["profiles"]),
        ),
    )
