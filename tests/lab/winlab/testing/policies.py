# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with a policy in force, set up the way an administrator would: through netsh. For tests."""

from __future__ import annotations

from ..host import Host
from ..netsh.talk import static
from ..services import ALREADY_RUNNING, SUCCESS, start

POLICY = "P"


def machine(name: str, *addresses: str, version: str = "2016") -> Host:
    """Return a host whose IPsec services run and that has no policy."""
    host = Host.create(name, version, addresses=addresses)
    for service in ("PolicyAgent", "IKEEXT") if host.version.has_ikeext else ("PolicyAgent",):
        if start(host, service) not in (SUCCESS, ALREADY_RUNNING):
            raise ValueError(f"{service} of {name} does not start")
    return host


def type_in(host: Host, *lines: str) -> None:
    """Type lines of `netsh ipsec static`.

    :raises ValueError: when one of them is answered, which means refused.
    """
    for line, answer in zip(lines, static(host, *lines), strict=True):
        if answer:
            raise ValueError(f"{line}: {answer.strip()}")


def in_policy(host: Host, *rules: tuple[str, str] | tuple[str, str, str], settings: str = "") -> Host:
    """Give the host a policy with these rules, put it in force, and return the host.

    A rule is (filter, filter action) or (filter, filter action, more about the rule), each the words behind
    `add filter`, `add filteraction` and `add rule` of netsh. `settings` go behind `add policy`.
    """
    type_in(host, f"add policy {POLICY} {settings}")
    for number, (one, action, *more) in enumerate(rules):
        type_in(
            host,
            f"add filter L{number} {one}",
            f"add filteraction A{number} {action}",
            f"add rule name=R{number} policy={POLICY} filterlist=L{number} filteraction=A{number} {' '.join(more)}",
        )
    type_in(host, f"set policy {POLICY} assign=y")
    return host
