# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab that `make lab` starts."""

from __future__ import annotations

import re
from pathlib import Path

from winlab.__main__ import read_spec

ROOT = Path(__file__).resolve().parents[3]


def test_make_lab_starts_hosts_whose_clocks_are_right_and_that_guides_can_be_played_against() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (words,) = re.findall(r"^lab: ARGS = (.*)$", makefile, re.MULTILINE)
    options = dict(word.removeprefix("--").split("=") for word in words.split())
    spec = read_spec(ROOT / options["spec"], float(options["minute-seconds"]))
    assert spec.minute_seconds == 60
    for group, address in (("exchange_frontends", "10.0.0.10"), ("exchange_backends", "10.0.1.20")):
        (host,) = (host for host in spec.hosts if group in host.groups)
        assert host.vars["ipsec_address"] == address
