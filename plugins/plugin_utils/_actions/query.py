# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option query of modules that read: a JMESPath expression over what was read."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib

from .._common.errors import IpsecError
from .._common.fields import element

try:
    import jmespath  # type: ignore[import-untyped]  # it ships no types
except ImportError:
    jmespath = None

Data = dict[str, Any]


def read_query(given: Data, module: str) -> Any:
    """Return the query of the options, None for none; refuse one that cannot be evaluated."""
    return None if given.get("query") is None else _compiled(element(given["query"], "query"), module)


def _compiled(query: str, module: str) -> Any:
    if jmespath is None:
        raise AnsibleActionFail(missing_required_lib("jmespath", reason=f"for the option query of {module}"))
    try:
        return jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        raise _refused(query, f"{error}") from None


def answered(compiled: Any, query: str, data: Data) -> Any:
    """Return what the query finds in the data."""
    try:
        return compiled.search(data)
    except jmespath.exceptions.JMESPathTypeError as error:
        # The error itself has the data in it.
        types = ", ".join(error.expected_types)
        remedy = f"The function {error.function_name} takes {types}, and got {error.actual_type}."
        raise _refused(query, remedy) from None
    except jmespath.exceptions.JMESPathError as error:
        raise _refused(query, f"{error}") from None


def _refused(query: str, remedy: str) -> IpsecError:
    return IpsecError("query", query, "a JMESPath expression that fits what a host has", remedy)
