# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recorded hosts: they say again what was recorded, with the digits of whoever asks, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from winlab import shell
from winlab.host import Host
from winlab.recording import Recording

LINES = ["@@5ec0dede:a!", 'ipsec static add filterlist name="winsec-confirm-5ec0dede L"', "exit"]


def recorded(folder: Path, *answers: str) -> Host:
    """Return a host that was asked the same lines several times."""
    path = folder / "bundle.json"
    exchanges = [{"line": "netsh.exe", "sent": LINES, "said": [number]} for number in range(len(answers))]
    path.write_text(json.dumps({"form": 1, "windows": "10.0.14393", "pieces": answers, "exchanges": exchanges}))
    host = Host.create("recorded")
    host.recording = Recording.read(path)
    return host


def sent(token: str) -> bytes:
    """Return the lines as a run with other digits sends them."""
    return "".join(f"{line}\r\n" for line in LINES).replace("5ec0dede", token).encode()


def test_answers_come_in_their_order_with_the_digits_of_the_run(tmp_path: Path) -> None:
    host = recorded(tmp_path, "first 5ec0dede", "second 5EC0DEDE")
    assert shell.run(host, "netsh.exe", sent("cafe0001")).stdout == b"first cafe0001"
    assert shell.run(host, "netsh.exe", sent("cafe0002")).stdout == b"second CAFE0002"
    assert shell.run(host, "netsh.exe", sent("cafe0003")).stdout == b"first cafe0003"


def test_what_was_never_sent_has_no_answer(tmp_path: Path) -> None:
    done = shell.run(recorded(tmp_path, "x"), "netsh.exe", b"exit\r\n")
    assert (done.code, done.stdout) == (shell.NOT_RECORDED, b"this was not recorded\r\n")


def test_answers_are_in_the_code_page_that_they_tell(tmp_path: Path) -> None:
    host = recorded(tmp_path, "    OEMCP    REG_SZ    850\r\n\u00fc \ufffd")
    assert shell.run(host, "netsh.exe", sent("cafe0001")).stdout.endswith(b"\x81 \x81")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(ValueError, match="no bundle"):
        Recording.read(tmp_path / "other.json")
