# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the connection winrs hands to its library."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.winsec.ipsec.plugins.connection.winrs import _for_ntlm

# MS-NLMP 4.2.2.1.2 for "Password", and the hash of "password" that everybody knows.
HASHES = [("Password", "a4f49c406510bdcab6824ee7c30fd852"), ("password", "8846f7eaee8fb117ad06bdd830b7586c")]


@pytest.mark.parametrize(("password", "digest"), HASHES)
def test_ntlm_gets_what_it_makes_of_a_password(password: str, digest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LM_COMPAT_LEVEL", raising=False)
    assert _for_ntlm(password) == f"{'0' * 32}:{digest}"


def test_a_password_stays_where_an_older_ntlm_or_another_library_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _for_ntlm("") == ""
    with monkeypatch.context() as patch:
        patch.setenv("LM_COMPAT_LEVEL", "1")
        assert _for_ntlm("Password") == "Password"
    monkeypatch.delenv("LM_COMPAT_LEVEL", raising=False)
    monkeypatch.setitem(sys.modules, "spnego._ntlm_raw.crypto", None)
    assert _for_ntlm("Password") == "Password"
