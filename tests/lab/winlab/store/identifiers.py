# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class names, blob and action identifiers of the policy store (MS-GPIPSEC 2.2.1, Active Directory defaults).

[ledger: store-five-classes, data-frame]
"""

from __future__ import annotations

import uuid
from enum import StrEnum

from .model import Action


class ObjectClass(StrEnum):
    """The five classes of objects."""

    POLICY = "ipsecPolicy"
    ISAKMP = "ipsecISAKMPPolicy"
    NFA = "ipsecNFA"
    FILTER = "ipsecFilter"
    NEGOTIATION = "ipsecNegotiationPolicy"


def _blob_id(text: str) -> bytes:
    return uuid.UUID(text).bytes_le


BLOB_IDS = {
    ObjectClass.POLICY: _blob_id("22202163-4F4C-11D1-863B-00A0248D3021"),
    ObjectClass.ISAKMP: _blob_id("80DC20B8-2EC8-11D1-A89E-00A0248D3021"),
    ObjectClass.NFA: _blob_id("11BBAC00-498D-11D1-8639-00A0248D3021"),
    ObjectClass.NEGOTIATION: _blob_id("80DC20B9-2EC8-11D1-A89E-00A0248D3021"),
    ObjectClass.FILTER: _blob_id("80DC20B5-2EC8-11D1-A89E-00A0248D3021"),
}
FILTER_V2_ID = _blob_id("35FECD3D-AE29-4373-8A6A-C5D8FAB2FB08")

ACTION_BLOCK = "{3F91A819-7647-11D1-864D-D46A00000000}"
ACTION_PERMIT = "{8A171DD2-77E3-11D1-8659-A04F00000000}"
ACTION_NEGOTIATE = "{8A171DD3-77E3-11D1-8659-A04F00000000}"
ACTION_INPASS = "{3F91A81A-7647-11D1-864D-D46A00000000}"
TYPE_STANDARD = "{62F49E10-6C37-11D1-864C-14A300000000}"
TYPE_DEFAULT_RESPONSE = "{62F49E13-6C37-11D1-864C-14A300000000}"

_ACTIONS = {
    (Action.BLOCK, False): ACTION_BLOCK,
    (Action.PERMIT, False): ACTION_PERMIT,
    (Action.NEGOTIATE, False): ACTION_NEGOTIATE,
    (Action.NEGOTIATE, True): ACTION_INPASS,
}
_MEANINGS = {text.lower(): meaning for meaning, text in _ACTIONS.items()}


def action_identifier(action: Action, *, inpass: bool) -> str:
    """Return the identifier for an action; accepting unsecured traffic only exists together with negotiation."""
    return _ACTIONS[(action, inpass and action is Action.NEGOTIATE)]


def action_meaning(identifier: str) -> tuple[Action, bool] | None:
    """Return (action, inpass) for an identifier in any letter case, None for an unknown one.

    [ledger: data-action-guids]

    [ledger: data-block-guid]
    """
    return _MEANINGS.get(identifier.lower())
