# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proof as plain data, in the order of its options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum

from .._associations.clock import Clock
from .._common.said import REPLACEMENT
from .._policies.document import write_document
from .._policies.model import Store

_PLAIN = (int, bool)
# JSON can write them, and then no reader can encode what it read.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def plain(value: object) -> object:
    """Return a part of a proof as built-ins. Documents are written anew, so that no pre-shared key stays in them."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return _LONE_SURROGATE.sub(REPLACEMENT, value)
    if isinstance(value, Store):
        return plain(write_document(value))
    if isinstance(value, Clock):
        return value.to_data()
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value
