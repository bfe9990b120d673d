# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of the registry, in any letter case, and ours: those of netsh where it has one (MS-GPFAS 2.2.4-2.2.7)."""

from __future__ import annotations

ACTIONS = {
    "secure": "requireinrequireout",
    "secureserver": "requireinrequestout",
    "boundary": "requestinrequestout",
    "donotsecure": "noauthentication",
}
REQUIRE, CLEAR_OUT, EXEMPT = "requireinrequireout", "requireinclearout", "noauthentication"
PROFILES = {word: word for word in ("domain", "private", "public")}
INTERFACE_TYPES = {"lan": "lan", "wireless": "wireless", "remoteaccess": "ras"}
PLACES = {word: word for word in ("localsubnet", "dns", "dhcp", "wins", "defaultgateway")}
KEY_MODULES = {"keymoddefault": "default", "ikev1": "ikev1", "authip": "authip", "ikev2": "ikev2"}

FIRST_METHODS = {
    "anonymous": "anonymous",
    "machinekerb": "computerkerb",
    "machinecert": "computercert",
    "machineshkey": "computerpsk",
    "machinentlm": "computerntlm",
}
SECOND_METHODS = {
    "anonymous": "anonymous",
    "machinecert": "computercert",
    "userkerb": "userkerb",
    "usercert": "usercert",
    "userntlm": "userntlm",
}
CERTIFICATES, KERBEROS, KEY = ("computercert", "usercert"), ("computerkerb", "userkerb"), "computerpsk"
SIGNATURES = {"ecdsa256": "ecdsap256", "ecdsa384": "ecdsap384"}
CRITERIA = {word: word for word in ("both", "select", "validate")}
NAME_TYPES = {word: word for word in ("dns", "upn", "rfc822", "cn", "ou", "o", "dc")}

GROUPS = {
    "dh1": "dhgroup1",
    "dh2": "dhgroup2",
    "dh2048": "dhgroup14",
    "ecdh-256": "ecdhp256",
    "ecdh-384": "ecdhp384",
}
GROUPS_2_16 = {**GROUPS, "dh24": "dhgroup24"}
CIPHERS = {"des": "des", "3des": "3des", "aes-128": "aes128", "aes-192": "aes192", "aes-256": "aes256"}
CIPHERS_2_1 = {f"aes-gcm{size}": f"aesgcm{size}" for size in (128, 192, 256)}
HASHES = {"md5": "md5", "sha1": "sha1"}
MAIN_HASHES_2_1 = {"sha256": "sha256", "sha384": "sha384"}
# As a hash, AES-GCM is GMAC.
QUICK_HASHES_2_1 = {"sha256": "sha256", **{f"aes-gcm{size}": f"aesgmac{size}" for size in (128, 192, 256)}}
PROTOCOLS = {"ah": "ah", "esp": "esp", "ah&esp": "ah+esp"}
PROTOCOLS_2_9 = {"auth_no_encap": "authnoencap"}
FRESH_KEYS = {
    "disable": "none",
    "enabledhfromphase1": "mainmode",
    "rekeydh1": "dhgroup1",
    "rekeydh2": "dhgroup2",
    "rekeydh2048": "dhgroup14",
    "rekeyecdh256": "ecdhp256",
    "rekeyecdh384": "ecdhp384",
}
FRESH_KEYS_2_16 = {**FRESH_KEYS, "rekeydh24": "dhgroup24"}

EXEMPTIONS = {1: "neighbordiscovery", 2: "icmp", 4: "routerdiscovery", 8: "dhcp"}
THROUGH_NAT = ("never", "serverbehindnat", "serverandclientbehindnat")
