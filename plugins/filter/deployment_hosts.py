# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts of an inventory as the module deployment takes them, so that playbooks have no loops in templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..plugin_utils._actions.vault import filter_refusals
from ..plugin_utils._common.errors import IpsecError, hidden

# Variables of a host by the options of the module.
_VARIABLES = {
    "own_addresses": "ipsec_own_addresses",
    "translated_addresses": "ipsec_translated_addresses",
    "site": "ipsec_site",
    "keys_differ": "ipsec_keys_differ",
}


def deployment_hosts(hostvars: Any, names: Any, taking_part: Any, found: str = "ipsec_found") -> list[dict[str, Any]]:
    """Return a host for each of the names; ``found`` is the variable that has its answer of policies_info.

    Hosts that are not taking part are outside of the limit, and those without an answer did not answer.
    """
    with filter_refusals(names, taking_part):
        if not isinstance(names, Sequence) or isinstance(names, str):
            raise IpsecError("names", hidden(names), "a list of hosts", "Write groups.all.")
        return [_host(str(name), hostvars[name], taking_part, found) for name in names]


def _host(name: str, known: Mapping[str, Any], taking_part: Any, found: str) -> dict[str, Any]:
    addresses = known.get("ipsec_addresses") or known.get("ipsec_address") or []
    host: dict[str, Any] = {"name": name}
    host["addresses"] = [addresses] if isinstance(addresses, str) else list(addresses)
    host |= {option: known[variable] for option, variable in _VARIABLES.items() if known.get(variable) is not None}
    answer = known.get(found)
    if name not in taking_part:
        host["absent"] = "limit"
    elif isinstance(answer, Mapping) and "config" in answer:
        host["info"] = answer
    elif host["addresses"]:
        host["absent"] = "unreachable"
    return host


def deployment_ends(hostvars: Any, hosts: Any, found: str = "ipsec_found") -> list[dict[str, Any]]:
    """Return the hosts of a deployment as they are now, as the module flow_check takes them."""
    ends = []
    for name, mine in hosts.items():
        answer = hostvars[name][found]
        facts = answer["host"]
        services = facts.get("services") or {}
        ends.append(
            {
                "name": str(name),
                "addresses": list(mine["addresses"]),
                "version": facts["version"],
                "exemption_level": facts.get("exemption_level"),
                "services_running": _running(services, "PolicyAgent"),
                "key_exchange_running": _running(services, "IKEEXT"),
                "config": answer["config"] if _counts(facts) else {},
            }
        )
    return ends


def _running(services: Mapping[str, Any], name: str) -> bool:
    return bool((services.get(name) or {"running": True}).get("running"))


def _counts(facts: Mapping[str, Any]) -> bool:
    """Tell whether the local policy does anything."""
    return not facts.get("domain_policy") and facts.get("local_policy_counts") is not False


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {"deployment_hosts": deployment_hosts, "deployment_ends": deployment_ends}
