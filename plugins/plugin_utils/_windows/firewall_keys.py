# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a firewall keeps its state in the registry: its own keys and those of its group policy (MS-GPFAS 2.2).

[ledger: fw-keys-local, cs-keys-local]
"""

from __future__ import annotations

from collections.abc import Iterable

from .registry.query import Keys
from .rule_string import Profile

POLICY_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
POLICIES_KEY = r"HKLM\SOFTWARE\Policies\Microsoft"
GROUP_KEY = rf"{POLICIES_KEY}\WindowsFirewall"

LOCAL_PROFILES = {
    Profile.DOMAIN: rf"{POLICY_KEY}\DomainProfile",
    Profile.PRIVATE: rf"{POLICY_KEY}\StandardProfile",
    Profile.PUBLIC: rf"{POLICY_KEY}\PublicProfile",
}
# MS-GPFAS 2.2.3: the key StandardProfile is of the firewall before Vista and stands for both other profiles.
# [ledger: fw-standard-profile]
GROUP_PROFILES = {
    Profile.DOMAIN: (rf"{GROUP_KEY}\DomainProfile",),
    Profile.PRIVATE: (rf"{GROUP_KEY}\PrivateProfile", rf"{GROUP_KEY}\StandardProfile"),
    Profile.PUBLIC: (rf"{GROUP_KEY}\PublicProfile", rf"{GROUP_KEY}\StandardProfile"),
}


def setting(keys: Keys | None, paths: Iterable[str], name: str) -> int | None:
    """Return the number of the first of these keys that has the value, None where none has it."""
    for path in paths:
        value = keys[path].value(name) if keys is not None and path in keys else None
        if value is not None and isinstance(value.data, int):
            return value.data
    return None
