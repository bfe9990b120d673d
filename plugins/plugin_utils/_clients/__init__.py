# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client sessions that a controller holds to see whether a service works, or whether it refuses.

Standard library only. Beside its sockets it knows the policy core's values and errors and nothing else.
"""
