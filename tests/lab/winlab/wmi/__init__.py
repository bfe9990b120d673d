# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Management classes of a simulated host: what Get-CimInstance and wmic can ask for.

Names of classes and properties are those of Microsoft's reference and of published class definitions. Properties that
the reference calls ignored are there and hold nothing.

[ledger: sa-properties-exist, sa-ignored-properties]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..host import Host
from . import associations, clock, counters

Row = Mapping[str, object]
"""Values by property: integers, texts, truth values. A property that is not in it holds nothing."""

CIMV2, STANDARD = "root/cimv2", "root/standardcimv2"


@dataclass(frozen=True, slots=True)
class ManagementClass:
    """One class: where it lives, its properties as they are spelled, and its objects on a host."""

    name: str
    namespace: str
    properties: tuple[str, ...]
    rows: Callable[[Host], list[Row]]
    exists: Callable[[Host], bool]

    def property_named(self, name: str) -> str | None:
        """Return a property as the class spells it, None if there is none of this name."""
        return next((each for each in self.properties if each.lower() == name.lower()), None)


def has_cim_cmdlets(host: Host) -> bool:
    """Tell whether PowerShell knows Get-CimInstance and the classes of the firewall: from Windows 6.2 on.

    [ledger: sa-classes-exist]
    """
    major, minor, _build = (int(number) for number in host.version.build.split("."))
    return (major, minor) >= (6, 2)


_CLASSES = (
    ManagementClass(
        "MSFT_NetMainModeSA", STANDARD, associations.MAIN_MODE, associations.main_mode, exists=has_cim_cmdlets
    ),
    ManagementClass(
        "MSFT_NetQuickModeSA", STANDARD, associations.QUICK_MODE, associations.quick_mode, exists=has_cim_cmdlets
    ),
    ManagementClass(
        "Win32_PerfRawData_Counters_IPsecDriver",
        CIMV2,
        counters.DRIVER,
        counters.driver,
        exists=lambda host: host.version.has_ikeext,
    ),
    ManagementClass(
        "Win32_PerfRawData_Counters_IPsecIKEv1IPv4",
        CIMV2,
        counters.KEYING,
        counters.keying,
        exists=lambda host: host.version.has_ikeext,
    ),
    ManagementClass("Win32_UTCTime", CIMV2, clock.TIME, clock.utc, exists=lambda _host: True),
    ManagementClass("Win32_LocalTime", CIMV2, clock.TIME, clock.utc, exists=lambda _host: True),
)


def find(host: Host, namespace: str, name: str) -> ManagementClass | None:
    """Return a class of a namespace, written with either slash and in any case; None if the host does not have it."""
    place = namespace.lower().replace("\\", "/").strip("/")
    found = (each for each in _CLASSES if each.name.lower() == name.lower() and each.namespace == place)
    return next((each for each in found if each.exists(host)), None)
