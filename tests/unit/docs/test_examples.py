# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a reader may copy is right: every task and role variable in a document, a role or a playbook.

Tasks pass the argument spec of their module and the checks that the module makes before it asks a host. Templated
values are replaced by stand-ins first, so that the rest of the task is checked too.
"""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from guides import Loader, markdown_blocks, rst_blocks

from ansible_collections.winsec.ipsec.plugins.module_utils._argspec import SPECS
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "winsec.ipsec."
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
GUIDES = sorted((ROOT / "docs/docsite/rst").glob("*.rst"))
BLOCK_KEYS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")

FLOWS = [{"name": "Web", "from": "web", "to": "sql"}]
# What a templated value is replaced by where the type alone says too little.
STAND_INS: dict[str, Any] = {
    "version": "2016",
    "filters": [{"destination": "10.0.1.20"}],
    "security_methods": [{"esp_encryption": "3des", "esp_integrity": "sha1"}],
    "authentication": [{"method": "kerberos"}],
    "peers": ["10.0.1.20"],
    "protocols": ["ike", "esp"],
    "associations": {"known": False},
    "verify_sessions": [{"name": "web", "protocol": "http", "host": "mail.example.com"}],
    "proof": {"title": "Proof", "made": "2026-11-25T04:20:00Z"},
    "associations_before": {"known": False},
    "exemption_level": 3,
    "services": {},
    "config": {},
    "ipsec_flows": FLOWS,
    "intent.flows": FLOWS,
    "ipsec__intent.flows": FLOWS,
    "flows": [{"from": "fe", "to": "be"}],
    "verify__judged": [
        {"name": "fe", "role": "front-end", "address": "10.0.0.10"},
        {"name": "be", "role": "back-end", "address": "10.0.1.20"},
    ],
    "deployment_hosts": [{"name": "web1", "addresses": ["10.0.1.10"]}],
}
BY_TYPE: dict[str, Any] = {
    "raw": "x",
    "str": "text",
    "path": "folder",
    "int": 120,
    "bool": True,
    "list": [],
    "dict": {},
}


def sources() -> Iterator[tuple[str, str]]:
    """Yield every YAML text with the place where it stands."""
    for path in sorted((ROOT / "plugins/modules").glob("*.py")):
        module = importlib.import_module(f"ansible_collections.winsec.ipsec.plugins.modules.{path.stem}")
        yield f"{path.stem}:EXAMPLES", module.EXAMPLES
    for path in sorted((ROOT / "plugins").glob("filter/*.yml")):
        yield f"{path.stem}:EXAMPLES", yaml.safe_load(path.read_text())["EXAMPLES"]
    for path in sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")]):
        yield str(path.relative_to(ROOT)), path.read_text()
    for path in sorted((ROOT / "tests/lab/example").glob("**/*.yml")):
        yield str(path.relative_to(ROOT)), path.read_text()
    for path in GUIDES:
        for number, block in enumerate(rst_blocks(path.read_text()), 1):
            yield f"{path.name}#{number}", block
    for path in [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md"))]:
        for number, block in enumerate(markdown_blocks(path.read_text()), 1):
            yield f"{path.relative_to(ROOT)}#{number}", block


DOCUMENTS = [(where, yaml.load(text, Loader)) for where, text in sources()]


def tasks_in(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield (module, arguments) of each task of ours, blocks included."""
    if isinstance(node, list):
        for item in node:
            yield from tasks_in(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in BLOCK_KEYS:
                yield from tasks_in(value)
            elif str(key).startswith(COLLECTION):
                yield key.removeprefix(COLLECTION), value or {}


def role_variables_in(node: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (role, variable, value) of each variable that belongs to one of our roles."""
    if isinstance(node, list):
        for item in node:
            yield from role_variables_in(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            role = next((name for name in ROLES if re.match(rf"{name}_(?!_)", str(key))), None)
            if role is not None:
                yield role, key, value
            else:
                yield from role_variables_in(value)


def templated(value: Any) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def filled(value: Any, option: dict[str, Any], name: str = "") -> Any:
    """Return the value with stand-ins of the right type for what is templated."""
    if templated(value):
        # By the option, or by the variable when it stands alone, or by a filter: some share a name and no shape.
        alone = re.fullmatch(r"\{\{ ([\w.]+) \}\}", value)
        through = re.search(r"\| winsec\.ipsec\.(\w+)", value)
        known = next((key for key in (alone and alone[1], through and through[1], name) if key in STAND_INS), None)
        if known is not None:
            return copy.deepcopy(STAND_INS[known])
        return option["choices"][0] if "choices" in option else copy.copy(BY_TYPE[option.get("type", "str")])
    if isinstance(value, dict):
        options = option.get("options") or {}
        return {key: filled(item, options.get(key, {}), key) for key, item in value.items()}
    if isinstance(value, list):
        element = {"type": option.get("elements", "str"), "options": option.get("options")}
        return [filled(item, element) for item in value]
    return value


def refusal(module: str, args: Any) -> str:
    """Return why a task would be refused before any host is asked, empty when it would not."""
    spec = SPECS.get(module)
    if spec is None:
        return f"there is no module {COLLECTION}{module}"
    given = filled(args, {"type": "dict", "options": spec})
    errors = ArgumentSpecValidator(spec).validate(given).error_messages
    if errors:
        return "; ".join(errors)
    action = importlib.import_module(f"ansible_collections.winsec.ipsec.plugins.action.{module}").ActionModule
    nothing = dict.fromkeys(("task", "connection", "play_context", "loader", "templar", "shared_loader_obj"))
    try:
        action(**nothing).check(given)
    except (IpsecError, AnsibleActionFail) as error:
        return str(error)
    return ""


def role_refusal(role: str, name: str, value: Any) -> str:
    """Return why a role would refuse a variable, empty when it would not."""
    text = (ROOT / "roles" / role / "meta/argument_specs.yml").read_text()
    options = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    spec = {name: options[name]} if name in options else {}
    given = {name: filled(value, options.get(name, {}), name)}
    return "; ".join(ArgumentSpecValidator(spec).validate(given).error_messages)


TASKS = [(where, module, args) for where, document in DOCUMENTS for module, args in tasks_in(document)]
VARIABLES = [(where, *found) for where, document in DOCUMENTS for found in role_variables_in(document)]


@pytest.mark.parametrize(
    ("where", "module", "args"), TASKS, ids=[f"{where}-{module}" for where, module, _args in TASKS]
)
def test_tasks_would_not_be_refused(where: str, module: str, args: Any) -> None:
    assert refusal(module, args) == "", where


@pytest.mark.parametrize(("where", "role", "name", "value"), VARIABLES, ids=[f"{v[0]}-{v[2]}" for v in VARIABLES])
def test_role_variables_would_not_be_refused(where: str, role: str, name: str, value: Any) -> None:
    assert role_refusal(role, name, value) == "", where


def test_nothing_that_a_host_said_becomes_a_file_of_variables() -> None:
    """Ansible evaluates the templates in such a file, on the controller."""
    for where, text in sources():
        assert not re.search(r"include_vars|(?:dest|path): .*(?:host|group)_vars", text), where


def test_every_kind_of_document_was_found() -> None:
    with_tasks = {where.partition("#")[0] for where, _module, _args in TASKS}
    expected = {f"{name}:EXAMPLES" for name in SPECS} | {"README.md", "guide_quick_start.rst", "guide_model.rst"}
    assert expected <= with_tasks
    assert any(where.startswith("roles/") for where in with_tasks)
    assert any(where.startswith("playbooks/") for where in with_tasks)
    assert {role for _where, role, _name, _value in VARIABLES} == set(ROLES)


@pytest.mark.parametrize("path", [*GUIDES, ROOT / "README.md"], ids=lambda path: path.name)
def test_no_yaml_block_escapes(path: Path) -> None:
    text = path.read_text()
    announced = len(re.findall(r"code-block:: ya?ml|^```ya?ml", text, re.MULTILINE))
    found = list(rst_blocks(text)) if path.suffix == ".rst" else list(markdown_blocks(text))
    assert len(found) == announced
    assert all(yaml.load(block, Loader) for block in found)


@pytest.mark.parametrize(
    ("module", "args", "words"),
    [
        ("filter_list", {"name": "A", "filter": []}, "filter"),
        ("filter_list", {"name": "A", "filters": [{"port": 80}]}, "port"),
        ("filter_list", {"name": "A", "filters": [{"destination_port": 80}]}, "no port with protocol any"),
        ("filter_list", {"name": "A", "filters": "{{ found }}", "mirrored": True}, "mirrored"),
        ("filter_action", {"name": "A", "action": "require"}, "require"),
        ("policies", {"config": {"filter_actions": [{"name": "A & B"}]}}, "reinterpret"),
        ("policies", {"config": {"policies": [{"name": "A"}], "assigned": "A"}, "state": "deleted"}, "deleted"),
        ("policies_info", {"query": "policies[?"}, "JMESPath"),
        ("policy_set", {}, "no module"),
    ],
)
def test_wrong_tasks_are_found(module: str, args: Any, words: str) -> None:
    assert words in refusal(module, args)


def test_wrong_role_variables_are_found() -> None:
    assert "frontend_port" in role_refusal("frontend", "frontend_port", [80])
    assert "dict" in role_refusal("verify", "verify_networks", ["10.0.0.0/8"])
