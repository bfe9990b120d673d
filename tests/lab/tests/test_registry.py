# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry, the services and the versions of simulated hosts."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from winlab import VERSIONS, Host, Kind, Registry, Value, services
from winlab.services import StartType, State


def test_keys_compare_without_case_and_keep_their_spelling() -> None:
    registry = Registry()
    assert registry.create(r"HKLM\Software\One\Two")
    assert not registry.create(r"hkey_local_machine\SOFTWARE\one\TWO")
    assert registry.spelled(r"hklm\software\ONE\two") == r"HKEY_LOCAL_MACHINE\Software\One\Two"
    assert registry.subkeys(r"HKLM\SOFTWARE") == ["One"]


@pytest.mark.parametrize(
    "change",
    [
        lambda registry: registry.create(r"HKLM\One\New"),
        lambda registry: registry.set(r"HKLM\One", "a", Value(Kind.DWORD, 2)),
        lambda registry: registry.set(r"HKLM\Two", "a", Value(Kind.DWORD, 2)),
        lambda registry: registry.delete_value(r"HKLM\One", "a"),
        lambda registry: registry.delete_key(r"HKLM\One"),
    ],
)
def test_what_is_derived_is_worked_out_anew_after_every_change(change: Callable[[Registry], object]) -> None:
    registry = Registry()
    registry.set(r"HKLM\One", "a", Value(Kind.DWORD, 1))
    asked: list[Registry] = []

    def ask(of: Registry) -> int:
        return of.derived("how often", lambda: asked.append(of) or len(asked))  # type: ignore[func-returns-value]

    assert [ask(registry), ask(registry)] == [1, 1]
    assert registry.get(r"HKLM\One", "a") is not None
    assert ask(registry) == 1
    twin = copy.deepcopy(registry)
    assert [ask(twin), ask(registry)] == [2, 1]
    change(registry)
    assert [ask(registry), ask(twin)] == [3, 2]


def test_values_compare_without_case_and_keep_their_order() -> None:
    registry = Registry()
    key = r"HKLM\Software\One"
    registry.set(key, "Beta", Value(Kind.SZ, "b"))
    registry.set(key, "alpha", Value(Kind.DWORD, 7))
    registry.set(key, "BETA", Value(Kind.MULTI_SZ, ("x", "y")))
    assert registry.values(key) == [("Beta", Value(Kind.MULTI_SZ, ("x", "y"))), ("alpha", Value(Kind.DWORD, 7))]
    assert registry.get(key.upper(), "ALPHA") == Value(Kind.DWORD, 7)
    assert registry.delete_value(key, "beta")
    assert not registry.delete_value(key, "beta")


def test_deleting_a_key_takes_everything_below_it() -> None:
    registry = Registry()
    registry.create(r"HKLM\A\B\C")
    registry.create(r"HKLM\A\BB")
    assert registry.delete_key(r"hklm\a\b")
    assert not registry.exists(r"HKLM\A\B\C")
    assert registry.subkeys(r"HKLM\A") == ["BB"]
    assert not registry.delete_key(r"HKLM\A\B")
    assert not registry.delete_key("HKLM")


@pytest.mark.parametrize(
    ("kind", "data"), [(Kind.SZ, b""), (Kind.DWORD, "1"), (Kind.MULTI_SZ, "x"), (Kind.BINARY, "00")]
)
def test_a_value_must_fit_its_kind(kind: Kind, data: object) -> None:
    with pytest.raises(TypeError):
        Value(kind, data)  # type: ignore[arg-type]


def test_unknown_hives_and_numbers_too_large_are_refused() -> None:
    with pytest.raises(ValueError, match="HKXX"):
        Registry().create(r"HKXX\A")
    with pytest.raises(ValueError, match="32 bits"):
        Value(Kind.DWORD, 1 << 32)


@pytest.mark.parametrize(
    ("version", "text", "schema"),
    [
        ("2003", "5.2.3790", (0, 0)),
        ("2008R2", "6.1.7601", (2, 10)),
        ("2012", "6.2.9200", (2, 20)),
        ("2012R2", "6.3.9600", (2, 22)),
        ("2016", "10.0.14393", (2, 26)),
        ("2019", "10.0.17763", (2, 29)),
        ("2022", "10.0.20348", (2, 31)),
        ("2025", "10.0.26100", (2, 33)),
    ],
)
def test_versions(version: str, text: str, schema: tuple[int, int]) -> None:
    assert VERSIONS[version].ver_text == f"Microsoft Windows [Version {text}]"
    assert VERSIONS[version].schema == schema
    assert ("IKEEXT" in Host.create("h", version).services) == (version != "2003")


def test_the_start_type_lives_in_the_registry() -> None:
    host = Host.create("h", "2016")
    agent = host.services["PolicyAgent"]
    assert int(agent.start_type) == 3
    host.registry.set(r"HKLM\SYSTEM\CurrentControlSet\Services\PolicyAgent", "Start", Value(Kind.DWORD, 4))
    assert int(agent.start_type) == 4
    assert services.start(host, "policyagent") == 1058
    agent.start_type = StartType.AUTO
    assert host.registry.get(agent.key, "start") == Value(Kind.DWORD, 2)


def test_starting_and_stopping() -> None:
    host = Host.create("h", "2016")
    assert services.start(host, "Nothing") == 1060
    assert services.stop(host, "IKEEXT") == 1062
    assert services.stop(host, "BFE") == 0
    assert services.start(host, "ikeext") == 0
    assert host.services["BFE"].state == State.RUNNING
    assert services.start(host, "IKEEXT") == 1056
    assert services.stop(host, "BFE") == 1051
    host.services["IKEEXT"].exit_code = 5
    assert services.stop(host, "IKEEXT") == 0
    assert host.services["IKEEXT"].exit_code == 0
    host.services["BFE"].start_type = StartType.DISABLED
    assert services.stop(host, "BFE") == 0
    assert services.start(host, "IKEEXT") == 1068


def test_the_clock_can_be_set() -> None:
    host = Host.create("h")
    host.clock.set(1000.0)
    host.clock.advance(5)
    assert host.clock.now() == 1005.0
