# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came from a vault, among the options of a task or of a filter, and how messages and results do without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.parsing.vault import is_encrypted_file

from .._common.errors import IpsecError, masked


def _if_there(module: str, name: str) -> Any:
    """Return what a version of Ansible may have or not, None where it has not."""
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


_VAULT_HELPER = _if_there("ansible.parsing.vault", "VaultHelper")
_ORIGIN = _if_there("ansible._internal._datatag._tags", "Origin")

# Values of these very types carry no mark.
_UNMARKED = (str, int, float, bool, type(None))


def vaulted(value: Any) -> Iterator[str]:
    """Yield the texts among option values that came from a vault, a value or a whole file of variables.

    Ansible marks a value as long as no expression makes another one of it.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from vaulted(key)
            yield from vaulted(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from vaulted(item)
    elif type(value) not in _UNMARKED and _from_vault(value) and (text := str(value)):
        yield text


def without(secrets: Collection[str], result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a task that failed without the secrets: people see it beside its message."""
    return {key: _without_secrets(secrets, value) for key, value in result.items()} if secrets else result


def _without_secrets(secrets: Collection[str], value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(secrets, item) for item in value]
    return masked(value, secrets) if isinstance(value, str) else value


def _from_vault(value: Any) -> bool:
    if _VAULT_HELPER is not None and _VAULT_HELPER.get_ciphertext(value, with_tags=False) is not None:
        return True
    origin = None if _ORIGIN is None else _ORIGIN.get_tag(value)
    return origin is not None and bool(origin.path) and _is_vault(str(origin.path))


@lru_cache(maxsize=1024)
def _is_vault(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(is_encrypted_file(file))
    except OSError:
        return False


@contextmanager
def filter_refusals(*given: Any) -> Iterator[None]:
    """Turn refusals of the core into errors of a filter, which show nothing of what it got from a vault."""
    try:
        yield
    except IpsecError as error:
        raise AnsibleFilterError(error.told(frozenset(vaulted(given)))) from None
