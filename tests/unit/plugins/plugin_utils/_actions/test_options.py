# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as the argument specification makes them, and what among them came from a vault."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.vault import VaultLib, VaultSecret
from hypothesis import given
from hypothesis import strategies as st
from key_places import CANARY, TREES, places, replaced, spelled, thinned

from ansible_collections.winsec.ipsec.plugins.module_utils._argspec import SPECS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.options import as_specified, plain
from ansible_collections.winsec.ipsec.plugins.plugin_utils._actions.vault import vaulted
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, masked, shown

Data = dict[str, Any]
TYPES = {"str": str, "path": str, "int": int, "bool": bool, "list": list, "dict": dict, "raw": object}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["yes", " no ", "1", " 5 ", "-3", "5.0", "a, b", ",", "TCP", "Present", "[1]", "{}", "٣"])
)
ANYTHING = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3)
)


def fits(spec: Data, data: Data) -> bool:
    """Tell whether every option has the type that the specification names, below too."""
    for key, value in data.items():
        rule = spec[key]
        if rule["type"] == "raw":
            continue
        if value is None or not isinstance(value, TYPES[rule["type"]]):
            return False
        below = value if isinstance(value, list) else [value]
        if "options" in rule and not all(fits(rule["options"], item) for item in below):
            return False
        if rule.get("elements") in ("str", "int") and not all(
            isinstance(item, TYPES[rule["elements"]]) for item in below
        ):
            return False
    return True


@given(seed=st.integers(0, 2**32), value=ANYTHING)
def test_ansible_never_has_the_last_word_about_options(seed: int, value: object) -> None:
    choice = random.Random(seed)
    for module, whole in TREES.items():
        tree = thinned(whole, lambda: choice.random() < 0.95)
        found = [place.path for place in places(module, tree) if place.path]
        args = replaced(tree, choice.choice(found), value) if found else tree
        try:
            done = as_specified(SPECS[module], args)
        except IpsecError as refusal:
            assert refusal.path != "the options", str(refusal)
            continue
        assert fits(SPECS[module], done), done
        # It is what Ansible's validation says, without what nobody gave.
        assert as_specified(SPECS[module], done) == done


@pytest.mark.parametrize("module", sorted(TREES))
def test_options_that_are_right_come_out_as_ansible_makes_them(module: str) -> None:
    result = ArgumentSpecValidator(SPECS[module]).validate(plain(TREES[module]))
    assert not result.errors.errors
    done = as_specified(SPECS[module], TREES[module])
    assert all(done.get(key) == value for key, value in TREES[module].items() if not isinstance(value, (dict, list)))
    assert set(done) == {key for key, value in result.validated_parameters.items() if value is not None}


def test_a_whole_file_of_variables_from_a_vault(tmp_path: Path) -> None:
    tags = pytest.importorskip("ansible._internal._datatag._tags")
    secret, clear = tmp_path / "secret.yml", tmp_path / "clear.yml"
    secret.write_bytes(VaultLib([("default", VaultSecret(b"open"))]).encrypt("key: x"))
    clear.write_text("key: x")
    options = {
        "name": tags.Origin(path=str(secret)).tag("from the vault"),
        "rules": [{"number": tags.Origin(path=str(secret)).tag(12345)}, tags.Origin(path=str(clear)).tag("clear")],
        "gone": tags.Origin(path=str(tmp_path / "gone.yml")).tag("gone"),
        "word": tags.Origin(description="command line").tag("word"),
        "value": tags.VaultedValue(ciphertext="x").tag("one value"),
        "flag": True,
    }
    assert set(vaulted(options)) == {"from the vault", "12345", "one value"}
    made = plain(options)
    assert made["rules"] == [{"number": 12345}, "clear"]
    assert {type(item) for item in (made["name"], made["value"], made["rules"][1])} == {str}
    assert {type(made["rules"][0]["number"])} == {int}


@given(before=st.text(max_size=30), secret=st.text(min_size=8, max_size=40), after=st.text(max_size=30))
def test_a_secret_is_in_no_refusal_that_knows_it(before: str, secret: str, after: str) -> None:
    secret = f"{secret}{CANARY}"
    text = f"{before}{secret}{after}"
    for value in (text, secret, secret[3:], [text], {"name": text}, {text: None}):
        told = IpsecError(f"networks[{text!r}]", value, f"a name like {secret!r}", f"Write {secret.strip()}.")
        assert CANARY.casefold() not in told.told([secret]).casefold()
    assert CANARY.casefold() not in masked(text.upper(), [secret]).casefold()


def test_other_values_are_shown_as_ever() -> None:
    error = IpsecError("name", "Web", "a name", "Correct it.")
    assert (
        error.told([])
        == error.told(["Quiet-Harbour-41"])
        == str(error)
        == "name is 'Web': expected a name. Correct it."
    )
    assert (shown(["a"]), shown({"a": 1}), shown(("a",)), shown([]), shown({})) == (
        "a list (not shown)",
        "a mapping (not shown)",
        "a list (not shown)",
        "[]",
        "{}",
    )
    assert spelled({"a": [CANARY]}, "x") == {"a": ["x"]}
