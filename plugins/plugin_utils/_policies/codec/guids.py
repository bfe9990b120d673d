# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixed identifiers of the policy store (MS-GPIPSEC 2.2.1; predefined objects as seen in directory defaults).

[ledger: data-action-guids, data-predefined-guids, data-directory-defaults]

[ledger: data-block-guid]
"""

from __future__ import annotations

from uuid import UUID

POLICY_CLASS = UUID("22202163-4f4c-11d1-863b-00a0248d3021").bytes_le
MAIN_MODE_CLASS = UUID("80dc20b8-2ec8-11d1-a89e-00a0248d3021").bytes_le
RULE_CLASS = UUID("11bbac00-498d-11d1-8639-00a0248d3021").bytes_le
FILTER_ACTION_CLASS = UUID("80dc20b9-2ec8-11d1-a89e-00a0248d3021").bytes_le
FILTER_LIST_CLASS = UUID("80dc20b5-2ec8-11d1-a89e-00a0248d3021").bytes_le
# Opens the second part of a filter list, with ranges and IPv6.
SECOND_PART = UUID("35fecd3d-ae29-4373-8a6a-c5d8fab2fb08").bytes_le
# An object of the rule class that is no rule: it says which release made the predefined objects.
VERSION_CLASS = UUID("6a1f5c6f-72b7-11d2-acf0-0060b0ecca17").bytes_le

BLOCK = "{3f91a819-7647-11d1-864d-d46a00000000}"
PERMIT = "{8a171dd2-77e3-11d1-8659-a04f00000000}"
NEGOTIATE = "{8a171dd3-77e3-11d1-8659-a04f00000000}"
NEGOTIATE_ACCEPTING_UNSECURED = "{3f91a81a-7647-11d1-864d-d46a00000000}"

STANDARD = "{62f49e10-6c37-11d1-864c-14a300000000}"
DEFAULT_RESPONSE = "{62f49e13-6c37-11d1-864c-14a300000000}"

_FIRST_SERIES = "-70fa-11d1-864c-14a300000000}"
PREDEFINED = {
    start + _FIRST_SERIES: name
    for start, name in {
        "{72385236": "Client (Respond Only)",
        "{72385230": "Server (Request Security)",
        "{7238523c": "Secure Server (Require Security)",
        "{7238523a": "All IP Traffic",
        "{72385235": "All ICMP Traffic",
        "{7238523b": "Permit",
        "{72385233": "Request Security (Optional)",
        "{7238523f": "Require Security",
    }.items()
}
"""The objects that Windows itself brings along: their English names by their GUIDs, which are the same everywhere."""
