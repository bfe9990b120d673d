# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other modules return, as shapes: a proof hands on what fits them and nothing else, so that no key gets in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from .._policies.document.authentication import AUTHENTICATION_OPTIONS
from .._policies.document.filter_action import FILTER_ACTION_OPTIONS, METHOD_OPTIONS
from .._policies.document.filter_list import FILTER_LIST_OPTIONS, FILTER_OPTIONS
from .._policies.document.policy import (
    DEFAULT_RESPONSE_OPTIONS,
    MAIN_MODE_METHOD_OPTIONS,
    MAIN_MODE_OPTIONS,
    POLICY_OPTIONS,
    RULE_OPTIONS,
)

# None stands for one text, number or truth value, int for a number; a list has the shape of its elements; ANY_NAME is
# every key.
Shape: TypeAlias = "list[Shape] | dict[str, Shape] | type[int] | None"
ANY_NAME = "*"


def _options(names: tuple[str, ...], **below: Shape) -> dict[str, Shape]:
    return {**dict.fromkeys(names), **below}


_METHODS: Shape = [_options(METHOD_OPTIONS)]
_AUTHENTICATION: Shape = [_options(tuple(name for name in AUTHENTICATION_OPTIONS if name != "preshared_key"))]
_RULES: Shape = [_options(RULE_OPTIONS, authentication=_AUTHENTICATION)]
_MAIN_MODE: Shape = _options(MAIN_MODE_OPTIONS, security_methods=[_options(MAIN_MODE_METHOD_OPTIONS)])
_RESPONSE: Shape = _options(DEFAULT_RESPONSE_OPTIONS, authentication=_AUTHENTICATION, security_methods=_METHODS)
DOCUMENT: Shape = {
    "filter_lists": [_options(FILTER_LIST_OPTIONS, filters=[_options(FILTER_OPTIONS)])],
    "filter_actions": [_options(FILTER_ACTION_OPTIONS, security_methods=_METHODS)],
    "policies": [_options(POLICY_OPTIONS, rules=_RULES, main_mode=_MAIN_MODE, default_response=_RESPONSE)],
    "assigned": None,
}
SERVICES: Shape = {ANY_NAME: {"running": None, "automatic": None}}
FINDING: Shape = {
    **dict.fromkeys(("id", "severity", "host", "path", "text", "reference")),
    "waiver": {"reason": None, "until": None},
}
ASSOCIATIONS: Shape = {
    "main_mode": [dict.fromkeys(("local", "peer", "encryption", "integrity", "dh_group", "key_module"))],
    "quick_mode": [
        dict.fromkeys(
            (
                *("local", "peer", "protocol", "local_port", "peer_port"),
                *("ah_integrity", "esp_encryption", "esp_integrity", "pfs"),
            )
        )
    ],
    "counters": {ANY_NAME: int},
    "clock": {"utc": None, "skew_seconds": None},
}


def fitting(shape: Shape, data: object) -> object:
    """Return what of ``data`` fits the shape; None for what does not at all."""
    if isinstance(shape, dict):
        return _fitting_mapping(shape, data) if isinstance(data, Mapping) else None
    if isinstance(shape, list):
        if not isinstance(data, (list, tuple)):
            return None
        items = (fitting(shape[0], item) for item in data)
        return [item for item in items if item is not None]
    return data if isinstance(data, (int, float) if shape is int else (str, int, float)) else None


def _fitting_mapping(shape: Mapping[str, Shape], data: Mapping[object, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in data.items():
        below = str(key) if str(key) in shape else ANY_NAME
        if below in shape:
            kept = fitting(shape[below], value)
            if kept is not None or value is None:
                found[str(key)] = kept
    return found


def mapping(shape: Shape, data: object) -> dict[str, object]:
    """Return what of a mapping fits the shape, empty where there is none."""
    found = fitting(shape, data)
    return found if isinstance(found, dict) else {}


def text(value: object) -> str:
    """Return one text or number as text, empty for everything else."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
