# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewalls must let through for given policies, so that nobody opens AH who does not use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._common.errors import hidden, shown
from ..plugin_utils._firewall.openings import Protocol
from ..plugin_utils._policies.document import read_document
from ..plugin_utils._policies.in_force import in_force
from ..plugin_utils._policies.model import QuickModeMethod
from ..plugin_utils._policies.words import ActionKind


def needed_openings(documents: Any) -> list[str]:
    """Return IKE, NAT traversal, and those of ESP and AH that the policies in force of initiators offer."""
    if not isinstance(documents, Sequence) or isinstance(documents, str):
        remedy = "Put them between brackets."
        raise AnsibleFilterError(f"The documents are {shown(hidden(documents))}: expected a list. {remedy}")
    offers = [offer for index, document in enumerate(documents) for offer in _offers(document, f"documents[{index}]")]
    found = [Protocol.IKE, Protocol.NAT_TRAVERSAL]
    if any(offer.esp_encryption is not None or offer.esp_integrity is not None for offer in offers):
        found.append(Protocol.ESP)
    if any(offer.ah_integrity is not None for offer in offers):
        found.append(Protocol.AH)
    return [str(protocol.value) for protocol in found]


def _offers(document: Any, path: str) -> list[QuickModeMethod]:
    with filter_refusals(document):
        policy = in_force(read_document(document, path), f"{path}.assigned")
    rules = policy.rules if policy else ()
    return [offer for rule in rules if rule.action.action is ActionKind.NEGOTIATE for offer in rule.action.methods]


class FilterModule:
    """The filter by its name."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"needed_openings": needed_openings}
