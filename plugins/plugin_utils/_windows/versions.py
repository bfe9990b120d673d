# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows versions and what their IPsec policy can do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._common.errors import IpsecError, StoreError
from .._common.traits import Traits

# Servers by build. Client releases share some of the numbers; a build that is not listed gets no name.
_NAMES = {
    3790: "Windows Server 2003",
    6001: "Windows Server 2008",
    6002: "Windows Server 2008",
    6003: "Windows Server 2008",
    7600: "Windows Server 2008 R2",
    7601: "Windows Server 2008 R2",
    9200: "Windows Server 2012",
    9600: "Windows Server 2012 R2",
    14393: "Windows Server 2016",
    17763: "Windows Server 2019",
    20348: "Windows Server 2022",
    26100: "Windows Server 2025",
}
_FIRST_NUMBERS = {3790: (5, 2), 6003: (6, 0), 7601: (6, 1), 9200: (6, 2), 9600: (6, 3)}
_SERVER_2003 = (5, 2)
_VISTA = (6, 0)
_WINDOWS_8 = (6, 2)
# "Microsoft Windows [Version 10.0.14393]"; the words are localised, and some releases print none in the brackets.
# [ledger: ver-has-numbers, host-version-of-2016]
_BRACKETS = re.compile(r"\[[^\[\]\d]*(\d{1,3})\.(\d{1,3})\.(\d{1,9})(?:\.\d+)?[^\[\]\d]*\]")


@dataclass(frozen=True, slots=True, order=True)
class WindowsVersion:
    """A version as ``ver`` prints it."""

    major: int
    minor: int
    build: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}"

    @property
    def name(self) -> str:
        """The server product of this build; the bare numbers for a build that is not a listed server's.

        Windows Server 2003 R2 has the build of Windows Server 2003, client releases have those of their server.
        """
        return _NAMES.get(self.build, f"Windows NT {self.major}.{self.minor} build {self.build}")

    def _from(self, first: tuple[int, int]) -> bool:
        return (self.major, self.minor) >= first

    @property
    def has_legacy_netsh(self) -> bool:
        """Whether ``netsh ipsec`` exists: from Server 2003 (5.2) on (netsh documentation, cc739550).

        [ledger: netsh-exists-from-2003]
        """
        return self._from(_SERVER_2003)

    @property
    def default_response_works(self) -> bool:
        """Whether the default response rule answers: before Vista; later it is stored and ignored (netsh help).

        [ledger: force-default-response-vista]
        """
        return not self._from(_VISTA)

    @property
    def traits(self) -> Traits:
        """What of the version decides how policies are applied to packets.

        The exemption level is 0 by default up to Windows XP, 3 from Server 2003 on (KB 810207, KB 811832).

        [ledger: host-exempt-defaults]
        """
        return Traits(
            exemption_level=3 if self._from(_SERVER_2003) else 0,
            ranges_and_ipv6=self.ranges_and_ipv6,
            key_exchange_service=self.ikeext,
            default_response_works=self.default_response_works,
        )

    @property
    def blocks_without_local_store(self) -> bool:
        """Whether the driver blocks everything while the local store has no key: before Vista (KB 912023).

        [ledger: force-missing-store-2003]
        """
        return not self._from(_VISTA)

    @property
    def ranges_and_ipv6(self) -> bool:
        """Whether filters may have address ranges and IPv6: from Vista on (MS-GPIPSEC notes 8, 18-19, 23-29).

        [ledger: data-filter-v2]
        """
        return self._from(_VISTA)

    @property
    def certificate_options(self) -> bool:
        """Whether rules store account mapping and exclusion of the authority: from Vista (MS-GPIPSEC notes 9-17).

        [ledger: data-certificate-flags]
        """
        return self._from(_VISTA)

    @property
    def large_messages(self) -> bool:
        """Whether WinRM takes messages of 500 KB as installed: from Server 2012 on, 150 KB before (MS-WSMV).

        [ledger: winrm-envelope-old]
        """
        return self._from(_WINDOWS_8)

    @property
    def ikeext(self) -> bool:
        """Whether IKE is a service of its own, IKEEXT, beside PolicyAgent: from Vista on (output of ``sc``).

        [ledger: host-ikeext]
        """
        return self._from(_VISTA)

    @property
    def association_classes(self) -> bool:
        """Whether management classes show associations: from Windows 8 and Server 2012 on (MSFT_NetQuickModeSA).

        [ledger: sa-classes-exist]
        """
        return self._from(_WINDOWS_8)

    @property
    def association_events(self) -> bool:
        """Whether the security log can tell of associations: from Vista on (Microsoft-Windows-Security-Auditing)."""
        return self._from(_VISTA)


def parse_version(text: str, path: str) -> WindowsVersion:
    """Return a version by its server product ("2003", "2008 R2") or its numbers ("10.0.26100").

    Of several builds of a product it is the last. Raises IpsecError with the path for anything else.
    """
    word = " ".join(text.upper().replace("R2", " R2").split()).removeprefix("WINDOWS ").removeprefix("SERVER ")
    builds = [build for build, name in _NAMES.items() if name.upper() == f"WINDOWS SERVER {word}"]
    if builds:
        build = max(builds)
        return WindowsVersion(*_FIRST_NUMBERS.get(build, (10, 0)), build)
    numbers = re.fullmatch(r"(\d{1,3})\.(\d{1,3})\.(\d{1,9})(?:\.\d+)?", text.strip(), re.ASCII)
    if numbers is None:
        products = ", ".join(dict.fromkeys(name.removeprefix("Windows Server ") for name in _NAMES.values()))
        raise IpsecError(path, text, f"one of {products}, or numbers such as 10.0.26100", "Correct the version.")
    return WindowsVersion(*(int(number) for number in numbers.groups()))


def parse_ver(text: str) -> WindowsVersion:
    """Return the version in the output of ``ver``, whatever the words around it; raise StoreError without one."""
    match = _BRACKETS.search(text)
    if not match:
        raise StoreError(
            "ver", text.strip(), "three numbers in brackets, as in [Version 6.1.7601]", "Is the host Windows?"
        )
    return WindowsVersion(*(int(part) for part in match.groups()))
