# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The associations of the hosts, their counters and their clocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._associations.model import Associations, QuickModeAssociation
from .._proof.model import Host, Proof, Role
from .markup import Child, Element, fold, join, table, tag
from .words import counted, more, number, or_dash, or_unknown

_MOST_HOSTS = 40
_MOST_ROWS = 120
_SOURCES = {"cim": "management classes", "events": "security log", "none": "not shown"}
# These do not speak of IPsec policy; their associations were not asked for.
_SILENT = frozenset({Role.FIREWALL, Role.CONTROLLER})


def section(proof: Proof) -> Element:
    """Return the part of the page on associations."""
    asked = [host for host in proof.hosts if host.role not in _SILENT or _anything(host.associations)]
    # Those that did not tell come first: they need the reader's eye.
    ordered = sorted(asked, key=lambda host: host.associations.known)
    content: list[Child] = [tag("p", "No host was asked.")]
    if ordered:
        content = [_overview(ordered), _main_mode(ordered), _quick_mode(ordered), _counters(ordered)]
    return tag("section", tag("h2", "Associations", id="associations"), content, aria_labelledby="associations")


def _anything(found: Associations) -> bool:
    return bool(found.known or found.main_mode or found.quick_mode or found.counters)


def _overview(hosts: Sequence[Host]) -> Element:
    rows = [_summary(host) for host in hosts[:_MOST_HOSTS]]
    heads = ("Host", "All known", "Read from", "Main mode", "Quick mode", "Clock", "Why not known")
    drawn = table("What each host tells about its associations", heads, rows)
    return join(drawn, more(len(hosts) - _MOST_HOSTS, "hosts"))


def _summary(host: Host) -> tuple[Child, ...]:
    found = host.associations
    return (
        host.name,
        "yes" if found.known else "no",
        _SOURCES[found.source.value],
        number(len(found.main_mode)),
        number(len(found.quick_mode)),
        _skew(found.clock.skew_seconds),
        or_dash(found.reason),
    )


def _skew(seconds: int | None) -> str:
    if seconds is None:
        return "not told"
    if seconds == 0:
        return "agrees"
    return f"{counted(abs(seconds), 'second')} {'ahead' if seconds > 0 else 'behind'}"


def _main_mode(hosts: Sequence[Host]) -> Element | None:
    rows = [
        (
            host.name,
            f"{one.local} \u2194 {one.peer}",
            or_unknown(one.encryption),
            or_unknown(one.integrity),
            or_unknown(one.dh_group),
            or_unknown(one.key_module),
        )
        for host in hosts
        for one in host.associations.main_mode
    ]
    heads = ("Host", "Ends", "Encryption", "Integrity", "Diffie-Hellman group", "Key module")
    return _folded("Main mode, which protects the key exchange", heads, rows)


def _quick_mode(hosts: Sequence[Host]) -> Element | None:
    rows = [
        (
            host.name,
            f"{one.local} \u2194 {one.peer}",
            _traffic(one),
            or_unknown(one.ah_integrity),
            or_unknown(one.esp_encryption),
            or_unknown(one.esp_integrity),
            or_unknown(one.pfs),
        )
        for host in hosts
        for one in host.associations.quick_mode
    ]
    heads = ("Host", "Ends", "Traffic", "AH", "ESP encryption", "ESP integrity", "PFS")
    return _folded("Quick mode, which protects packets", heads, rows)


def _traffic(found: QuickModeAssociation) -> str:
    ports = [f"{word} port {port}" for word, port in (("own", found.local_port), ("peer's", found.peer_port)) if port]
    return ", ".join([or_unknown(found.protocol), *ports])


def _counters(hosts: Iterable[Host]) -> Element | None:
    rows = [
        (host.name, name.replace("_", " "), "not told" if value is None else number(value))
        for host in hosts
        for name, value in host.associations.counters.items()
    ]
    return _folded("Counters", ("Host", "Counter", "Value"), rows)


def _folded(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[Child, ...]]) -> Element | None:
    if not rows:
        return None
    summary = f"{caption} ({number(len(rows))})"
    return fold(summary, table(caption, heads, rows[:_MOST_ROWS]), more(len(rows) - _MOST_ROWS, "rows"))
