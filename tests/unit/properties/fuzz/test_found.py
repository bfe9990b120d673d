# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fuzzing has found, one test for each: inputs that made a reader fall over.

What took too long instead stands beside its fuzz target, in the tests of long answers, files and rules.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.events import read_events
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    MainModeAssociation,
    QuickModeAssociation,
    Unreadable,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.read import read_first, read_further
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall import state as firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.guard import read_guard
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.traffic import parse_ports
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.filter_action import read_method
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document.filter_list import read_filter_list
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import READ, Questions, Section
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_query
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import parse_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.timer import check_timeout
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._associations import hosts
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._clients.test_sessions import attempt, says
from winlab import shell
from winlab.host import Host

NONCE = "n0nce"
TIME = datetime(2026, 11, 25, 4, 20)
MAIN = MainModeAssociation(local="10.0.0.10", peer="10.0.1.20", encryption="3des", integrity="sha1", dh_group=2)
QUICK = QuickModeAssociation(local="10.0.0.10", peer="10.0.1.20", protocol="tcp", peer_port=80, esp_encryption="3des")


@pytest.mark.parametrize("number", ["9" * 5_000, "²", "256", "-1"])
def test_a_rule_with_a_protocol_that_is_no_number_is_for_none(number: str) -> None:
    rule = parse_rule(f"v2.30|Action=Allow|Protocol={number}|Name=x|")
    assert rule is not None
    assert rule.protocol is None


def test_a_firewall_service_in_a_state_of_too_many_digits_does_not_run() -> None:
    host = Host.create("h", "2025", "en")
    told = shell.run(host, READ, firewall.QUESTIONS.script(NONCE)).stdout.decode("cp437")
    sections = dict(firewall.QUESTIONS.sections(told, NONCE))
    assert firewall.read_firewall(sections).running
    odd = f"TYPE : 20 WIN\nSTATE : {'4' * 5_000} RUNNING\n"
    sections["service"] = type(sections["service"])(odd, 0)
    assert not firewall.read_firewall(sections).running


@pytest.mark.parametrize("code", ["9" * 5_000, "²", ""])
def test_an_exit_code_that_is_no_number_ends_no_answer(code: str) -> None:
    text = f"@@{NONCE}:begin 0\nx\n@@{NONCE}:version {code}\n@@{NONCE}:end 0\n"
    with pytest.raises(StoreError, match="version"):
        Questions({"version": "ver"}).sections(text, NONCE)


@pytest.mark.parametrize("digits", ["9" * 5_000, "", "²"])
def test_a_registry_number_of_too_many_digits_is_refused(digits: str) -> None:
    with pytest.raises(StoreError, match="REG_DWORD as 0x and hexadecimal digits"):
        parse_query(f"\r\nHKEY_LOCAL_MACHINE\\X\r\n    a    REG_DWORD    0x{digits}\r\n\r\n")


ODD = pytest.mark.parametrize("number", ["9" * 5_000, "²", "٣"], ids=["thousands", "a power", "another script"])


@ODD
def test_an_option_with_an_odd_number_is_refused_with_its_path(number: str) -> None:
    port = {"name": "L", "filters": [{"protocol": "tcp", "destination_port": number}]}
    with pytest.raises(IpsecError, match="destination_port"):
        read_filter_list(port, "")
    with pytest.raises(IpsecError, match="protocol"):
        read_filter_list({"name": "L", "filters": [{"protocol": number}]}, "")
    with pytest.raises(IpsecError, match="lifetime_seconds"):
        read_method({"ah_integrity": "sha1", "lifetime_seconds": number}, "")
    with pytest.raises(IpsecError, match="confirm_timeout"):
        check_timeout(number)
    with pytest.raises(IpsecError, match="ports such as"):
        parse_ports(f"80-{number}", "expect")
    with pytest.raises(IpsecError, match="management_ports"):
        read_guard({"management_ports": [number]})


def test_numbers_with_a_sign_are_numbers() -> None:
    with pytest.raises(IpsecError, match="-5"):
        read_method({"ah_integrity": "sha1", "lifetime_seconds": "-5"}, "")
    assert read_method({"ah_integrity": "sha1", "lifetime_seconds": " 900 "}, "").lifetime_seconds == 900


@ODD
def test_associations_with_an_odd_number_are_not_believed(number: str) -> None:
    row = {**hosts.main_row(MAIN), "GroupId": number}
    told = hosts.cim(TIME, [row], [], {"active_main_mode": 1})
    found = read_first(Section(told, 0))
    assert not found.known
    assert "GroupId is not a number" in found.reason


@ODD
def test_a_clock_with_an_odd_number_is_none(number: str) -> None:
    sections = {"clock": Section(hosts.wmic({**hosts.clock_row(TIME), "Year": number}), 0)}
    assert read_further(parse_version("2003", "version"), sections).clock.utc is None


@ODD
def test_an_event_with_an_odd_number_is_not_believed(number: str) -> None:
    begins = hosts.quick_begins(QUICK, 2, "2026-11-25T04:19:01.000000000Z")
    odd = begins.replace(">80<", f">{number}<")
    assert odd != begins
    with pytest.raises(Unreadable, match="RemotePort"):
        read_events(Section(odd, 0))
    numbered = begins.replace("<System>", f"<System><EventRecordID>{number}</EventRecordID>")
    assert numbered != begins
    assert len(read_events(Section(numbered, 0)).quick_mode) == 1


IMAP = [
    f"* OK {{{'9' * 5_000}}}",
    f"* OK {{{'9' * 30}}}",
    f"* OK {{{'9' * 12}}}",
    "* OK {²}",
]
CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WEB = [
    f"HTTP/1.1 {'9' * 5_000} OK",
    f"{CHUNKED}-5",
]


@pytest.mark.parametrize(
    ("protocol", "said"), [*(("imap", said) for said in IMAP), *(("http", said) for said in WEB)], ids=lambda x: x[-12:]
)
def test_a_server_that_announces_an_odd_size_fails_its_session(protocol: str, said: str) -> None:
    found = attempt(says(f"{said}\r\n\r\n"), protocol)
    assert found.outcome.value == "failed"
    assert "does not speak" in found.detail
