# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the policy store refuses something, with the number that netsh prints for it."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Numbers in `ERR IPsec[05nnn]`.

    Below 5900: known from scripts that look for them. From 5900 on: the lab's choice; real netsh surely has other
    numbers there, and nothing may depend on them.

    [ledger: netsh-err-prefix, netsh-err-numbers, netsh-err-empty-store, netsh-duplicate-names-refused]
    [ledger: force-delete-in-use]
    """

    POLICY_EXISTS = 5005
    FILTER_LIST_EXISTS = 5010
    FILTER_ACTION_EXISTS = 5014
    RULE_EXISTS = 5020
    NO_SUCH_FILTER_LIST = 5049
    NO_FILTER_LISTS = 5067
    NO_FILTER_ACTIONS = 5068
    NO_POLICIES = 5072
    STORE_NOT_OPEN = 5073

    NO_SUCH_POLICY = 5900
    NO_SUCH_RULE = 5901
    NO_SUCH_FILTER_ACTION = 5902
    NO_SUCH_FILTER = 5903
    FILTER_LIST_IN_USE = 5904
    FILTER_ACTION_IN_USE = 5905
    BAD_VALUE = 5907
    MISSING_TAG = 5908
    NOT_ON_THIS_VERSION = 5909
    NAME_NOT_RESOLVED = 5910
    NO_FILES = 5911
    SERVER_NEEDS_ME = 5912
    PORT_NEEDS_TCP_OR_UDP = 5913
    MIXED_FAMILIES = 5914
    MASK_NOT_ALLOWED = 5915
    NO_AUTHENTICATION = 5916
    ONLY_IN_DOMAIN = 5917
    UNREADABLE = 5918
    DEFAULT_RULE = 5919


class StoreError(Exception):
    """A refused command: a code and the words that belong into its text."""

    def __init__(self, code: Code, **words: str) -> None:
        super().__init__(f"{code.name} {words}")
        self.code = code
        self.words = words
