# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module policies_info: everything that a host has."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib

from ..plugin_utils._actions.base import Data, IpsecAction, predefined, unmanaged
from ..plugin_utils._common.errors import IpsecError
from ..plugin_utils._common.fields import element
from ..plugin_utils._policies.document import write_document
from ..plugin_utils._policies.planning.staging import settled

try:
    import jmespath  # type: ignore[import-untyped]  # it ships no types
except ImportError:
    jmespath = None


class ActionModule(IpsecAction[Any]):
    """Reads the policy store."""

    module = "policies_info"

    def check(self, given: Data) -> Any:
        """Return the query, None for none; refuse one that cannot be evaluated."""
        return None if given.get("query") is None else _compiled(element(given["query"], "query"))

    def act(self, args: Data, request: Any) -> Data:
        """Return the document of the host and facts about it."""
        host = self._converger().read()
        config = write_document(settled(host.store))
        result: Data = {
            "changed": False,
            "config": config,
            "host": host.to_data(),
            "predefined": predefined(host.store),
            "unmanaged": unmanaged(host.store),
        }
        if host.store.findings:
            result["warnings"] = list(host.store.findings)
        if request is not None:
            result["answer"] = _answer(request, args["query"], {**config, "host": result["host"]})
        return result


def _compiled(query: str) -> Any:
    if jmespath is None:
        raise AnsibleActionFail(missing_required_lib("jmespath", reason="for the option query of policies_info"))
    try:
        return jmespath.compile(query)
    except jmespath.exceptions.JMESPathError as error:
        raise _refused(query, f"{error}") from None


def _answer(compiled: Any, query: str, data: Data) -> Any:
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
