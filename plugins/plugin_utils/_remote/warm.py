# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads once what otherwise every worker loads for every host.

Ansible runs each task of each host in a process of its own, a copy of the one that runs the play, and what that one has
loaded the copies have too. It looks at the class of an action before it makes copies. So importing the actions is the
moment to load our own connection plugin with its libraries and its documentation: a sixth of the processor time of a
task (``make bench``). The plugins of Ansible itself are loaded by then.
"""

from __future__ import annotations

from contextlib import suppress

from ansible.plugins.loader import connection_loader


def warm_up() -> None:
    """Load what connections need. If there is something wrong with it, the task that uses it says so."""
    with suppress(Exception):
        connection_loader.get("winsec.ipsec.winrs", class_only=True)
    with suppress(Exception):
        _log_on_to_nobody()


def _log_on_to_nobody() -> None:
    """Use what NTLM uses: the first time loads codecs, and the provider that OpenSSL has RC4 in."""
    from spnego import client
    from spnego._ntlm_raw.crypto import rc4init

    client("nobody", "nothing", hostname="localhost", protocol="ntlm").step()
    rc4init(bytes(16))
