# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the inventory can be right: what hosts say of themselves, and what they must not share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .ends import Ends
from .model import Absence, Host, IpAddress

_MOST_NAMED = 5


def check_inventory(ends: Ends) -> tuple[list[str], list[str]]:
    """Return refusals and warnings about the hosts that flows name, as sentences."""
    used = _used(ends)
    refusals = [*_shared(used), *_absent(ends, used), *_roles(ends)]
    present = [host for host in used if host.present]
    owners = {address: host.name for host in present for address in host.own or ()}
    warnings: list[str] = [*_taken(present)]
    for host in present:
        if not host.addresses:
            refusals.append(f"{host.name} has no address. Set ipsec_addresses for it: where its peers reach it.")
        if host.store is None:
            refusals.append(f"What {host.name} has was not read. Run policies_info on it first.")
        refusals += [*_mistyped(host, owners), *_needless(host)]
        warnings += _beside(host)
    return refusals, [*warnings, *_unknown(present)]


def _used(ends: Ends) -> list[Host]:
    found = {id(end): end for way in ends.ways for end in (way.source, way.destination) if isinstance(end, Host)}
    return sorted(found.values(), key=lambda host: host.name)


def _shared(hosts: Iterable[Host]) -> Iterator[str]:
    """Yield a refusal for each address that two hosts have."""
    owners: dict[IpAddress, str] = {}
    for host in hosts:
        for address in host.addresses:
            if address in owners:
                yield f"{owners[address]} and {host.name} have one address in the inventory, {address}. Correct one."
            owners.setdefault(address, host.name)


def _absent(ends: Ends, hosts: list[Host]) -> Iterator[str]:
    lost = [host.name for host in hosts if host.absent is Absence.UNREACHABLE]
    switches = ends.intent.switches
    if lost and not (switches.skip_unreachable or switches.only_look):
        yield (
            f"No answer from {', '.join(lost)}. Nothing was changed. Bring them back, or set ipsec_skip_unreachable to "
            "do the rest without them."
        )
    if hosts and not any(host.present for host in hosts):
        yield "None of the hosts that flows name takes part in this run, so there is nothing to do."


def _roles(ends: Ends) -> Iterator[str]:
    """Yield a refusal for each host that is both ends where the two ends have policies of different names."""
    if ends.intent.article is None:
        return
    for name in sorted(ends.asking & ends.answering):
        yield (
            f"{name} is in both groups, and one policy is in force on a host. Take it out of one of them; the playbook "
            "protect is for hosts that are both ends."
        )


def _mistyped(host: Host, owners: Mapping[IpAddress, str]) -> Iterator[str]:
    """Yield a refusal for each address that the host could have told and does not have, by its registry."""
    for address in host.addresses:
        if host.own is None or address.version not in host.own_families or address in (*host.own, *host.translated):
            continue
        own = ", ".join(map(str, host.own)) or "none"
        other = f" {owners[address]} has that one." if address in owners else ""
        yield (
            f"{host.name} has no address {address} (it has {own}).{other} Correct ipsec_addresses, or name it in "
            f"ipsec_translated_addresses of {host.name} if something on the way translates it."
        )


def _needless(host: Host) -> Iterator[str]:
    for address in host.translated:
        if address not in host.addresses:
            yield (
                f"ipsec_translated_addresses of {host.name} has {address}, which is not in its ipsec_addresses. Put it "
                "there too, or take it out."
            )


def _taken(hosts: Iterable[Host]) -> Iterator[str]:
    """Yield a warning for each address of the inventory that another host has as well."""
    hosts = list(hosts)
    named = {address: host.name for host in hosts for address in host.addresses}
    for host in hosts:
        for address in host.own or ():
            owner = named.get(address, host.name)
            if owner != host.name:
                yield f"{host.name} also has {address}, which is the address of {owner} in the inventory."


def _unknown(hosts: Iterable[Host]) -> Iterator[str]:
    """Yield a warning that names the addresses which could not be compared."""
    untold = [
        f"{address} of {host.name}"
        for host in hosts
        for address in host.addresses
        if address not in host.translated and (host.own is None or address.version not in host.own_families)
    ]
    if untold:
        more = f" and {len(untold) - _MOST_NAMED} more" if len(untold) > _MOST_NAMED else ""
        yield (
            f"Not known, and taken from the inventory alone, is whether these are right: "
            f"{', '.join(untold[:_MOST_NAMED])}{more}."
        )


def _beside(host: Host) -> Iterator[str]:
    """Yield a warning for addresses of the host that no peer would protect."""
    others = [
        address
        for address in host.own or ()
        if address not in host.addresses and not address.is_loopback and not address.is_link_local
    ]
    if others:
        yield (
            f"{host.name} also has {', '.join(map(str, others))}, which is not in ipsec_addresses: peers that use "
            "such an address talk to it in clear."
        )
