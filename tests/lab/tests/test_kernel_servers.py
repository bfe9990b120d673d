# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations of the real servers, before anything runs: what is named in them, and how names are written there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winlab.exchange import BACKEND, FRONTEND, ServicesSpec
from winlab.kernel.servers import backend, filled, frontend, owner, quoted

NAMES = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S"), exclude_characters="@\\"), min_size=1)


def unquoted(word: str) -> str:
    """Return what nginx reads from a word in quotes."""
    return re.sub(r'\\([\\"])', r"\1", word[1:-1])


@given(NAMES, NAMES)
def test_a_user_is_found_with_and_without_domain_and_nobody_else_is(user: str, other: str) -> None:
    """Whatever characters a name has, the expression in the configuration stands for it alone."""
    found = re.compile(unquoted(quoted(owner(user))).removeprefix("~*"), re.IGNORECASE)
    for text in (user, user.upper(), f"LAB\\{user}", f"{user}@lab.test"):
        assert found.search(text)
    assert bool(found.search(other)) == (other.lower() == user.lower())


def test_a_front_end_listens_on_what_it_offers_and_leads_to_the_owner() -> None:
    """TLS only where it has a certificate for it."""
    spec = ServicesSpec(role=FRONTEND, protocols=("http", "imap"))
    (one,) = frontend("fe1", spec, {"anna": "10.0.1.20"}, ("CERTIFICATE", "KEY"))
    assert set(one.ports) == {80, 443, 143, 993}
    text = one.files["nginx.conf"].text
    assert sorted(re.findall(r"listen (\d+)( ssl)?;", text)) == [
        ("143", ""),
        ("443", " ssl"),
        ("80", ""),
        ("993", " ssl"),
    ]
    assert set(re.findall(r"^ +\"~\*.*anna.* ([\d.]+);$", text, re.MULTILINE)) == {"10.0.1.20"}
    assert (one.files["lab.key"].text, one.files["lab.key"].mode) == ("KEY", 0o600)


def test_a_back_end_offers_what_it_says_and_keeps_passwords_to_itself() -> None:
    """They are in files that only their reader may open, and in no representation."""
    spec = ServicesSpec(role=BACKEND, protocols=("http", "pop3"), mailboxes={"Anna": "Geheim-1"})
    found = {each.label: each for each in backend("be1", spec)}
    assert {label: each.ports for label, each in found.items()} == {"nginx": (80,), "dovecot": (110,)}
    assert "Geheim-1" not in repr(found)
    for each in found.values():
        holding = [file for file in each.files.values() if "Geheim-1" in file.text]
        assert [file.mode for file in holding] == [0o600]
    assert "Mailbox of anna on be1" in found["dovecot"].files["mail/anna/new/1.lab"].text


def test_a_template_lacks_no_word() -> None:
    """What is not filled in is no configuration; only the folder is left for where the program runs."""
    with pytest.raises(KeyError):
        filled("dovecot.conf")
    assert set(re.findall(r"@[a-z_]+@", filled("dovecot.conf", protocols="imap"))) == {"@folder@"}
