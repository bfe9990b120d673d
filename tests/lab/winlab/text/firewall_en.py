# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""English words of the firewall contexts of netsh."""

from __future__ import annotations

from collections.abc import Mapping

FIREWALL: Mapping[str, str] = {
    "ok": "Ok.",
    "deleted": "Deleted {count} rule(s).",
    "updated": "Updated {count} rule(s).",
    "no_match": "No rules match the specified criteria.",
    "no_service": "The firewall service cannot be reached. Check that it runs, then try again.",
    "bad_value": "The value '{value}' given for '{tag}' is not valid.",
    "missing": "The argument '{tag}' is needed.",
    "ports": "Ports are only valid with the protocols TCP and UDP.",
    "no_opening": "There is no such port opening.",
    "yes": "Yes",
    "no": "No",
    "any": "Any",
    "in": "In",
    "out": "Out",
    "allow": "Allow",
    "block": "Block",
    "bypass": "Bypass",
    "domain": "Domain",
    "private": "Private",
    "public": "Public",
    "standard": "Standard",
    "on": "ON",
    "off": "OFF",
    "enable": "Enable",
    "disable": "Disable",
    "rule_name": "Rule Name",
    "description": "Description",
    "enabled": "Enabled",
    "direction": "Direction",
    "profiles": "Profiles",
    "grouping": "Grouping",
    "local_ip": "LocalIP",
    "remote_ip": "RemoteIP",
    "protocol": "Protocol",
    "local_port": "LocalPort",
    "remote_port": "RemotePort",
    "edge": "Edge traversal",
    "program": "Program",
    "service": "Service",
    "action": "Action",
    "profile_settings": "{profile} Profile Settings:",
    "state": "State",
    "firewall_policy": "Firewall Policy",
    "openings": "Port configuration of the {profile} profile:",
    "mode": "Mode",
    "port": "Port",
    "name": "Name",
    "scope": "Scope",
    "opmode": "Operational mode",
    "exceptions": "Exception mode",
}

RESOURCES: Mapping[int, str] = {
    25000: "Core Networking",
    25301: "Core Networking - Dynamic Host Configuration Protocol (DHCP-In)",
    25326: "Core Networking - Teredo (UDP-In)",
    28502: "File and Printer Sharing",
    28515: "File and Printer Sharing (SMB-Out)",
    28543: "File and Printer Sharing (Echo Request - ICMPv4-In)",
    30253: "Windows Remote Management (HTTP-In)",
    30254: "Windows Remote Management (HTTPS-In)",
    30256: "Lets remote management over HTTP in.",
    30267: "Windows Remote Management",
}
