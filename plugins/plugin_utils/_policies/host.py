# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host told about itself: version, services, policies and which of them win.

[ledger: oem-page-in-registry, host-administrator-may]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from .._common.errors import StoreError
from .._windows import addresses
from .._windows.queries import CODE_PAGE_QUESTION, Questions, Section
from .._windows.registry.query import Keys, lists_key, parse_answer
from .._windows.services import AGENT, KEY_EXCHANGE, SERVICES_KEY, Service, read_number, read_service
from .._windows.timer import TIMER
from .._windows.versions import WindowsVersion, parse_ver
from .model import Store
from .store import read_store
from .store.objects import is_there
from .store.read import LOCAL_STORE

POLICIES_KEY = r"HKLM\SOFTWARE\Policies\Microsoft"
WINDOWS_KEY = rf"{POLICIES_KEY}\Windows"
IPSEC_KEY = rf"{WINDOWS_KEY}\IPSec"

# No path holds a blank, so that none needs quotes.
QUESTIONS = Questions(
    {
        "version": "ver",
        **CODE_PAGE_QUESTION,
        "ipsec": f"reg.exe query {IPSEC_KEY} /s",
        "windows": f"reg.exe query {WINDOWS_KEY}",
        "policies": f"reg.exe query {POLICIES_KEY}",
        "agent": "sc.exe query PolicyAgent",
        "agent_start": rf"reg.exe query {SERVICES_KEY}\PolicyAgent /v Start",
        "ike": "sc.exe query IKEEXT",
        "ike_start": rf"reg.exe query {SERVICES_KEY}\IKEEXT /v Start",
        "timer": f"schtasks.exe /query /tn {TIMER}",
        "exempt_agent": rf"reg.exe query {SERVICES_KEY}\PolicyAgent /v NoDefaultExempt",
        "exempt_driver": rf"reg.exe query {SERVICES_KEY}\IPSec /v NoDefaultExempt",
        "merge": rf"reg.exe query {POLICIES_KEY}\WindowsFirewall\DomainProfile /v AllowLocalIPsecPolicyMerge",
        **addresses.QUESTIONS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host as it was read. ``services`` holds PolicyAgent, and IKEEXT where it exists.

    ``timer`` tells whether the task that would take an unconfirmed change back is there, ``exemption_level`` is the
    value NoDefaultExempt (None for the default of the version), ``local_policy_counts`` whether the domain lets local
    policies work at all (AllowLocalIPsecPolicyMerge). ``own`` are its IPv4 addresses, None where they are not known.

    [ledger: force-local-merge-off, host-schtasks-query]
    """

    version: WindowsVersion
    store: Store
    services: Mapping[str, Service]
    domain_policy: str | None
    timer: bool = False
    exemption_level: int | None = None
    local_policy_counts: bool = True
    own: tuple[IPv4Address, ...] | None = None

    @property
    def agent_running(self) -> bool:
        """Whether the policy agent works; without it no policy acts on packets."""
        return self.services[AGENT].running

    def to_data(self) -> dict[str, object]:
        """Return the facts about the host, without its policies, as plain data."""
        return {
            "version": str(self.version),
            "product": self.version.name,
            "default_response_works": self.version.default_response_works,
            "services": {
                name: {"running": service.running, "automatic": service.automatic}
                for name, service in self.services.items()
            },
            "domain_policy": self.domain_policy or "",
            "local_policy_counts": self.local_policy_counts,
            "exemption_level": self.exemption_level,
            "unconfirmed": self.timer,
            "own_addresses": None if self.own is None else [str(one) for one in self.own],
        }


def read_host(sections: Mapping[str, Section]) -> Host:
    """Return the host that the answers to ``QUESTIONS`` describe.

    Raises :class:`StoreError` when a section is neither an answer nor proof that there is nothing to tell.
    """
    version = parse_ver(sections["version"].text)
    # In the order in which they are started: an agent without key exchange would hold every packet that negotiates.
    # [ledger: force-no-ikeext-holds]
    services = (
        {KEY_EXCHANGE: read_service(KEY_EXCHANGE, sections["ike"], sections["ike_start"])} if version.ikeext else {}
    )
    services[AGENT] = read_service(AGENT, sections["agent"], sections["agent_start"])
    keys = _ipsec_keys(sections)
    return Host(
        version=version,
        store=_local_store(keys, version),
        services=services,
        domain_policy=_domain_policy(keys),
        timer=sections["timer"].code == 0,
        # From Vista on the filtering is the agent's, before that the driver's (KB 811832).
        # [ledger: host-exempt-value]
        exemption_level=read_number(sections["exempt_agent" if version.ikeext else "exempt_driver"], "NoDefaultExempt"),
        local_policy_counts=read_number(sections["merge"], "AllowLocalIPsecPolicyMerge") != 0,
        own=addresses.read_addresses(sections),
    )


def _ipsec_keys(sections: Mapping[str, Section]) -> Keys | None:
    """Return the keys below IPSec, None when the parent keys prove that there are none. [ledger: reg-error-code]"""
    if sections["ipsec"].code == 0:
        return parse_answer(sections["ipsec"].text)
    for name, child in (("windows", IPSEC_KEY), ("policies", WINDOWS_KEY)):
        section = sections[name]
        if section.code == 0:
            if not lists_key(section.text, child):
                return None
            break
    expected = f"what is below {IPSEC_KEY}, or proof that there is no such key"
    raise StoreError("policy store", "not readable", expected, "Connect as an administrator of the host.")


def _local_store(keys: Keys | None, version: WindowsVersion) -> Store:
    """Return the local store of a host whose whole key IPSec was read; ``keys`` is None when there is no such key.

    A host may have no local store at all, only a policy of the domain. From Vista on that is an empty store.

    [ledger: store-local-root, force-missing-store-2003, force-missing-store-vista]
    """
    if keys is not None and is_there(keys, LOCAL_STORE):
        return read_store(keys)
    if version.blocks_without_local_store:
        expected = (
            f"the key {LOCAL_STORE}, without which the IPsec driver of this version goes into block mode and cuts the "
            "host off (KB 912023)"
        )
        remedy = "Make the store anew as KB 912023 says, with the command regsvr32 polstore.dll on the host."
        raise StoreError("policy store", "missing", expected, remedy)
    return Store()


def _domain_policy(keys: Keys | None) -> str | None:
    """Return the name of the policy that the domain assigns; its path when it has no name, None for none.

    [ledger: force-domain-values, force-domain-when-none]
    """
    for key in keys.values() if keys is not None else ():
        if key.name.casefold() == "gptipsecpolicy":
            for name in ("DSIPSECPolicyName", "DSIPSECPolicyPath"):
                value = key.value(name)
                if value is not None and isinstance(value.data, str) and value.data:
                    return value.data
    return None
