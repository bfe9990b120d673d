# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows versions from the output of ``ver``, and what each can do."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion, parse_ver


@pytest.mark.parametrize(
    ("text", "version", "name"),
    [
        ("\r\nMicrosoft Windows [Version 5.2.3790]\r\n", (5, 2, 3790), "Windows Server 2003"),
        ("Microsoft Windows [Version 6.0.6002]", (6, 0, 6002), "Windows Server 2008"),
        ("Microsoft Windows [Version 6.1.7601]", (6, 1, 7601), "Windows Server 2008 R2"),
        ("Microsoft Windows [Version 6.2.9200]", (6, 2, 9200), "Windows Server 2012"),
        ("Microsoft Windows [Version 6.3.9600]", (6, 3, 9600), "Windows Server 2012 R2"),
        ("Microsoft Windows [Version 10.0.14393]", (10, 0, 14393), "Windows Server 2016"),
        ("Microsoft Windows [Version 10.0.17763.5329]", (10, 0, 17763), "Windows Server 2019"),
        ("Microsoft Windows [Versión 10.0.20348.1]", (10, 0, 20348), "Windows Server 2022"),
        ("Microsoft Windows [版本 10.0.26100.1]", (10, 0, 26100), "Windows Server 2025"),
        ("Microsoft Windows [Version 10.0.19045.1]", (10, 0, 19045), "Windows NT 10.0 build 19045"),
        ("Microsoft Windows 2000 [Version 5.00.2195]", (5, 0, 2195), "Windows NT 5.0 build 2195"),
    ],
)
def test_parse(text: str, version: tuple[int, int, int], name: str) -> None:
    found = parse_ver(text)
    assert found == WindowsVersion(*version)
    assert found.name == name
    assert str(found) == ".".join(map(str, version))


@pytest.mark.parametrize("text", ["", "Linux 6.1.7601", "[Version]", "[Version 6.1]", "Windows Version 6.1.7601"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="three numbers in brackets"):
        parse_ver(text)


_FROM_2003 = ("has_legacy_netsh",)
_FROM_VISTA = ("ranges_and_ipv6", "certificate_options", "ikeext")
_BEFORE_VISTA = ("default_response_works",)


@pytest.mark.parametrize(
    ("version", "able"),
    [
        ((5, 0, 2195), _BEFORE_VISTA),
        ((5, 1, 2600), _BEFORE_VISTA),
        ((5, 2, 3790), _FROM_2003 + _BEFORE_VISTA),
        ((6, 0, 6002), _FROM_2003 + _FROM_VISTA),
        ((10, 0, 26100), _FROM_2003 + _FROM_VISTA),
    ],
)
def test_capabilities(version: tuple[int, int, int], able: tuple[str, ...]) -> None:
    found = WindowsVersion(*version)
    every = _FROM_2003 + _FROM_VISTA + _BEFORE_VISTA
    assert {name for name in every if getattr(found, name)} == set(able)
