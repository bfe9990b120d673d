# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec dynamic` add, set and delete, and `set config` (the Learn page, the help, published scripts).

Values are checked as those of `netsh ipsec static` are. Choices of the lab: the agent need not run, a policy that a
rule names has to be there, names and rules that are there already are refused with the numbers of the static context,
and any word and any value will do for `set config`, since no clean source lists them.

[ledger: netsh-dynamic-config-words]
"""

from __future__ import annotations

from ..dynamic import Identity, Tags
from ..store import wording
from ..store.errors import Code, StoreError
from ..store.model import Action, Connection
from . import values
from .commands import Command, Table
from .context import Process
from .methods import authentication, main_mode_methods, mentions_authentication, offers
from .static_filters import port, sides
from .words import Given, pick

_TUNNEL = "tunneldstaddress"
_AUTHENTICATION = ("kerberos", "psk", "rootca")
_RULE_TAGS = (
    "srcaddr",
    "dstaddr",
    "mmpolicy",
    "qmpolicy",
    "protocol",
    "srcport",
    "dstport",
    "mirrored",
    "conntype",
    "actioninbound",
    "actionoutbound",
    "srcmask",
    "dstmask",
    _TUNNEL,
    *_AUTHENTICATION,
)
_CHANGEABLE = ("mmpolicy", "qmpolicy", "actioninbound", "actionoutbound", *_AUTHENTICATION)
_IDENTIFYING = tuple(tag for tag in _RULE_TAGS if tag not in _CHANGEABLE)
_GROUPS = ("grp1", "grp2", "grp3", "grpmm", "nopfs")


def _tags(given: Given) -> Tags:
    return dict(given.pairs)


def _add_main_mode(process: Process, given: Given) -> None:
    """Make a main-mode policy."""
    for tag in ("qmpermm", "mmlifetime", "softsaexpirationtime"):
        values.number(given, tag, 0)
    text = given.get("mmsecmethods")
    if text is not None:
        main_mode_methods(text)
    _add_policy(process.host.dynamic.main_mode, given)


def _add_quick_mode(process: Process, given: Given) -> None:
    """Make a quick-mode policy."""
    values.yes(given, "soft", False)
    group = given.get("pfsgroup")
    if group is not None and pick(group, _GROUPS) is None:
        raise values.bad("pfsgroup", group)
    text = given.get("qmsecmethods")
    if text is not None:
        offers(text)
    _add_policy(process.host.dynamic.quick_mode, given)


def _add_policy(policies: dict[str, Tags], given: Given) -> None:
    name = values.require(given, "name")
    if name.lower() in policies:
        raise StoreError(Code.POLICY_EXISTS, name=name)
    policies[name.lower()] = _tags(given)


def _delete_policy(policies: dict[str, Tags], given: Given) -> None:
    name = values.require(given, "name")
    if name.lower() == "all":
        policies.clear()
    elif policies.pop(name.lower(), None) is None:
        raise StoreError(Code.NO_SUCH_POLICY, name=name)


def _delete_main_mode(process: Process, given: Given) -> None:
    """Delete one main-mode policy or all."""
    _delete_policy(process.host.dynamic.main_mode, given)


def _delete_quick_mode(process: Process, given: Given) -> None:
    """Delete one quick-mode policy or all."""
    _delete_policy(process.host.dynamic.quick_mode, given)


def _identity(process: Process, given: Given) -> Identity:
    source, destination = sides(process, given)
    protocol = values.protocol(given)
    ports = (port(given, "srcport"), port(given, "dstport"))
    if any(ports) and protocol not in (6, 17):
        raise StoreError(Code.PORT_NEEDS_TCP_OR_UDP)
    mirrored = values.yes(given, "mirrored", True)
    connection = values.connection(given, Connection.ALL)
    tunnel = given.get(_TUNNEL) or ""
    numbers = (protocol, *ports, int(mirrored), connection)
    return (wording.side(source), wording.side(destination), *map(str, numbers), tunnel.lower())


def _check_rule(process: Process, given: Given) -> None:
    for tag in ("actioninbound", "actionoutbound"):
        word = given.get(tag)
        if word is not None and pick(word, list(Action)) is None:
            raise values.bad(tag, word)
    if mentions_authentication(given):
        authentication(given, process.host.version)
    dynamic = process.host.dynamic
    for tag, policies in (("mmpolicy", dynamic.main_mode), ("qmpolicy", dynamic.quick_mode)):
        name = given.get(tag)
        if name is not None and name.lower() not in policies:
            raise StoreError(Code.NO_SUCH_POLICY, name=name)


def _add_rule(process: Process, given: Given) -> None:
    """Make a rule."""
    identity = _identity(process, given)
    _check_rule(process, given)
    if identity in process.host.dynamic.rules:
        raise StoreError(Code.RULE_EXISTS, name=" - ".join(identity[:2]))
    process.host.dynamic.rules[identity] = _tags(given)


def _set_rule(process: Process, given: Given) -> None:
    """Change policies, actions or authentication of the rule that the other tags identify."""
    found = _found_rule(process, given)
    _check_rule(process, given)
    if mentions_authentication(given):
        for tag in _AUTHENTICATION:
            found.pop(tag, None)
    found.update(_tags(given))


def _delete_rule(process: Process, given: Given) -> None:
    """Delete the rule that the tags identify."""
    _found_rule(process, given)
    del process.host.dynamic.rules[_identity(process, given)]


def _found_rule(process: Process, given: Given) -> Tags:
    identity = _identity(process, given)
    found = process.host.dynamic.rules.get(identity)
    if found is None:
        raise StoreError(Code.NO_SUCH_RULE, name=" - ".join(identity[:2]))
    return found


def _delete_all(process: Process, _given: Given) -> None:
    """Delete all policies and rules."""
    process.host.dynamic.delete_all()


def _set_config(process: Process, given: Given) -> None:
    """Change a setting of the agent."""
    name, value = values.require(given, "property"), values.require(given, "value")
    process.host.dynamic.settings[name.lower()] = value


COMMANDS: Table = {
    "add": {
        "mmpolicy": Command(_add_main_mode, ("name", "qmpermm", "mmlifetime", "softsaexpirationtime", "mmsecmethods")),
        "qmpolicy": Command(_add_quick_mode, ("name", "soft", "pfsgroup", "qmsecmethods")),
        "rule": Command(_add_rule, _RULE_TAGS),
    },
    "set": {
        "config": Command(_set_config, ("property", "value")),
        "rule": Command(_set_rule, _RULE_TAGS),
    },
    "delete": {
        "all": Command(_delete_all),
        "mmpolicy": Command(_delete_main_mode, ("name",)),
        "qmpolicy": Command(_delete_quick_mode, ("name",)),
        "rule": Command(_delete_rule, _IDENTIFYING),
    },
}
