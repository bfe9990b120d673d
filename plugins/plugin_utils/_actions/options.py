# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a task as the argument specification made them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._common.errors import IpsecError, hidden
from .._common.fields import Fields

Data = dict[str, Any]
Spec = Mapping[str, Mapping[str, Any]]

# The widest number that an option can be; what is right for it is decided where it is read.
_ANY_NUMBER = 2**64


def plain(value: Any) -> Any:
    """Return option values as plain built-ins: Ansible's tags and lazily decrypted texts stay behind."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    return str(value)


def as_specified(spec: Spec, given: Data, whole: Collection[str] = ()) -> Data:
    """Return the options with the types and defaults of the specification, without those that are None.

    Options in ``whole`` stay as they are: somebody has read all that is in them.

    What Ansible's own validation would refuse is refused before it, in words that show no value that may be a key.
    """
    spec = {
        key: {"type": "raw", "required": rule.get("required", False)} if key in whole else rule
        for key, rule in spec.items()
    }
    done = ArgumentSpecValidator(spec).validate(_read(spec, given, ""))
    if done.errors.errors:
        # Its words have the values in them.
        kinds = ", ".join(sorted({type(error).__name__ for error in done.errors.errors}))
        remedy = f"Ansible refuses them ({kinds}); compare them with the documentation of the module."
        raise IpsecError("the options", hidden(given), "what the module describes", remedy)
    return _without_none(spec, done.validated_parameters)


def _without_none(spec: Spec, data: Mapping[str, Any]) -> Data:
    """Return the options that were given or have a default: the validation fills in None for all the others."""
    return {key: _below(spec.get(key, {}), value) for key, value in data.items() if value is not None}


def _below(rule: Mapping[str, Any], value: Any) -> Any:
    if "options" not in rule:
        return value
    if isinstance(value, list):
        return [_without_none(rule["options"], item) for item in value]
    return _without_none(rule["options"], value)


def _read(spec: Spec, data: object, path: str) -> Data:
    """Return the options that are given, with lists as lists; types and words are checked and left as they are."""
    fields = Fields(data, path, tuple(spec), hide=any(rule.get("no_log") for rule in spec.values()))
    for key in (key for key, rule in spec.items() if rule.get("required")):
        fields.require(key, f"a value for {key}")
    return {key: _value(fields, key, rule) for key, rule in spec.items() if fields.given(key)}


def _value(fields: Fields, key: str, rule: Mapping[str, Any]) -> Any:
    if rule["type"] == "raw":
        return fields.mapping(key)
    if rule["type"] == "dict":
        return _mapping(rule, fields.mapping(key), fields.at(key))
    if rule["type"] != "list":
        _check_one(fields, key, rule)
        return fields.mapping(key)
    if rule["elements"] == "dict":
        return [_mapping(rule, item, where) for where, item in fields.items(key)]
    texts = fields.texts(key)
    for index, text in enumerate(texts):
        name = f"{key}[{index}]"
        _check_one(Fields({name: text}, fields.path, (name,)), name, {**rule, "type": rule["elements"]})
    return texts


def _mapping(rule: Mapping[str, Any], value: object, path: str) -> object:
    if "options" in rule:
        return _read(rule["options"], value, path)
    if not isinstance(value, Mapping):
        raise IpsecError(path, hidden(value), "a mapping", "Write it as key: value.")
    return value


def _check_one(fields: Fields, key: str, rule: Mapping[str, Any]) -> None:
    if rule["type"] == "bool":
        fields.flag(key, False)
    elif rule["type"] == "int":
        fields.number(key, 0, -_ANY_NUMBER, _ANY_NUMBER, key)
    elif rule.get("no_log"):
        fields.secret(key)
    else:
        text = fields.text(key, "")
        words = rule.get("choices", [text])
        if text not in words:
            near = text.strip().lower() in words
            remedy = f"Write it as {text.strip().lower()}." if near else "Choose one of these words."
            raise fields.error(key, text, f"one of {', '.join(words)}", remedy)
