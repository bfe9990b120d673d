# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The openings as an engine: each reading of a firewall is planned for once."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall import engine as engine_module
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.engine import Openings
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.request import read_openings
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.state import Firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

WANT = read_openings({"peers": ["10.0.1.20"]})


def firewall() -> Firewall:
    on = {"domain": True}
    return Firewall(version=WindowsVersion(10, 0, 14393), rules=(), running=True, on=on, local_counts=on, entries={})


def test_one_reading_is_one_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    genuine = engine_module.make_plan
    monkeypatch.setattr(engine_module, "make_plan", lambda host, *rest: asked.append(host) or genuine(host, *rest))
    engine, before, after = Openings(), firewall(), firewall()
    steps = engine.plan(before, engine.desired(before, WANT))
    for have in (before, after):
        assert engine.missing(have, WANT) == engine.left(have, WANT, steps) == tuple(step.operation for step in steps)
        assert engine.again(have, WANT) == ()
    assert len(asked) == 2


def test_another_request_is_another_plan() -> None:
    engine, have = Openings(), firewall()
    fewer = read_openings({"peers": ["10.0.1.20"], "protocols": ["ike"]})
    assert len(engine.left(have, WANT, ())) == 6
    assert len(engine.left(have, fewer, ())) == 2
