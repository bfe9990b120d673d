# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to a host: its address is a host and nothing else of a URL, a user is no option, a constant line is constant."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible.errors import AnsibleActionFail
from hostile import BULK, Tally, hostile, texts
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall import state as firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies import host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.forms import FORMS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._remote.winrs import WrongOption, kinit, plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.script import APPLY
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import READ

OPTIONS: dict[str, Any] = {
    "remote_addr": "fe1.example.com",
    "port": 5986,
    "path": "/wsman",
    "remote_user": "u",
    "remote_password": "p",
}
GOOD = ("fe1.example.com", "2001:db8::1", "fe80::1%eth0", "/wsman", r"CORP\u", "u@LAB")


def planned(option: str, text: str) -> bool:
    try:
        found = plan({**OPTIONS, option: text}.get, ("ssl", "kerberos"))
    except WrongOption as error:
        assert str(error).isascii()
        return False
    assert found.endpoint.isprintable()
    parts = urlsplit(found.endpoint)
    address = text if option == "remote_addr" else OPTIONS["remote_addr"]
    assert (parts.scheme, parts.port, parts.username) == ("https", 5986, None)
    assert (parts.hostname or "").partition("%")[0] == str(address).partition("%")[0].lower() or ":" in address
    path = text if option == "path" else "/wsman"
    assert found.endpoint.endswith(f":5986{path}")
    assert found.endpoint.count("/") == 2 + path.count("/")
    assert not str(found.arguments["username"]).startswith("-")
    return True


@pytest.mark.parametrize("option", ["remote_addr", "path", "remote_user", "remote_password"])
@given(data=st.data())
def test_an_option_is_its_part_of_the_address_or_refused(option: str, data: st.DataObject) -> None:
    planned(option, data.draw(hostile(*GOOD)))


def test_thousands_of_options() -> None:
    tally = Tally()
    for number, option in enumerate(("remote_addr", "path", "remote_user", "remote_password")):
        for text in texts(BULK // 4 + 1, 80 + number, *GOOD):
            tally.take(planned(option, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 500


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("remote_addr", "fe80::1%x]:1/?"),
        ("remote_addr", "good@evil"),
        ("remote_addr", "host/path"),
        ("remote_addr", "a\r\nb"),
        ("remote_addr", ""),
        ("remote_user", "-Xnone"),
        ("remote_user", "u\n"),
        ("remote_user", "u\0"),
        ("remote_password", "p\nq"),
        ("path", "wsman"),
        ("path", "/a b"),
        ("path", "/\u0663"),
    ],
)
def test_refused(option: str, text: str) -> None:
    assert not planned(option, text)


def test_a_user_reaches_kinit_as_one_word(tmp_path: Path) -> None:
    program = tmp_path / "kinit"
    program.write_text(f'#!/bin/sh\nread password\nfor word in "$@"; do echo "[$word]"; done >{tmp_path}/seen\n')
    program.chmod(0o700)
    options = {**OPTIONS, "kerberos_command": str(program), "remote_user": "a b$(id);'\"@LAB"}
    plan(options.get, ("kerberos",))
    kinit(options.get, "/cache", {"PATH": "/usr/bin:/bin"})
    assert (tmp_path / "seen").read_text() == "[a b$(id);'\"@LAB]\n"


class Shell:
    """Shows the script that it was given to encode."""

    SHELL_FAMILY = "powershell"

    def _encode_script(self, script: str, **_options: Any) -> str:
        return json.dumps(script)


LINES = (READ, APPLY, host.QUESTIONS.after_netsh, firewall.QUESTIONS.after_netsh)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("form", FORMS)
def test_constant_lines_go_over_every_connection(form: str, line: str) -> None:
    connection: Any = SimpleNamespace(_shell=Shell())
    sent = FORMS[form].line(connection, line)
    script = json.loads(sent) if form in ("psrp", "ssh") else sent
    assert script in (line, f"$input | & {line}; exit $LASTEXITCODE")


@pytest.mark.parametrize("form", ["psrp", "ssh"])
@pytest.mark.parametrize("text", ["a\nb", "$x", "`n", "\u0663", "\x00", "\u2028"])
def test_powershell_gets_no_line_that_it_would_change(form: str, text: str) -> None:
    connection: Any = SimpleNamespace(_shell=Shell())
    with pytest.raises(AnsibleActionFail, match="this is a bug"):
        FORMS[form].line(connection, f"cmd.exe {text}")
