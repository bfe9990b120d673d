# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ansible variables with which each connection plugin reaches the hosts of a lab."""

from __future__ import annotations

from pathlib import Path

from .certificates import Pair

CONNECTIONS = ("winrm", "winsec.ipsec.winrs", "psrp", "ssh")
TRANSPORTS = ("basic", "ntlm", "credssp", "kerberos", "certificate")
ENCRYPTING = ("ntlm", "credssp", "kerberos")
"""Transports that have a key to encrypt messages with."""


def variables(
    connection: str,
    transport: str,
    user: str,
    password: str,
    *,
    tls: bool = False,
    authority: Path | None = None,
    client: Pair | None = None,
    ssh: Path | None = None,
) -> dict[str, object]:
    """Return the variables that all hosts of a lab have in common.

    :param transport: how the connections over WS-Management authenticate.
    :param authority: the certificate that clients trust, with `tls`.
    :param client: the client's certificate, for the transport of that name.
    :param ssh: the program that takes the place of OpenSSH's client.
    """
    common: dict[str, object] = {"ansible_connection": connection, "ansible_user": user}
    if connection == "ssh":
        return common | {
            "ansible_ssh_executable": str(ssh or "ssh"),
            "ansible_ssh_args": "",
            "ansible_ssh_transfer_method": "piped",
        }
    encryption = "always" if transport in ENCRYPTING and not tls else "never"
    scheme = "https" if tls else "http"
    if transport != "certificate":
        common["ansible_password"] = password
    if connection == "psrp":
        found: dict[str, object] = {
            "ansible_psrp_protocol": scheme,
            "ansible_psrp_auth": transport,
            "ansible_psrp_message_encryption": encryption,
            "ansible_psrp_negotiate_service": "HTTP",
        }
        named = ("ansible_psrp_ca_cert", "ansible_psrp_certificate_pem", "ansible_psrp_certificate_key_pem")
    else:
        found = {
            "ansible_winrm_scheme": scheme,
            "ansible_winrm_transport": transport,
            "ansible_winrm_message_encryption": encryption,
        }
        named = ("ansible_winrm_ca_trust_path", "ansible_winrm_cert_pem", "ansible_winrm_cert_key_pem")
    if authority is not None:
        found[named[0]] = str(authority)
    if transport == "certificate" and client is not None:
        found |= {named[1]: str(client.certificate), named[2]: str(client.key)}
    return common | found


def kerberos_name(connection: str, name: str) -> dict[str, object]:
    """Return the variables that name a host's Kerberos principal, since a lab's hosts have addresses only."""
    if connection == "psrp":
        return {"ansible_psrp_negotiate_hostname_override": name}
    return {
        "ansible_winrm_kerberos_hostname_override": name,
        "ansible_winrm_kinit_env_vars": ["KRB5_CONFIG"],
    }
