# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a proof: a page for people, data for programs, JUnit for pipelines.

Pure: the standard library, Jinja2, which Ansible brings, and of the policy core only its documents, its model and its
errors. Nothing here reads a clock, so that the same proof gives the same bytes. What the page says stands in templates,
one for each part; what is counted, ordered and left out is worked out beside them.
"""
