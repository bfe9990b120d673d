# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH for Windows as Ansible's ssh connection sees it: a program `ssh`, and a host that runs a command line.

Nothing of the SSH protocol is here. The program takes the place of OpenSSH's client and hands the command line and its
standard input to the host, which does with them what sshd does: it gives the line to the default shell.

[ledger: ssh-stdin-to-shell]
"""

from __future__ import annotations

from .door import DEFAULT_SHELLS, Door, write_client

__all__ = ["DEFAULT_SHELLS", "Door", "write_client"]
