# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated Windows versions can do, as one table.

Sources: MS-GPIPSEC 2.2.1.x with its product endnotes, default objects of Active Directory, stores of Windows 10 and
11. No local store of Server 2003 was ever seen: where the table has to choose for it, it follows the objects of
Windows 2000 and of Active Directory, and says so.

[ledger: winrm-on-2003, netsh-exists-from-2003, data-2003-store]

[ledger: cs-schema]
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .services import StartType


class Frame(StrEnum):
    """The two forms of a filter list blob: A counts its count field and has a closing byte, B does neither."""

    A = "A"
    B = "B"


@dataclass(frozen=True, slots=True)
class WindowsVersion:
    """One version of Windows.

    `reference_root` is the text in front of `<class>{guid}` in references, without the hive. The key lengths and
    rounds are what the encoder writes into fields that no reader uses. `firewall_schema` is the version in front of the
    rule strings that it writes (MS-FASP 1.7), empty for the firewall of Server 2003, which has none.
    """

    name: str
    product: str
    build: str
    frame: Frame
    nfa_extensions: bool
    predefined_objects: bool
    v2_filters: bool
    certificate_flags: bool
    random_function: bool
    default_response_works: bool
    default_rule_active: bool
    lifetime_in_header: bool
    quick_mode_key_length: int
    quick_mode_rounds: int
    reference_root: str
    class_value: str
    guid_upper: bool
    policy_agent: tuple[StartType, bool]
    has_ikeext: bool
    firewall_schema: str
    server_type_filters: bool = True
    main_mode_key_length: int = 64
    main_mode_rounds: int = 8

    @property
    def schema(self) -> tuple[int, int]:
        """The version of its rule strings as numbers that compare; (0, 0) where there are none."""
        major, _dot, minor = self.firewall_schema.partition(".")
        return (int(major), int(minor)) if minor else (0, 0)

    @property
    def ver_text(self) -> str:
        """The line that the command `ver` prints (without the empty line around it)."""
        return f"Microsoft Windows [Version {self.build}]"


def _server_2003() -> WindowsVersion:
    # Reference spelling, value name and letter case of GUIDs: as in Windows 2000 exports (no 2003 store was seen).
    return WindowsVersion(
        name="2003",
        product="Microsoft Windows Server 2003",
        build="5.2.3790",
        frame=Frame.A,
        nfa_extensions=False,
        predefined_objects=True,
        v2_filters=False,
        certificate_flags=False,
        random_function=False,
        default_response_works=True,
        default_rule_active=True,
        lifetime_in_header=False,
        quick_mode_key_length=64,
        quick_mode_rounds=8,
        reference_root=r"SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local",
        class_value="ClassName",
        guid_upper=True,
        policy_agent=(StartType.AUTO, True),
        has_ikeext=False,
        firewall_schema="",
    )


def _modern(name: str, product: str, build: str, schema: str, *, agent_runs: bool = False) -> WindowsVersion:
    return WindowsVersion(
        name=name,
        product=product,
        build=build,
        frame=Frame.B,
        nfa_extensions=True,
        predefined_objects=False,
        v2_filters=True,
        certificate_flags=True,
        random_function=True,
        default_response_works=False,
        default_rule_active=False,
        lifetime_in_header=True,
        quick_mode_key_length=0,
        quick_mode_rounds=0,
        reference_root=r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local",
        class_value="className",
        guid_upper=False,
        policy_agent=(StartType.DEMAND, agent_runs),
        has_ikeext=True,
        firewall_schema=schema,
    )


VERSIONS: dict[str, WindowsVersion] = {
    each.name: each
    for each in (
        _server_2003(),
        _modern("2008R2", "Windows Server 2008 R2 Standard", "6.1.7601", "2.10", agent_runs=True),
        _modern("2012", "Windows Server 2012 Standard", "6.2.9200", "2.20"),
        _modern("2012R2", "Windows Server 2012 R2 Standard", "6.3.9600", "2.22"),
        _modern("2016", "Windows Server 2016 Standard", "10.0.14393", "2.26"),
        _modern("2019", "Windows Server 2019 Standard", "10.0.17763", "2.29"),
        _modern("2022", "Windows Server 2022 Standard", "10.0.20348", "2.31"),
        _modern("2025", "Windows Server 2025 Standard", "10.0.26100", "2.33"),
    )
}
