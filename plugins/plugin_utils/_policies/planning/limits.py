# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Windows version cannot do, refused or remarked on before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..._common.errors import IpsecError
from ..._common.packets import Address, AddressRange, family, format_address
from ..._windows.versions import WindowsVersion
from ..model import Authentication, Certificate, Store
from . import operations as op


def check_operations(operations: Iterable[op.Operation], version: WindowsVersion) -> None:
    """Raise :class:`IpsecError` for the first operation that a host of this version cannot carry out."""
    if not version.has_legacy_netsh:
        expected = "Windows Server 2003 or later"
        raise IpsecError("host", version.name, expected, "This version has no netsh ipsec: leave it out.")
    for item in operations:
        for path, value, expected in _impossible(item, version):
            raise IpsecError(path, value, f"{expected} on {version.name}", "Give hosts of that version another value.")


def _impossible(item: op.Operation, version: WindowsVersion) -> Iterator[tuple[str, object, str]]:
    if isinstance(item, op.AddFilter):
        path = f"filter_lists[{item.filter_list!r}].filters[]"
        for side, address in (("source", item.filter.source), ("destination", item.filter.destination)):
            yield from _impossible_address(f"{path}.{side}", address, version)
    if isinstance(item, (op.AddRule, op.ChangeRule)):
        path = f"policies[{item.policy!r}].rules[{item.rule.name!r}]"
        endpoint = item.rule.tunnel_endpoint
        if endpoint is not None and endpoint.version == 6 and not version.ranges_and_ipv6:
            yield f"{path}.tunnel_endpoint", str(endpoint), "an IPv4 address"
        yield from _impossible_authentication(f"{path}.authentication", item.rule.authentication, version)
    if isinstance(item, op.ChangeDefaultResponse):
        path = f"policies[{item.policy!r}].default_response.authentication"
        yield from _impossible_authentication(path, item.response.authentication, version)


def _impossible_address(path: str, address: Address, version: WindowsVersion) -> Iterator[tuple[str, object, str]]:
    shown = format_address(address)
    if not version.ranges_and_ipv6:
        if family(address) == 6:
            yield path, shown, "an IPv4 address"
        elif isinstance(address, AddressRange):
            yield path, shown, "single addresses or subnets instead of a range"


def _impossible_authentication(
    path: str, methods: tuple[Authentication, ...], version: WindowsVersion
) -> Iterator[tuple[str, object, str]]:
    for method in methods:
        options = isinstance(method, Certificate) and (method.map_to_account or method.exclude_authority_name)
        if options and not version.certificate_options:
            yield path, "map_to_account or exclude_authority_name", "neither of these options"


def remarks(wanted: Store, version: WindowsVersion) -> list[str]:
    """Return sentences about settings that the host will store and not obey."""
    found = wanted.assigned
    if version.default_response_works or found is None:
        return []
    for policy in wanted.policies:
        if policy.name == found and not policy.rules and policy.default_response.enabled:
            return [
                f"policies[{policy.name!r}] has only the default response rule, which {version.name} ignores: "
                "in force it does nothing. Add a rule that answers the peers."
            ]
    return []
