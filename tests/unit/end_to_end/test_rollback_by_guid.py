# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollback to policies that netsh cannot be told by name: what was in force before the rollout is so again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hand_made import call
from playbook_runner import EARLIER, meaning, play

from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.store.identifiers import ObjectClass

pytestmark = pytest.mark.slow

HOSTS = (("fe1", "exchange_frontends", "10.0.0.10", "de"), ("be1", "exchange_backends", "10.0.1.20", "en"))


def test_a_policy_with_an_odd_name_and_rules_without_names_is_brought_back(tmp_path: Path) -> None:
    twin = 'ipsec static add rule name="Twin" policy="Before" filterlist="Mail" filteraction="Never" kerberos=yes'
    with Lab(
        HostSpec(
            name=name,
            version="2016",
            language=language,
            netsh=(*EARLIER[:-1], twin, EARLIER[-1]),
            groups=(group,),
            vars={"ipsec_address": address},
        )
        for name, group, address, language in HOSTS
    ) as lab:
        for each in lab.hosts.values():
            call(each.host, ObjectClass.NFA, "Mail", None)
            call(each.host, ObjectClass.NFA, "Twin", None)
            call(each.host, ObjectClass.POLICY, "Before", "B\u00fcro")
        before = meaning(lab)
        assert {state[0] for state in before.values()} == {"B\u00fcro"}  # type: ignore[index]
        done = play("site.yml", tmp_path, lab, "-e", "ipsec_replace_policy=true")
        assert done.returncode == 0, done.stdout
        assert meaning(lab) != before
        done = play("rollback.yml", tmp_path, lab)
        assert done.returncode == 0, done.stdout
        assert meaning(lab) == before
