# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command table of `netsh ipsec static`."""

from __future__ import annotations

from ..store.errors import Code, StoreError
from . import commands, values
from . import static_filters as filters
from . import static_policies as policies
from . import static_show as show
from .commands import Command, Table
from .context import Process
from .words import Given, Word, pick


def _set_store(process: Process, given: Given) -> None:
    """Choose the store for this process. `persistent` is known from Server 2003, but the lab has no such store.

    [ledger: force-persistent-store]
    """
    value = values.require(given, "location")
    location = pick(value, ("local", "domain", "persistent"))
    if location is None:
        raise values.bad("location", value)
    process.location = location


def _set_batch(_process: Process, given: Given) -> None:
    """Accept batch mode; it changes nothing that can be seen. [ledger: netsh-batch-mode]"""
    value = values.require(given, "mode")
    if pick(value, ("enable", "disable")) is None:
        raise values.bad("mode", value)


def _files(_process: Process, given: Given) -> None:
    """Refuse files: their format is not known."""
    values.require(given, "file")
    raise StoreError(Code.NO_FILES)


def _dump(_process: Process, _given: Given) -> None:
    """Print nothing, as was reported of current versions."""


_RENAME = ("name", "newname", "description")

COMMANDS: Table = {
    "add": {
        "filter": Command(filters.add_filter, filters.FILTER_TAGS),
        "filteraction": Command(filters.add_filter_action, filters.ACTION_TAGS),
        "filterlist": Command(filters.add_filter_list, ("name", "description")),
        "policy": Command(policies.add_policy, policies.POLICY_TAGS),
        "rule": Command(policies.add_rule, policies.RULE_TAGS),
    },
    "delete": {
        "all": Command(policies.delete_everything),
        "filter": Command(filters.delete_filter, tuple(tag for tag in filters.FILTER_TAGS if tag != "description")),
        "filteraction": Command(filters.delete_filter_action, ("name",)),
        "filterlist": Command(filters.delete_filter_list, ("name",)),
        "policy": Command(policies.delete_policy, ("name",)),
        "rule": Command(policies.delete_rule, ("name", "policy", "id")),
    },
    "set": {
        "batch": Command(_set_batch, ("mode",)),
        "defaultrule": Command(policies.set_default_rule, policies.DEFAULT_RULE_TAGS),
        "filteraction": Command(filters.set_filter_action, (*_RENAME, *filters.ACTION_TAGS[2:], "guid")),
        "filterlist": Command(filters.set_filter_list, (*_RENAME, "guid")),
        "policy": Command(policies.set_policy, (*_RENAME, *policies.POLICY_TAGS[2:], "gponame", "guid")),
        "rule": Command(policies.set_rule, policies.SET_RULE_TAGS),
        "store": Command(_set_store, ("location", "domain")),
    },
    "show": {
        "all": Command(show.show_all, show.ALL_TAGS),
        "filteraction": Command(show.show_filter_action, show.ACTION_TAGS),
        "filterlist": Command(show.show_filter_list, show.LIST_TAGS),
        "gpoassignedpolicy": Command(show.show_gpo_assigned_policy, ("name",)),
        "policy": Command(show.show_policy, show.NAMED_TAGS),
        "rule": Command(show.show_rule, show.RULE_TAGS),
        "store": Command(show.show_store),
    },
    "exportpolicy": {"": Command(_files, ("file",))},
    "importpolicy": {"": Command(_files, ("file",))},
    "dump": {"": Command(_dump)},
}


def knows(words: list[Word]) -> bool:
    """Tell whether the words begin with a command of this context, even one that is not complete."""
    return commands.knows(words, COMMANDS)


def run(process: Process, words: list[Word]) -> int:
    """Run a command that `knows` accepted; returns the exit code that a one-shot netsh would have."""
    return commands.run(process, words, COMMANDS)
