# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change did to the rules and settings that it is about, before and after, as a document."""

from __future__ import annotations

from typing import Any

from .definitions import RULE_KINDS, MainMode
from .options import write_definition
from .stock import Held, Inventory, Key
from .suites import write_main_mode
from .wanted import Wanted

Data = dict[str, Any]


def changed_rules(wanted: Wanted, after: Inventory) -> Data:
    """Return the documents of the rules that a task names or removes, as they were and as they are."""
    keys = (*wanted.rules, *wanted.gone)
    return {"before": document_of(wanted.before, keys, wanted), "after": document_of(after, keys, wanted)}


def document_of(inventory: Inventory, keys: tuple[Key, ...], wanted: Wanted) -> Data:
    """Return a document with the rules of these names, and with those settings that a task changes."""
    document: Data = {
        kind.value: [_shown(each) for key in keys if key[0] is kind for each in inventory.held.get(key, ())]
        for kind in RULE_KINDS
    }
    if wanted.main_mode_options or wanted.settings:
        document["defaults"] = {
            "main_mode": write_main_mode(inventory.main_mode or MainMode()),
            "settings": {
                setting.name: _plain(getattr(inventory.settings, setting.name)) for setting, _value in wanted.settings
            },
        }
    return document


def _shown(held: Held) -> Data:
    if held.definition is None:
        return {"name": held.name, "unmanaged": list(held.reasons)}
    return write_definition(held.kind, held.definition)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
