# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The associations of the hosts, their counters and their clocks."""

from __future__ import annotations

from .._associations.model import Associations, Source
from .._proof.model import Proof, Role
from .words import counted

SOURCES = {Source.CIM: "management classes", Source.EVENTS: "security log", Source.NONE: "not shown"}
# These do not speak of IPsec policy; their associations were not asked for.
_SILENT = frozenset({Role.FIREWALL, Role.CONTROLLER})


def view(proof: Proof) -> dict[str, object]:
    """Return the hosts that were asked, and what they told, each beside its host."""
    asked = [host for host in proof.hosts if host.role not in _SILENT or _anything(host.associations)]
    # Those that did not tell come first: they need the reader's eye.
    hosts = sorted(asked, key=lambda host: host.associations.known)
    return {
        "hosts": hosts,
        "main_mode": [(host, one) for host in hosts for one in host.associations.main_mode],
        "quick_mode": [(host, one) for host in hosts for one in host.associations.quick_mode],
        "counters": [(host, one) for host in hosts for one in host.associations.counters.items()],
    }


def _anything(found: Associations) -> bool:
    return bool(found.known or found.main_mode or found.quick_mode or found.counters)


def skew(seconds: int | None) -> str:
    """Return how far a clock is from the controller's."""
    if seconds is None:
        return "not told"
    if seconds == 0:
        return "agrees"
    return f"{counted(abs(seconds), 'second')} {'ahead' if seconds > 0 else 'behind'}"
