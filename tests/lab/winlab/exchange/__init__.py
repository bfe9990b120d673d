# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the services of an Exchange 2003 front-end and its back-ends, on the wire of the lab.

A back-end has mailboxes and offers them by HTTP, IMAP and POP3. A front-end offers the same, with TLS too, and relays
every session to the back-end of the user, always in clear on ports 80, 143 and 110, as Exchange does: IPsec is all that
can protect this hop. Each TCP conversation is judged by the wire, at its beginning and again with every piece of data:
the controller to a host in clear, a front-end to a back-end as policies and firewalls of both have it.

A crossing may put real servers in their place (`Crossing.serve`); then they say what a client gets.

Only this is imitated: who talks to whom on which port, what a client of a protocol needs to log on, and what a
conversation looks like that is not let through. Nobody can read mail.

[ledger: exchange-clear-hop, exchange-not-tried]
"""

from __future__ import annotations

from .spec import BACKEND, FRONTEND, ServicesSpec, check
from .stand import Exchange, Place

__all__ = ["BACKEND", "FRONTEND", "Exchange", "Place", "ServicesSpec", "check"]
