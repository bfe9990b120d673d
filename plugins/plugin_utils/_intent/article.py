# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The article's two groups as flows: Exchange front-ends talk to back-ends, which answer only."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .model import Article
from .read import ARTICLE_OPTIONS, DEFAULT_AUTHENTICATION, DEFAULT_METHODS

Data = Mapping[str, object]

FRONT_ENDS, BACK_ENDS = "exchange_frontends", "exchange_backends"
FLOW_NAME = "Exchange"
_DEFAULT_PORTS = [80]
# What both ends have in common, by the option of the flow: its own variable, and what the roles call it.
_SHARED = {
    "authentication": ("ipsec_authentication", "frontend_authentication", "backend_authentication"),
    "security_methods": ("ipsec_security_methods", "frontend_security_methods", "backend_security_methods"),
}
# Other variables of the roles, and what to set instead.
_RENAMED = {
    "frontend_backends": "ipsec_same_site, and ipsec_site for each host",
    "backend_frontends": "ipsec_same_site, and ipsec_site for each host",
    "frontend_ports": "ipsec_ports",
    "backend_ports": "ipsec_ports",
    "frontend_stage": "ipsec_level",
    "frontend_confirm_timeout": "ipsec_confirm_timeout",
    "backend_confirm_timeout": "ipsec_confirm_timeout",
}


@dataclass
class _Inventory:
    """The variables of the hosts of the two groups, and what is wrong with them: sentences."""

    hosts: Mapping[str, Data]
    front_ends: Sequence[str]
    back_ends: Sequence[str]
    refusals: list[str] = field(default_factory=list)

    @property
    def both(self) -> list[str]:
        """The hosts of both groups, each once."""
        return list(dict.fromkeys((*self.back_ends, *self.front_ends)))

    def concerned(self, variable: str) -> Sequence[str]:
        """Return the hosts whose value of a variable counts."""
        if variable.startswith("frontend_"):
            return self.front_ends
        return self.back_ends if variable.startswith("backend_") else self.both

    def value(self, variable: str, default: object = None) -> object:
        """Return what all hosts have that a variable concerns, else the default; differences are refused."""
        found: object = None
        first = ""
        for name in self.concerned(variable):
            mine = _whole(self.hosts[name].get(variable))
            mine = default if mine is None else mine
            if first and mine != found:
                self.refusals.append(
                    f"{first} and {name} do not have the same {variable}. Give all of them one value, or use the "
                    "playbook protect with a flow for each."
                )
                break
            found, first = mine, name
        return found


def article_intent(hosts: Mapping[str, Data], groups: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return ``flows``, ``article`` and ``hosts`` as the module deployment has them, with ``refusals``: sentences.

    ``hosts`` are the variables of all hosts of the two groups, by their names.
    """
    empty = [name for name in (FRONT_ENDS, BACK_ENDS) if not groups.get(name)]
    if empty:
        return {"refusals": [_no_group(name, groups) for name in empty], "flows": [], "article": {}, "hosts": []}
    known = _Inventory(hosts, groups[FRONT_ENDS], groups[BACK_ENDS])
    known.refusals += _renamed(known)
    default = Article()
    flow: dict[str, object] = {
        "name": FLOW_NAME,
        "from": FRONT_ENDS,
        "to": BACK_ENDS,
        "ports": known.value("ipsec_ports", _DEFAULT_PORTS),
        "level": known.value("ipsec_level", "require"),
        "same_site": known.value("ipsec_same_site", False),
        "authentication": _shared(known, "authentication", DEFAULT_AUTHENTICATION),
        "security_methods": _shared(known, "security_methods", DEFAULT_METHODS),
    }
    article = {option: known.value(option, getattr(default, option)) for option in ARTICLE_OPTIONS}
    return {"refusals": known.refusals, "flows": [flow], "article": article, "hosts": known.both}


def _whole(value: object) -> object:
    """Return a value with all that is in it: Ansible works templates out when they are asked for."""
    if isinstance(value, Mapping):
        return {str(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, (list, tuple)) else value


def _no_group(name: str, groups: Mapping[str, Sequence[str]]) -> str:
    others = sorted(set(groups) - {"all", "ungrouped", FRONT_ENDS, BACK_ENDS})
    near = difflib.get_close_matches(name, others, n=1)
    hint = f" Did you mean {near[0]} to be it?" if near else ""
    return f"The inventory has no host in the group {name}.{hint} Its other groups are: {', '.join(others) or 'none'}."


def _renamed(known: _Inventory) -> Iterator[str]:
    """Yield a refusal for each variable of the roles that would not count."""
    for variable, instead in _RENAMED.items():
        names = [name for name in known.concerned(variable) if known.hosts[name].get(variable) is not None]
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            yield f"{variable} is set for {names[0]}{more}, and counts for the role alone. Set {instead} instead."


def _shared(known: _Inventory, option: str, default: object) -> object:
    """Return what the two ends have in common, whichever of the variables says it."""
    given = {variable: found for variable in _SHARED[option] if (found := known.value(variable)) is not None}
    first, *others = given or ("",)
    for other in others:
        if given[other] != given[first]:
            known.refusals.append(
                f"{first} and {other} differ, and two hosts have one list for each other. Set "
                f"{_SHARED[option][0]} alone, for all hosts."
            )
    return given.get(first, default)
