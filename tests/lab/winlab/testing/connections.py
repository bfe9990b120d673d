# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with connection security rules in force, written through netsh. For tests."""

from __future__ import annotations

from ..host import Host
from ..netsh.talk import talk

KEY = "auth1=computerpsk auth1psk=Secret-1"
GCM = "qmsecmethods=esp:aesgcm256-aesgcm256"


def type_in(host: Host, *lines: str) -> Host:
    """Type lines of `netsh advfirewall`, and return the host.

    :raises ValueError: when one of them is refused.
    """
    for line, answer in zip(lines, talk(host, *(f"advfirewall {line}" for line in lines)), strict=True):
        if not answer.endswith("k.\r\n\r\n") and not answer.endswith("K.\r\n\r\n"):
            raise ValueError(f"{line}: {answer.strip()}")
    return host


def in_connections(host: Host, *rules: str) -> Host:
    """Give the host connection security rules, and return the host.

    A rule is the words behind `consec add rule` of netsh; name and endpoints may be left off.
    """
    for number, rule in enumerate(rules):
        words = [f"name=C{number}"] if "name=" not in rule else []
        words += [f"endpoint{end}=any" for end in (1, 2) if f"endpoint{end}=" not in rule]
        type_in(host, f"consec add rule {' '.join(words)} {rule}")
    return host
