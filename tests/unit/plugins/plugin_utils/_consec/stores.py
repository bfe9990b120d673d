# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores for these tests, as registry keys: our own examples in the published form, no samples of a real host."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.doubts import Doubt
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.model import Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.schema import Schema
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys, Value

ROOT = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
SERVER_2016 = (2, 26)
RULE_ID = "{0B0F6C1E-6E0C-4F0C-9C56-0B6B1C0F8001}"
FIRST_ID = "{5B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0001}"
QUICK_ID = "{7C2D7D3B-4E7C-4D6F-9B10-306F4FAB0002}"
MAIN_ID = "{8D3E8E4C-5F8D-4E70-8C21-41705ABC0003}"
PRIMARY_FIRST = "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}"
PRIMARY_QUICK = "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}"
SETS = f"Auth1Set={FIRST_ID}|Crypto2Set={QUICK_ID}|"
RULE = (
    "v2.26|Action=Secure|Name=web-backend|Desc=|Protocol=6|Active=TRUE|EP1Port=80|"
    f"EP2_4=192.0.2.10|EP2_4=192.0.2.11|{SETS}EmbedCtxt=winsec|"
)
MAIN_RULE = (
    f"v2.26|Name=web-mm|Desc=|Active=TRUE|EP2_4=192.0.2.0/255.255.255.0|Auth1Set={FIRST_ID}|Crypto1Set={MAIN_ID}|"
)

Texts = Mapping[str, str]
FIRST_SET: dict[str, Texts] = {
    rf"Phase1AuthenticationSets\{FIRST_ID}": {"Version": "2.26"},
    rf"Phase1AuthenticationSets\{FIRST_ID}\0000": {
        "Method": "MachineCert",
        "CAName": "CN=Example Root CA",
        "CertAccountMapping": "FALSE",
    },
    rf"Phase1AuthenticationSets\{FIRST_ID}\0001": {"Method": "MachineKerb"},
}
QUICK_SET: dict[str, Texts] = {
    rf"Phase2CryptoSets\{QUICK_ID}": {"Version": "2.26", "PFS": "ReKeyECDH384"},
    rf"Phase2CryptoSets\{QUICK_ID}\0000": {
        "Protocol": "ESP",
        "2_1Encryption": "AES-GCM256",
        "2_1EspHash": "AES-GCM256",
        "TimeOutMinutes": "60",
        "TimeOutKbytes": "100000",
        "SkipVersion": "2.0",
    },
    rf"Phase2CryptoSets\{QUICK_ID}\0001": {
        "Protocol": "ESP",
        "Encryption": "AES-256",
        "2_1EspHash": "SHA256",
        "TimeOutMinutes": "60",
        "TimeOutKbytes": "100000",
        "SkipVersion": "2.0",
    },
}
MAIN_SET: dict[str, Texts] = {
    rf"Phase1CryptoSet\{MAIN_ID}": {
        "Version": "2.26",
        "DoNotSkipDH": "TRUE",
        "TimeOutMinutes": "480",
        "TimeOutSessions": "0",
    },
    rf"Phase1CryptoSet\{MAIN_ID}\0000": {
        "KeyExchange": "ECDH-384",
        "Encryption": "AES-256",
        "2_1Hash": "SHA384",
        "SkipVersion": "2.0",
    },
}
WHOLE: dict[str, Texts] = {
    "ConSecRules": {RULE_ID: RULE},
    "MainModeRules": {RULE_ID: MAIN_RULE},
    **FIRST_SET,
    **QUICK_SET,
    **MAIN_SET,
}


def keys_of(parts: Mapping[str, Texts], root: str = ROOT) -> Keys:
    """Return keys below a root, with texts as values."""
    return Keys(
        {
            rf"{root}\{path}".rstrip("\\"): {name: Value("REG_SZ", text) for name, text in values.items()}
            for path, values in parts.items()
        }
    )


def store_of(parts: Mapping[str, Texts], schema: Schema = SERVER_2016) -> Store:
    """Return the store that these keys are."""
    return read_store(keys_of(parts), ROOT, schema)


def told(doubts: tuple[Doubt, ...]) -> list[tuple[str, bool]]:
    """Return which options are in doubt, and whether it is known all the same what the object does."""
    return [(each.option, each.known) for each in doubts]
