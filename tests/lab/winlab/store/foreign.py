# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that other tools leave in a store, or that go wrong: beyond what netsh makes or what names it can take.

[ledger: store-damage-occurs]
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable

from ..registry import Kind, Value
from .contents import Contents
from .filter_blob import encode_filters
from .identifiers import BLOB_IDS, ObjectClass
from .model import (
    HOST_MASK,
    Action,
    ActionBody,
    Algorithm,
    EspCipher,
    Filter,
    Hash,
    Offer,
    Operation,
    RuleBody,
    Side,
    SideKind,
)
from .objects import FILTERS, NEGOTIATION, NFAS, OWNERS
from .policies import DEFAULT_POLLING
from .rule_blob import encode_rule
from .rules import KERBEROS

_PERMIT = ActionBody(Action.PERMIT)


def _policy(store: Contents, name: str) -> str:
    return store.policies.create(
        name, store.policies.default_mode(), polling_seconds=DEFAULT_POLLING, default_active=False
    )


def _list(store: Contents, name: str) -> str:
    key = store.filter_lists.create(name)
    store.filter_lists.add(name, Filter(Side(SideKind.ME, mask=HOST_MASK), Side(SideKind.ANY)))
    return key


def non_ascii_policy(store: Contents, name: str = "Richtlinie für Büro β") -> str:
    """Plant a policy whose name is beyond ASCII."""
    return _policy(store, name)


def unknown_authentication(store: Contents, name: str = "Foreign authentication") -> str:
    """Plant a policy with a rule of an authentication type that nobody knows. Returns the rule."""
    policy = _policy(store, name)
    rule = store.rules.create(
        policy,
        "Foreign rule",
        _list(store, f"{name} list"),
        store.filter_actions.create(_PERMIT, f"{name} action"),
        RuleBody(KERBEROS),
    )
    blob = bytearray(store.objects.data(rule) or b"")
    struct.pack_into("<I", blob, 24, 99)
    store.objects.write(rule, bytes(blob))
    return rule


def half_written_key(store: Contents, name: str = "Half written") -> str:
    """Plant a policy key that has a name but no data."""
    key = f"{ObjectClass.POLICY}{{{uuid.uuid4()}}}"
    store.objects.put(key, "ipsecName", name)
    store.objects.put(key, "name", key)
    return key


def orphan_rule(store: Contents, name: str = "Orphan rule") -> str:
    """Plant a rule that says it belongs to a policy which does not exist, and that no policy lists."""
    rule = store.objects.create(ObjectClass.NFA, encode_rule(RuleBody(KERBEROS), store.host.version), name=name)
    store.objects.point(rule, OWNERS, f"{ObjectClass.POLICY}{{{uuid.uuid4()}}}")
    return rule


def orphan_list(store: Contents, name: str = "Orphan list") -> str:
    """Plant a filter list whose owner does not exist."""
    key = _list(store, name)
    store.objects.point(key, OWNERS, f"{ObjectClass.NFA}{{{uuid.uuid4()}}}")
    return key


def dangling_references(store: Contents, name: str = "Dangling") -> str:
    """Plant a policy that lists a rule which does not exist, beside one whose list and action do not exist."""
    policy = _policy(store, name)
    rule = store.objects.create(
        ObjectClass.NFA, encode_rule(RuleBody(KERBEROS), store.host.version), name="Dangling rule"
    )
    store.objects.point(rule, OWNERS, policy)
    store.objects.point(rule, FILTERS, f"{ObjectClass.FILTER}{{{uuid.uuid4()}}}")
    store.objects.point(rule, NEGOTIATION, f"{ObjectClass.NEGOTIATION}{{{uuid.uuid4()}}}")
    store.objects.add_reference(policy, NFAS, rule)
    store.objects.add_reference(policy, NFAS, f"{ObjectClass.NFA}{{{uuid.uuid4()}}}")
    return policy


def unnamed_action(store: Contents, name: str = "Unnamed action") -> str:
    """Plant a policy with a rule whose filter action has no name, as the snap-in may leave it. Returns the rule."""
    policy = _policy(store, name)
    offer = Offer((Algorithm(Operation.ESP, EspCipher.TRIPLE_DES, Hash.SHA1),), 900, 100000)
    action = store.filter_actions.create(ActionBody(Action.NEGOTIATE, (offer,)))
    return store.rules.create(
        policy, "Rule with its own action", _list(store, f"{name} list"), action, RuleBody(KERBEROS)
    )


def unknown_filter_data(store: Contents, name: str = "Unknown data") -> str:
    """Plant a filter list whose blob is cut off."""
    blob = encode_filters([Filter(Side(SideKind.ANY), Side(SideKind.ANY))], store.host.version.frame)
    return store.objects.create(ObjectClass.FILTER, blob[:60], name=name)


def wrong_class(store: Contents, name: str = "Wrong class") -> str:
    """Plant a policy key whose blob is that of another class."""
    return store.objects.create(ObjectClass.POLICY, BLOB_IDS[ObjectClass.NFA] + bytes(9), name=name)


def domain_policy(store: Contents, name: str = "Domain policy") -> str:
    """Leave the marks that a policy assigned by the domain leaves on a member. Returns the key.

    [ledger: force-domain-values]
    """
    key = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec\GPTIPSECPolicy"
    path = f"LDAP://CN=ipsecPolicy{{{uuid.uuid4()}}},CN=IP Security,CN=System,DC=example,DC=com"
    store.host.registry.set(key, "DSIPSECPolicyPath", Value(Kind.SZ, path))
    store.host.registry.set(key, "DSIPSECPolicyName", Value(Kind.SZ, name))
    return key


KINDS: dict[str, Callable[..., str]] = {
    maker.__name__: maker
    for maker in (
        non_ascii_policy,
        unknown_authentication,
        half_written_key,
        orphan_rule,
        orphan_list,
        dangling_references,
        unnamed_action,
        unknown_filter_data,
        wrong_class,
        domain_policy,
    )
}
