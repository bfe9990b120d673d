# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec static` add, set and delete of policies and rules, and of the default response rule.

[ledger: netsh-mm-lifetime-minutes, netsh-polling-minutes, netsh-set-rule-replaces-methods, netsh-set-keeps-the-rest]
[ledger: netsh-default-response-words]
"""

from __future__ import annotations

from dataclasses import replace

from ..store import PolicyStore
from ..store.errors import Code, StoreError
from ..store.identifiers import ObjectClass
from ..store.model import ActionBody, Address, Connection, MainMode, RuleBody
from ..store.objects import FILTERS, NEGOTIATION
from ..store.policies import DEFAULT_POLLING
from . import values
from .context import Process
from .methods import authentication, main_mode_methods, mentions_authentication, offers
from .static_filters import by_name_or_guid
from .words import Given

POLICY_TAGS = (
    "name",
    "description",
    "mmpfs",
    "qmpermm",
    "mmlifetime",
    "activatedefaultrule",
    "pollinginterval",
    "assign",
    "mmsecmethods",
)
# Scripts write `tunneldst` too, so the full word has to be longer than the `tunnel` of the help.
TUNNEL = "tunneldstaddress"
_RULE_AUTH = ("kerberos", "psk", "rootca")
RULE_TAGS = (
    "name",
    "policy",
    "filterlist",
    "filteraction",
    TUNNEL,
    "conntype",
    "activate",
    "description",
    *_RULE_AUTH,
)
SET_RULE_TAGS = (
    "name",
    "id",
    "policy",
    "newname",
    "description",
    "filterlist",
    "filteraction",
    TUNNEL,
    "conntype",
    "activate",
    *_RULE_AUTH,
)
DEFAULT_RULE_TAGS = ("policy", "qmpfs", "activate", "qmsecmethods", *_RULE_AUTH)

_MINUTE = 60
_TOP_MINUTES = 0xFFFFFFFF // _MINUTE


def _mode(given: Given, base: MainMode) -> MainMode:
    text = given.get("mmsecmethods")
    lifetime = values.number(given, "mmlifetime", 0, _TOP_MINUTES) * _MINUTE
    quick_modes = values.number(given, "qmpermm", base.quick_modes)
    if "mmpfs" in given and values.yes(given, "mmpfs", False):
        # The first remark in the help of `add policy`. Whether it means mmpfs=no too is not known: lab's choice.
        # [ledger: netsh-mmpfs-no-keeps-limit]
        quick_modes = 1
    return replace(
        base,
        methods=base.methods if text is None else main_mode_methods(text),
        lifetime_seconds=lifetime or base.lifetime_seconds,
        quick_modes=quick_modes,
        pfs=values.yes(given, "mmpfs", base.pfs),
    )


def add_policy(process: Process, given: Given) -> None:
    """Make a policy. The command line counts minutes, the store seconds."""
    policies = process.store.policies
    assign = values.yes(given, "assign", False)
    polling = values.number(given, "pollinginterval", DEFAULT_POLLING // _MINUTE, _TOP_MINUTES) * _MINUTE
    key = policies.create(
        values.require(given, "name"),
        _mode(given, policies.default_mode()),
        polling_seconds=polling,
        default_active=values.yes(given, "activatedefaultrule", process.host.version.default_rule_active),
        description=given.get("description") or "",
    )
    if assign:
        policies.assign(key)


def set_policy(process: Process, given: Given) -> None:
    """Change a policy. All values are read before the first change is made."""
    policies = process.store.policies
    if "gponame" in given:
        raise StoreError(Code.ONLY_IN_DOMAIN, tag="gponame")
    key = by_name_or_guid(process, given, ObjectClass.POLICY, Code.NO_SUCH_POLICY)
    before = policies.mode(key)
    mode = _mode(given, before)
    polling = values.number(given, "pollinginterval", 0, _TOP_MINUTES) * _MINUTE
    active = values.yes(given, "activatedefaultrule", False)
    assign = values.yes(given, "assign", False)
    new_name, description = given.get("newname"), given.get("description")
    if new_name:
        policies.rename(key, new_name)
    if description is not None:
        policies.describe(key, description)
    if mode != before:
        policies.set_mode(key, mode)
    if "pollinginterval" in given:
        policies.set_polling(key, polling)
    if "activatedefaultrule" in given:
        policies.set_default_active(key, active)
    if "assign" in given:
        (policies.assign if assign else policies.unassign)(key)


def delete_policy(process: Process, given: Given) -> None:
    """Delete one policy, or all; the one in force is no exception."""
    store = process.store
    name = values.require(given, "name")
    if name.lower() != "all":
        store.policies.delete(store.policies.require(name))
        return
    keys = list(store.objects.names(ObjectClass.POLICY))
    if not keys:
        raise StoreError(Code.NO_POLICIES)
    for key in keys:
        store.policies.delete(key)


def delete_everything(process: Process, _given: Given) -> None:
    """Wipe the store, the assignment included."""
    process.store.delete_everything()


def _tunnel(process: Process, given: Given, default: Address | None) -> Address | None:
    text = given.get(TUNNEL)
    if text is None:
        return default
    address = values.address(text)
    if address is None:
        # `no` and `ip` stand in an example that contradicts the syntax beside it: names, and not resolved.
        raise StoreError(Code.NAME_NOT_RESOLVED, name=text)
    if int(address) == 0:
        raise values.bad("tunnel", text)
    if address.version == 6 and not process.host.version.v2_filters:
        raise StoreError(Code.NOT_ON_THIS_VERSION, tag=text)
    return address


def add_rule(process: Process, given: Given) -> None:
    """Make a rule and put it first in its policy."""
    store = process.store
    name = values.require(given, "name")
    body = RuleBody(
        authentication(given, process.host.version),
        values.connection(given, Connection.ALL),
        _tunnel(process, given, None),
        values.yes(given, "activate", True),
    )
    store.rules.create(
        store.policies.require(values.require(given, "policy")),
        name,
        store.filter_lists.require(values.require(given, "filterlist")),
        store.filter_actions.require(values.require(given, "filteraction")),
        body,
        given.get("description") or "",
    )


def _rule(store: PolicyStore, policy: str, given: Given) -> str:
    number = given.get("id")
    if number is not None:
        return store.rules.numbered(policy, number)
    return store.rules.require(policy, values.require(given, "name"))


def set_rule(process: Process, given: Given) -> None:
    """Change a rule. Any word about authentication replaces the whole list."""
    store = process.store
    policy = store.policies.require(values.require(given, "policy"))
    rule = _rule(store, policy, given)
    if store.rules.is_default(rule):
        raise StoreError(Code.DEFAULT_RULE)
    before = store.rules.read(rule)
    body = replace(
        before,
        connection=values.connection(given, before.connection),
        tunnel=_tunnel(process, given, before.tunnel),
        active=values.yes(given, "activate", before.active),
    )
    if mentions_authentication(given):
        body = replace(body, authentication=authentication(given, process.host.version))
    targets = []
    if "filterlist" in given:
        targets.append((FILTERS, store.filter_lists.require(values.require(given, "filterlist"))))
    if "filteraction" in given:
        targets.append((NEGOTIATION, store.filter_actions.require(values.require(given, "filteraction"))))
    new_name, description = given.get("newname"), given.get("description")
    if new_name:
        store.rules.rename(policy, rule, new_name)
    if description is not None:
        store.rules.describe(rule, description)
    for attribute, target in targets:
        store.rules.use(policy, rule, attribute, target)
    if body != before:
        store.rules.write(policy, rule, body)


def delete_rule(process: Process, given: Given) -> None:
    """Delete one rule, or all of a policy except its default response rule (lab's choice).

    [ledger: netsh-delete-rule-all-spares-default]
    """
    store = process.store
    policy = store.policies.require(values.require(given, "policy"))
    if (given.get("name") or "").lower() == "all":
        for rule in store.rules.of(policy):
            if not store.rules.is_default(rule):
                store.rules.delete(policy, rule)
        return
    rule = _rule(store, policy, given)
    if store.rules.is_default(rule):
        raise StoreError(Code.DEFAULT_RULE)
    store.rules.delete(policy, rule)


def set_default_rule(process: Process, given: Given) -> None:
    """Change the default response rule of a policy and the filter action that belongs to it."""
    store = process.store
    policy = store.policies.require(values.require(given, "policy"))
    rule = store.rules.default(policy)
    before = store.rules.read(rule)
    body = replace(before, active=values.yes(given, "activate", before.active))
    if mentions_authentication(given):
        body = replace(body, authentication=authentication(given, process.host.version))
    action = store.objects.target(rule, NEGOTIATION)
    text = given.get("qmsecmethods")
    if action is not None and (text is not None or "qmpfs" in given):
        old: ActionBody = store.filter_actions.read(action)
        new = replace(old, offers=old.offers if text is None else offers(text), pfs=values.yes(given, "qmpfs", old.pfs))
        store.filter_actions.write(action, new)
    if body != before:
        store.rules.write(policy, rule, body)
