# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which libraries of others a room may use: the allow-list that contracts of import-linter cannot express.

Who may import whom among ourselves stands in pyproject.toml.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("ansible_collections.winsec.ipsec.plugins.",)
STDLIB = frozenset(sys.stdlib_module_names)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Patterns of fnmatch, where ``*`` also matches ``/`` and ``.``: files below plugins, without suffix, and modules.

    The first allowance whose pattern a file matches counts. The standard library is always allowed.
    """

    files: str
    libraries: tuple[str, ...] = ()


ALLOWANCES = (
    # The one optional library of the controller, imported guarded.
    Allowance("plugin_utils/_actions/query", ("ansible.errors", "ansible.module_utils.basic", "jmespath")),
    Allowance("action/*", ("ansible.errors",)),
    Allowance("plugin_utils/_actions/*", ("ansible", "ansible.*")),
    Allowance("plugin_utils/_remote/winrs"),
    # Guarded too: what is loaded once for all hosts.
    Allowance("plugin_utils/_remote/warm", ("ansible.*", "spnego", "spnego.*")),
    Allowance("plugin_utils/_remote/*", ("ansible", "ansible.*")),
    # Ansible brings it to the controller, so nothing is added to what users install.
    Allowance("plugin_utils/_report/*", ("jinja2",)),
    Allowance("plugin_utils/*"),
    Allowance("module_utils/*"),
    Allowance("modules/*", ("ansible.module_utils.*",)),
    Allowance("filter/*", ("ansible.errors", "ansible.module_utils.*", "ansible.utils.unsafe_proxy")),
    Allowance("connection/*", ("ansible", "ansible.*", "spnego.*", "winrm", "winrm.*")),
    Allowance("doc_fragments/*"),
)


def libraries(tree: ast.AST) -> Iterator[str]:
    """Yield the modules of others that a file imports, by ``import_module`` and ``__import__`` with a literal too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found = tuple(alias.name for alias in names)
            case ast.ImportFrom(module="ansible", names=names, level=0):
                found = tuple(f"ansible.{alias.name}" for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                found = (module,)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                found = (module,)
            case _:
                continue
        yield from (each for each in found if each.partition(".")[0] not in STDLIB and not f"{each}.".startswith(OURS))


def findings(plugins: Path) -> list[str]:
    """Return one sentence for every library that a file below ``plugins`` may not use."""
    found = []
    for path in sorted(plugins.rglob("*.py")):
        place = path.relative_to(plugins).with_suffix("").as_posix()
        allowance = next((one for one in ALLOWANCES if fnmatchcase(place, one.files)), None)
        if allowance is None:
            found.append(f"{place} has no allowance")
            continue
        for each in libraries(ast.parse(path.read_text(encoding="utf-8"))):
            if not any(fnmatchcase(each, pattern) for pattern in allowance.libraries):
                found.append(f"{place} imports {each}")
    return found


def test_rooms_use_no_other_libraries() -> None:
    assert list((ROOT / "plugins").rglob("*.py"))
    assert findings(ROOT / "plugins") == []


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


SOUND = {
    "plugin_utils/_policies/model.py": "import dataclasses\nfrom . import errors\nfrom os import path",
    "plugin_utils/_actions/base.py": "from ansible.plugins.action import ActionBase\nfrom ansible import errors",
    "plugin_utils/_remote/connection.py": "from ansible.errors import AnsibleError",
    "plugin_utils/_remote/winrs.py": "import subprocess",
    "plugin_utils/_report/page.py": "from jinja2 import Environment",
    "plugin_utils/_actions/query.py": "from ansible.errors import AnsibleActionFail\nimport jmespath",
    "modules/policy.py": (
        "from ansible.module_utils.basic import AnsibleModule\n"
        "from ansible_collections.winsec.ipsec.plugins.module_utils._argspec import POLICY"
    ),
    "filter/render.py": "from ansible.errors import AnsibleFilterError",
    "connection/winrs.py": "from ansible.plugins.connection import ConnectionBase\nimport winrm.protocol",
}


def test_a_sound_tree_passes(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "finding"),
    [
        ("plugin_utils/_policies/model.py", "from ansible import errors", "_policies/model imports ansible.errors"),
        ("plugin_utils/_policies/model.py", "import attrs", "_policies/model imports attrs"),
        ("plugin_utils/_flows/x.py", "def f():\n    import yaml", "_flows/x imports yaml"),
        ("plugin_utils/_flows/x.py", "import importlib\nimportlib.import_module('yaml')", "_flows/x imports yaml"),
        ("plugin_utils/_flows/x.py", "__import__('yaml.reader')", "_flows/x imports yaml.reader"),
        ("plugin_utils/_proof/x.py", "import jinja2", "_proof/x imports jinja2"),
        ("plugin_utils/_remote/winrs.py", "import winrm", "_remote/winrs imports winrm"),
        ("plugin_utils/_actions/base.py", "import jmespath", "_actions/base imports jmespath"),
        ("action/policy.py", "from ansible.plugins import action", "action/policy imports ansible.plugins"),
        ("modules/policy.py", "from ansible.errors import AnsibleError", "modules/policy imports ansible.errors"),
        ("module_utils/_argspec.py", "from ansible.module_utils import basic", "_argspec imports ansible.module_utils"),
        ("connection/winrs.py", "import winlab", "connection/winrs imports winlab"),
        ("connection/winrs.py", "import ansible_collections.microsoft.ad", "imports ansible_collections.microsoft.ad"),
        ("lookup/secret.py", "import json", "lookup/secret has no allowance"),
    ],
)
def test_a_library_that_is_not_allowed_is_found(tmp_path: Path, name: str, text: str, finding: str) -> None:
    write(tmp_path, {**SOUND, name: text})
    assert any(finding in found for found in findings(tmp_path)), findings(tmp_path)
