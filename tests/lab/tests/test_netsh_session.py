# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The netsh process: prompts, contexts, unknown lines, languages, exit codes, speed."""

from __future__ import annotations

import io
import time

import pytest

from winlab import Host
from winlab.netsh import EXTENSIONS, main
from winlab.netsh.context import Process
from winlab.netsh.talk import static, talk
from winlab.netsh.words import Word
from winlab.store import policy_store


def _raw(host: Host, typed: bytes, arguments: list[str] | str = "") -> tuple[int, bytes]:
    said = bytearray()
    code = main(host, arguments, io.BytesIO(typed), said.extend)
    return code, bytes(said)


def _once(host: Host, line: str) -> tuple[int, str]:
    code, said = _raw(host, b"", line)
    return code, said.decode(host.oem_encoding)


def test_prompts_and_end_of_input() -> None:
    host = Host.create("h")
    assert _raw(host, b"") == (0, b"netsh>")
    assert _raw(host, b"\r\nexit\r\nnever\r\n") == (0, b"netsh>netsh>")
    assert _raw(host, b"ipsec\nstatic\n..\nBYE\n") == (0, b"netsh>netsh ipsec>netsh ipsec static>netsh ipsec>")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("ipsec", ["static", "dynamic"]),
        ("ipsec static", ["add", "delete", "set", "show", "exportpolicy", "importpolicy", "dump"]),
        ("ipsec dynamic", ["add", "set", "delete", "show"]),
        ("ipsec static help", ["add", "delete", "set", "show", "exportpolicy", "importpolicy", "dump"]),
    ],
)
def test_a_context_alone_on_a_command_line_prints_its_commands_and_ends(line: str, names: list[str]) -> None:
    """A transcript of a Chinese Windows shows it for `netsh ipsec static`; no session opens."""
    host = Host.create("h")
    _code, said = _raw(host, b"add policy P\r\n", line)
    assert said.decode().splitlines() == ["Commands in this context:", *names]
    assert policy_store(host).list_policies() == []


@pytest.mark.parametrize("line", ["add filter", "add policy", "delete rule", "set store", "add filteraction"])
def test_a_command_without_a_word_prints_its_usage_and_no_error(line: str) -> None:
    host = Host.create("h")
    code, said = _once(host, f"ipsec static {line}")
    assert code == 1
    assert "ERR IPsec" not in said
    assert said.startswith("The command is incomplete or not correct.")
    assert "=\r\n" in said
    assert "ERR IPsec[05908]" in _once(host, "ipsec static add filter filterlist=L")[1]


# The shape of files that scripts of Microsoft write for netsh -f, with what other published ones have in them.
FILE = b"""\
# made by a script
pushd ipsec static
set store local
  # Filters
add filterlist name="Example"
add filter filterlist="Example" srcaddr=me dstaddr=192.0.2.1 protocol=TCP dstport=445
nonsense
ipsec static add policy name="Whole line"
popd
pushd ipsec dynamic
set config property=ipsecexempt value=3
popd
exit
ipsec static add policy name="Never"
"""


def _made(host: Host) -> tuple[list[str], list[str]]:
    found = policy_store(host).snapshot()
    return [each["name"] for each in found["filter_lists"]], [each["name"] for each in found["policies"]]


def test_lines_of_a_file() -> None:
    host = Host.create("h")
    host.files["lines.nsh"] = FILE
    code, said = _once(host, "-f LINES.nsh")
    assert (code, said) == (0, "The following command was not found: nonsense.\r\n")
    assert _made(host) == (["Example"], ["Whole line"])
    assert host.dynamic.settings == {"ipsecexempt": "3"}
    assert _once(host, "-f other.nsh") == (1, "The file could not be found.\r\n")


def test_the_same_lines_in_a_session() -> None:
    host = Host.create("h")
    _code, said = _raw(host, FILE.replace(b"\n", b"\r\n"))
    assert said.decode().count("not found") == 1
    assert _made(host) == (["Example"], ["Whole line"])


def test_pushd_goes_to_a_context_and_popd_comes_back() -> None:
    host = Host.create("h", "2003")
    lines = b"pushd ipsec static\npushd\n..\npopd\npushd firewall\npopd\npopd\npopd\npushd nowhere\n"
    prompts = ["", "ipsec static", "ipsec static", "ipsec", "ipsec static", "firewall", "ipsec static", "", ""]
    said = _raw(host, lines)[1].decode()
    expected = "".join(f"netsh{' ' * bool(each)}{each}>" for each in prompts)
    assert said == f"{expected}The following command was not found: pushd nowhere.\r\nnetsh>"


def test_lines_are_found_in_the_contexts_above() -> None:
    host = Host.create("h")
    answers = talk(host, "ipsec static", "add policy P", "static add policy Q", "ipsec static add policy R", "x")
    assert answers[1:4] == ["", "", ""]
    assert {each["name"] for each in policy_store(host).snapshot()["policies"]} == {"P", "Q", "R"}
    assert answers[4] == "The following command was not found: x.\r\n"


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("en", b"The following command was not found: ", b".\r\n"),
        ("de", b"Der folgende Befehl wurde nicht gefunden: ", b".\r\n"),
    ],
)
def test_an_unknown_line_is_repeated_word_for_word(language: str, before: bytes, after: bytes) -> None:
    host = Host.create("h", language=language)
    for line in (b"@@1f00:3", b'  ipsec  static "a  b" \x81', b"ipsec static nonsense psk=x"):
        code, said = _raw(host, line + b"\r\n")
        assert (code, said) == (0, b"netsh>" + before + line + after + b"netsh>")


def test_output_is_in_the_oem_code_page() -> None:
    host = Host.create("h", language="de")
    static(host, "add policy name=P", "add filteraction name=A")
    _code, said = _raw(host, b"", "ipsec static show policy all")
    assert "Zuletzt geändert".encode("cp850") in said
    policy_store(host).add_foreign("non_ascii_policy", name="Büro β")
    assert "Büro ?".encode("cp850") in _raw(host, b"", "ipsec static show policy all")[1]


def test_errors_keep_prefix_and_number_in_every_language() -> None:
    texts = set()
    for language in ("en", "de"):
        host = Host.create("h", language=language)
        answers = static(host, "add policy P", "add policy p")
        assert answers[1].startswith("ERR IPsec[05005] : ")
        assert answers[1].endswith("\r\n")
        texts.add(answers[1])
    assert len(texts) == 2


def test_exit_codes_of_one_shot_commands() -> None:
    host = Host.create("h")
    assert _once(host, "ipsec static add policy name=P") == (0, "")
    assert _once(host, "ipsec static add policy name=P")[0] == 0
    assert _once(host, "ipsec static show filterlist all")[0] == 0
    assert _once(host, "ipsec static delete policy name=Q")[0] == 1
    assert _once(host, "ipsec static add policy nonsense=1")[0] == 1
    assert _once(host, "nonsense") == (1, "The following command was not found: nonsense.\r\n")


def test_arguments_that_somebody_else_has_split() -> None:
    host = Host.create("h")
    arguments = ["ipsec", "static", "add", "policy", "name=Two words", "description=a=b c"]
    assert _raw(host, b"", arguments) == (0, b"")
    (policy,) = policy_store(host).snapshot()["policies"]
    assert (policy["name"], policy["description"]) == ("Two words", "a=b c")


def test_other_contexts_can_be_plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(process: Process, words: list[Word]) -> int:
        process.say(f"{process.host.name}: {words[0].text}")
        return 3

    monkeypatch.setitem(EXTENSIONS, ("advfirewall",), run)
    assert _once(Host.create("h"), "advfire reset") == (3, "h: reset\r\n")


def test_the_chosen_store_lasts_as_long_as_the_process() -> None:
    host = Host.create("h")
    answers = static(host, "add policy P", "set store domain", "show policy all", "set store Local", "show policy P")
    assert answers[:2] == ["", ""]
    assert "ERR IPsec[05073]" in answers[2]
    assert "ERR" not in answers[4]
    assert "ERR" not in static(host, "show store")[0]


def test_the_agent_need_not_run() -> None:
    host = Host.create("h", "2016")
    assert host.services["PolicyAgent"].state == 1
    assert static(host, "add policy P") == [""]


def test_ten_thousand_filters_through_one_session() -> None:
    host = Host.create("h", "2025")
    tags = [
        f"filterlist=L srcaddr=me dstaddr=10.0.{n >> 8}.{n & 255} protocol=tcp dstport=443 mirrored=yes"
        for n in range(10_000)
    ]
    began = time.monotonic()
    assert set(static(host, *(f"add filter {each}" for each in tags))) == {""}
    added = time.monotonic() - began
    (everything,) = policy_store(host).list_filter_lists()
    assert len(everything.filters) == 10_000
    began = time.monotonic()
    assert set(static(host, *(f"delete filter {each}" for each in tags[::2]))) == {""}
    assert set(static(host, *(f"delete filter {each}" for each in tags[1::2]))) == {""}
    deleted = time.monotonic() - began
    (nothing,) = policy_store(host).list_filter_lists()
    assert nothing.filters == ()
    assert added < 10
    assert deleted < 30
