# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents that are saved and read back, through Ansible's own templates and filters: what a host said stays data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import host_names
import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.winsec.ipsec.plugins.filter.saved_document import saved_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.said import fit

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19 every text is a template unless it is marked

    def trust_as_template(text: str) -> str:
        return text


EACH = 100
NAMES = [600, pytest.param(6000, marks=pytest.mark.slow)]
SAVED = {
    "site.yml": "{{ found.config | to_nice_json(sort_keys=false) }}",
    "guides": "{{ found.config | to_nice_yaml(indent=2, sort_keys=false) }}",
    "earlier": "{{ {'ipsec_saved': found.config} | to_nice_yaml(indent=2, sort_keys=false) }}",
}
READ = "{{ lookup('ansible.builtin.file', file) | winsec.ipsec.saved_document(file) }}"


@pytest.fixture
def canary() -> Iterator[Path]:
    """Return where a file appears if a text is run; the path is short, since names are."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "c"


def documents(canary: Path, count: int) -> list[dict[str, Any]]:
    """Return documents that hold, together, ``count`` hostile names and as many descriptions."""
    names = host_names.texts(count, str(canary), sendable=True)
    told = [fit(text) for text in host_names.texts(count, str(canary))]
    pairs = list(zip(names, told, strict=True))
    return [document(pairs[start : start + EACH]) for start in range(0, len(pairs), EACH)]


def document(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    action, filters = pairs[0][0], [{"source": "me", "destination": "any", "description": pairs[1][1]}]
    rules = [{"name": name, "filter_list": name, "filter_action": action} for name, _told in pairs[:5]]
    return {
        "filter_lists": [{"name": name, "description": told, "filters": filters} for name, told in pairs],
        "filter_actions": [{"name": action, "description": pairs[2][1], "action": "block"}],
        "policies": [{"name": pairs[0][0], "description": pairs[0][1], "rules": rules}],
        "assigned": pairs[0][0],
    }


def templated(expression: str, **variables: Any) -> Any:
    return Templar(loader=DataLoader(), variables=variables).template(trust_as_template(expression))


@pytest.mark.parametrize("count", NAMES)
@pytest.mark.parametrize("way", SAVED)
def test_what_is_saved_comes_back_as_it_was(way, count, canary, tmp_path):
    file = tmp_path / "fe.saved"
    for config in documents(canary, count):
        file.write_bytes(templated(SAVED[way], found={"config": config}).encode("utf-8"))
        back = templated(READ, file=str(file))
        assert back == config
        # A variable that holds it, asked for once more, is what playbooks have.
        assert templated("{{ saved }}", saved=back) == config
    assert not canary.exists()


def test_a_file_of_variables_would_run_it(canary):
    """The reason for all this: what the text is to Ansible when a playbook's own file holds it."""
    text = host_names.SENDABLE[0].format(canary=canary)
    templated("{{ saved }}", saved=trust_as_template(text))
    assert canary.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "ipsec_saved: [unclosed {{ x }}\n",
            r"fe\.json can be read neither as JSON nor as YAML \(line \d+\)\.",
        ),
        ("a: !!python/object/apply:os.system [x]", r"neither as JSON nor as YAML \(line 1\)"),
        ("", "holds no document"),
        ("[]", "holds no document"),
        ("[" * 100_000, "neither as JSON nor as YAML|holds no document"),
        ('{"policies": [{"name": "A", "rules": 7}]}', r"fe\.json: policies\[0\]\.rules is a number \(not shown\)"),
        ('{"filter_lists": [{"nam": "A"}]}', "Did you mean name"),
    ],
)
def test_a_file_that_holds_no_document_is_named(text, words):
    with pytest.raises(AnsibleFilterError, match=words) as caught:
        saved_document(text, "/saved/fe.json")
    assert "/saved/fe.json" in str(caught.value)
    assert "{{" not in str(caught.value)


def test_a_text_that_a_core_has_marked_is_read() -> None:
    """Before 2.19 what a lookup returns has a type of its own, whose text is of that type again."""
    marked = type("Marked", (str,), {"__str__": lambda self: self})
    assert saved_document(marked("ipsec_saved: {assigned: ''}")) == {"assigned": ""}


def test_the_names_of_earlier_variables_are_not_needed():
    assert saved_document(yaml.safe_dump({"ipsec_config": {"assigned": ""}})) == {"assigned": ""}
    assert saved_document('{"assigned": ""}') == {"assigned": ""}
