# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a host decides how its policy is applied to packets, whatever system it runs. [ledger: host-exempt-4500]"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a host; the defaults are those of a Windows host of today.

    ``exemption_level`` is the level at which packets are exempt from policies where nothing sets another one.
    ``ranges_and_ipv6``: filters may have ranges and mean IPv6. ``key_exchange_service``: IKE is a service of its own,
    and packets of NAT traversal are exempt as those of IKE are. ``default_response_works``: a host answers IKE by its
    default response rule.
    """

    exemption_level: int = 3
    ranges_and_ipv6: bool = True
    key_exchange_service: bool = True
    default_response_works: bool = False


TODAY = Traits()
