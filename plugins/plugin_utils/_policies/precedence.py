# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which store's policy wins on a host, and why the local one does not work where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .host import Host


class Winner(StrEnum):
    """The store whose policy wins."""

    DOMAIN = "domain"
    LOCAL = "local"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedence:
    """``assigned`` is the local policy that is assigned, empty for none; ``why_not`` says why it has no effect."""

    store: Winner
    assigned: str
    why_not: tuple[str, ...] = ()

    @property
    def effective(self) -> bool:
        """Whether the local policy works."""
        return not self.why_not

    def to_data(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "store": self.store.value,
            "assigned": self.assigned,
            "effective": self.effective,
            "why_not": " ".join(self.why_not),
        }


def precedence(host: Host) -> Precedence:
    """Return what becomes of the local policy of a host. A domain policy wins, whatever the local store says."""
    assigned = host.store.assigned or ""
    reasons = []
    if not assigned:
        reasons.append("No local policy is assigned.")
    if host.domain_policy:
        reasons.append(f"The domain assigns {host.domain_policy!r}, which wins.")
    if not host.local_policy_counts:
        reasons.append("The domain lets no local policy work (AllowLocalIPsecPolicyMerge is 0).")
    stopped = [name for name, service in host.services.items() if not service.running]
    reasons += [f"The service {name} does not run." for name in stopped]
    local = bool(assigned) and host.local_policy_counts
    store = Winner.DOMAIN if host.domain_policy else Winner.LOCAL if local else Winner.NONE
    return Precedence(store=store, assigned=assigned, why_not=tuple(reasons))
