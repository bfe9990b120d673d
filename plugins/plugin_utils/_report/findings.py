# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be seen in the policies: drift from what was declared, findings such as weak cryptography, and waivers."""

from __future__ import annotations

from .._audit.rules import Severity
from .._proof.model import Proof

_GRAVITY = {one: index for index, one in enumerate(Severity)}


def view(proof: Proof) -> dict[str, object]:
    """Return the hosts that drifted, and the findings, the gravest first."""
    ordered = sorted(proof.findings, key=lambda finding: _GRAVITY[finding.severity])
    return {
        "drifted": [host for host in proof.hosts if host.drift],
        "open": [finding for finding in ordered if not proof.waived(finding)],
        "waived": [finding for finding in ordered if proof.waived(finding)],
    }
