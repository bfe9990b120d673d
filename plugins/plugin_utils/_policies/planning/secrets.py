# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets that a host could repeat in an answer. [ledger: netsh-set-rule-replaces-methods]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._windows.engine import Step
from ..model import Authentication, Policy, PresharedKey, Store
from .operations import AddRule, ChangeDefaultResponse, ChangeRule, Operation


def secrets_of(store: Store, steps: Iterable[Step[Operation]]) -> frozenset[str]:
    """Return the pre-shared keys of a store and of the steps that are sent, in clear, to be looked for only."""
    methods = [method for policy in store.policies for method in _of_policy(policy)]
    for step in steps:
        if isinstance(step.operation, (AddRule, ChangeRule)):
            methods += step.operation.rule.authentication
        elif isinstance(step.operation, ChangeDefaultResponse):
            methods += step.operation.response.authentication
    keys = (method.key for method in methods if isinstance(method, PresharedKey))
    return frozenset(key.reveal() for key in keys if key is not None)


def _of_policy(policy: Policy) -> Iterator[Authentication]:
    yield from policy.default_response.authentication
    for rule in policy.rules:
        yield from rule.authentication
