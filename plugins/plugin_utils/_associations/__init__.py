# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security associations: which ones a host has at the moment, and how far its answer can be believed.

Nothing here reads a text in a language of people. What is not told by a name or a number stays unknown.
"""
