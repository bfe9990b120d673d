# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts tell of what the daemon and the kernel have: associations, events, counters."""

from __future__ import annotations

from collections.abc import Mapping

from ..host import Host
from ..ipsec import trail
from ..ipsec.associations import QuickModeAssociation, Way
from ..ipsec.fate import Fate
from ..ipsec.packet import Address
from .standing import Standing

_DROPPED = ("XfrmInTmplMismatch", "XfrmInNoPols", "XfrmInPolBlock")


def note(host: Host, before: Standing, now: Standing) -> None:
    """Have a host take over what stands now, and log what is new and what has ended."""
    known = {each.cookie for each in before.main_mode}
    for main in now.main_mode:
        if main.cookie not in known:
            trail.main_mode(host, main)
    pairs = {each.pair for each in before.quick_mode}
    for one, other in zip(now.quick_mode[::2], now.quick_mode[1::2], strict=True):
        if one.pair not in pairs:
            initiator = any(each.cookie == one.main and each.initiator for each in now.main_mode)
            trail.quick_mode(host, one, other, initiator=initiator)
    soft = {(each.traffic, each.rule) for each in before.soft}
    for each in now.soft:
        if (each.traffic, each.rule) not in soft:
            trail.failed(host, each.traffic, Fate.NO_ANSWER, "the peer does not answer IKE", initiator=True)
    cookies, numbers = {each.cookie for each in now.main_mode}, {each.pair for each in now.quick_mode}
    ended = [each for each in before.quick_mode if each.pair not in numbers]
    trail.ended(host, [*ended, *(each for each in before.main_mode if each.cookie not in cookies)])
    host.associations.main_mode[:] = now.main_mode
    host.associations.quick_mode[:] = now.quick_mode
    host.associations.soft[:] = now.soft


def count(host: Host, standing: Standing, statistics: Mapping[str, int], counted: dict[int, int]) -> None:
    """Bring a host's counters up to what the kernel has counted.

    :param counted: by association, the bytes of it that are in the counters already; brought up too.
    """
    counters = host.counters
    dropped = sum(statistics.get(each, 0) for each in _DROPPED)
    protected, keying = statistics.get("protected", 0), statistics.get("keying", 0)
    inbound = statistics.get("inbound", 0) - keying
    counters.inbound_packets_received = inbound
    counters.inbound_packets_dropped = dropped
    counters.plaintext_packets_received = max(0, inbound - protected - dropped)
    for each in standing.quick_mode:
        more = each.bytes - counted.get(each.spi, 0)
        counted[each.spi] = each.bytes
        if each.way is Way.IN:
            counters.bytes_received += more
        else:
            counters.bytes_sent += more


def covering(standing: Standing, peer: Address, port: int) -> QuickModeAssociation | None:
    """Return the association that packets to a port of a peer go through."""
    for each in reversed(standing.quick_mode):
        traffic = each.traffic
        if (
            each.way is Way.OUT
            and traffic.peer == peer
            and traffic.protocol in (0, 6)
            and traffic.peer_port in (0, port)
        ):
            return each
    return None
