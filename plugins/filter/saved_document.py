# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents in files on the controller: what a host said is read back as data, and its name is no path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.yaml import yaml_load
from ansible.utils.unsafe_proxy import wrap_var

from ..plugin_utils._common.errors import IpsecError
from ..plugin_utils._common.file_name import file_name as name_of_file
from ..plugin_utils._common.said import said_by_host
from ..plugin_utils._policies.document import read_document

# Files of earlier versions, and of an earlier recipe, hold the document as a variable.
_VARIABLES = ("ipsec_saved", "ipsec_config")


def file_name(name: Any) -> str:
    """Return the name of a host as the name of a file."""
    return name_of_file(str(name))


def saved_document(text: Any, file: str = "The saved file") -> Any:
    """Return the document in the text of a file, JSON or YAML. No template in it is ever evaluated."""
    where = said_by_host(file)
    # Some cores mark texts by a type of their own, which stays with them and which the YAML library does not take.
    data = _data("".join((str(text),)), where)
    if isinstance(data, Mapping) and len(data) == 1:
        data = next((data[name] for name in _VARIABLES if name in data), data)
    if not isinstance(data, Mapping):
        raise AnsibleFilterError(f"{where} holds no document of policies. Restore it from a backup, or remove it.")
    try:
        read_document(data, "")
    except IpsecError as error:
        raise AnsibleFilterError(f"{where}: {error}") from None
    # From 2.19 on texts are no templates unless a playbook wrote them; before, this is what says so.
    return wrap_var(data)


def _data(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml_load(text)
    except Exception as error:
        # The libraries quote what they read; their errors have no common class without importing them.
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark is not None else ""
        message = f"{where} can be read neither as JSON nor as YAML{place}. Restore it from a backup, or remove it."
        raise AnsibleFilterError(message) from None


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Any]:
        """Return them."""
        return {"file_name": file_name, "saved_document": saved_document}
