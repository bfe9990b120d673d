# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pre-shared keys put into documents that were returned without them."""

from __future__ import annotations

from collections.abc import Mapping

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields
from .._common.mappings import mappings

Data = Mapping[str, object]
_DOCUMENT_REMEDY = "Write the document of one round."


def with_keys(document: object, keys: object, flows: object) -> dict[str, object]:
    """Return a document whose rules have the keys of flows; ``keys`` says of which flow for each rule, by its name."""
    if not isinstance(document, Mapping):
        raise IpsecError("document", hidden(document), "a document", _DOCUMENT_REMEDY)
    if not isinstance(keys, Mapping):
        raise IpsecError("keys", hidden(keys), "a mapping of rules to flows", "Write the keys of the same round.")
    known = dict(_keys_of(flows))
    policies = [
        {**policy, "rules": [_rule(rule, keys, known) for rule in mappings(policy.get("rules"))]}
        for policy in mappings(document.get("policies"))
    ]
    return {**document, "policies": policies} if "policies" in document else dict(document)


def _keys_of(flows: object) -> list[tuple[str, object]]:
    fields = Fields({"flows": flows}, "", ("flows",))
    found: list[tuple[str, object]] = []
    for _where, flow in fields.items("flows"):
        for name in [str(flow.get("name"))] if isinstance(flow, Mapping) else []:
            methods = mappings(flow.get("authentication")) if isinstance(flow, Mapping) else []
            found += [(name, one["preshared_key"]) for one in methods if one.get("preshared_key") is not None]
    return found


def _rule(rule: Data, keys: Data, known: Data) -> Data:
    flow = keys.get(str(rule.get("name")))
    if flow is None:
        return rule
    if str(flow) not in known:
        remedy = "Give the flows that the deployment was made of."
        raise IpsecError("flows", str(flow), "a flow of this name with a pre-shared key", remedy)
    methods = [
        {**one, "preshared_key": known[str(flow)]} if one.get("method") == "preshared_key" else one
        for one in mappings(rule.get("authentication"))
    ]
    return {**rule, "authentication": methods}
