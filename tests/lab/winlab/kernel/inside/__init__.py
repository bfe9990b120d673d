# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs inside the data plane: in the guest, or in namespaces of the running kernel. Standard library only.

They know nothing of Windows: they lay cables, load policies and keying configurations as they are told, send requests,
and tell what the kernel and the daemon have. What is to be loaded and what it means is decided outside.
"""
