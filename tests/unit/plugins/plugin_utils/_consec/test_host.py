# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host answers: versions, an absent group policy and its proof, answers that are none."""

from __future__ import annotations

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.host import QUESTIONS, Host, read_host
from ansible_collections.winsec.ipsec.plugins.plugin_utils._consec.schema import parse_schema, schema_of
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import Section
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_version
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._consec.stores import ROOT, RULE, RULE_ID

GROUP = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\WindowsFirewall"
POLICIES = GROUP.rpartition("\\")[0]
ERROR = Section("ERROR: The system was unable to find the specified registry key or value.\n", 1)


def answered(version: str = "10.0.14393", **sections: Section) -> Host:
    """Return the host of these answers; the others are those of a host without rules and group policy."""
    running = Section("TYPE : 20  WIN32_SHARE_PROCESS\nSTATE : 4  RUNNING\n", 0)
    bare = {
        "version": Section(f"Microsoft Windows [Version {version}]", 0),
        "code_page": Section("", 0),
        "local": Section(f"\n{ROOT}\n    Version    REG_DWORD    0x21a\n", 0),
        "group": ERROR,
        "policies": Section(f"\n{POLICIES}\\Other\n", 0),
        **dict.fromkeys(("mpssvc", "bfe", "ikeext"), running),
        **dict.fromkeys(("assigned", "domain_assigned"), ERROR),
        **{name: ERROR for name in QUESTIONS.commands if name[0] == "l" and name[1:].isdigit()},
    }
    assert bare.keys() == QUESTIONS.commands.keys()
    return read_host({**bare, **sections})


@pytest.mark.parametrize(
    ("product", "schema"),
    [
        ("2003", None),
        ("2008", (2, 1)),
        ("2008 R2", (2, 10)),
        ("2012", (2, 20)),
        ("2012 R2", (2, 22)),
        ("2016", (2, 26)),
        ("2019", (2, 29)),
        ("2022", (2, 31)),
        ("2025", (2, 33)),
        ("10.0.99999", (2, 33)),
    ],
)
def test_schemas(product: str, schema: tuple[int, int] | None) -> None:
    assert schema_of(parse_version(product, "version")) == schema


def test_numbers_of_schemas_are_two_numbers() -> None:
    assert parse_schema("2.9") < parse_schema("2.10")  # type: ignore[operator]
    assert parse_schema("2") is parse_schema("2.x") is parse_schema("2.²") is None


def test_a_bare_host() -> None:
    found = answered().to_data()
    assert (found["schema"], found["supported"], found["why_not"]) == ("2.26", True, "")
    assert found["services"] == {name: {"running": True} for name in ("MpsSvc", "BFE", "IKEEXT")}
    assert found["profiles"] == {
        name: {"on": None, "local_rules_count": True} for name in ("domain", "private", "public")
    }


def test_services_that_do_not_run_or_are_not_there() -> None:
    stopped = Section("TYPE : 20  WIN32_SHARE_PROCESS\nSTATE : 1  STOPPED\n", 0)
    assert answered(mpssvc=stopped, bfe=ERROR).state.services == {"MpsSvc": False, "BFE": False, "IKEEXT": True}


def test_before_vista_nothing_else_is_looked_at() -> None:
    found = answered("5.2.3790", local=ERROR, policies=ERROR)
    assert (found.supported, found.local, found.group) == (False, found.group, found.local)
    assert "2008" in str(found.to_data()["why_not"])


def test_a_group_policy() -> None:
    text = (
        f"\n{GROUP}\n    PolicyVersion    REG_DWORD    0x21a\n    IPsecExempt    REG_DWORD    0x9\n\n"
        f"{GROUP}\\ConSecRules\n    {RULE_ID}    REG_SZ    {RULE}\n\n"
        f"{GROUP}\\DomainProfile\n    AllowLocalIPsecPolicyMerge    REG_DWORD    0x0\n"
        "    EnableFirewall    REG_DWORD    0x1\n"
    )
    found = answered(group=Section(text, 0))
    assert [rule.id for rule in found.group.rules] == [RULE_ID]
    assert found.group.settings.exemptions == ("neighbordiscovery", "dhcp")
    assert (found.state.profiles["domain"].on, found.state.profiles["domain"].local_rules_count) == (True, False)
    assert found.local.rules == ()


@pytest.mark.parametrize(
    "sections",
    [
        {"local": ERROR},
        {"policies": ERROR},
        {"policies": Section(f"\n{GROUP}\n", 0)},  # it is there and was not told
        {"local": Section(f"\n{ROOT}\n    Version    REG_DWORD    1\n\n{ROOT}\\Phase2CryptoSets\n", 0)},
        {"local": Section(f"\n{ROOT}\n    Version    REG_DWORD    1\n\n{ROOT}\\Phase1AuthenticationSet\n", 0)},
        {"local": Section("Access is denied.", 0)},
        {"version": Section("", 0)},
    ],
)
def test_a_silent_host_is_not_taken_for_an_empty_one(sections: dict[str, Section]) -> None:
    with pytest.raises(StoreError):
        answered(**sections)


def test_a_refusal_quotes_no_line() -> None:
    text = f"\n{ROOT}\n    SHKey    REG_DWORD    canary-7f3a9zq\n"
    with pytest.raises(StoreError) as caught:
        answered(local=Section(text, 0))
    assert "7f3a9zq" not in str(caught.value)


def test_the_line_that_asks_fits_into_what_ansible_makes_of_it() -> None:
    """Base64 of UTF-16 behind some words of PowerShell; cmd.exe takes 8191 characters."""
    assert len(QUESTIONS.after_netsh) * 2 * 4 / 3 + 150 < 8191
