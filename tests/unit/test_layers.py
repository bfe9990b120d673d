# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrows between the layers: who may import whom, inside the collection and between the collection and its lab.

The checker reads imports from the syntax tree, so that nothing needs to be importable; its own tests run it over small
trees that break one rule each.
"""

from __future__ import annotations

import ast
import sys
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.winsec.ipsec."
STDLIB = frozenset(sys.stdlib_module_names)


@dataclass(frozen=True, slots=True)
class Layer:
    """Files of one kind and what they may import.

    All patterns are those of fnmatch, where ``*`` also matches ``/`` and ``.``: ``files`` over paths without suffix
    from the repository root; ``inside`` over such paths of imported files; ``outside`` over dotted names of modules of
    others (the standard library is always allowed).
    """

    name: str
    files: tuple[str, ...]
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


CORE = "plugins/plugin_utils/_ipsec*"
FIREWALL = "plugins/plugin_utils/_firewall*"
PROOF = "plugins/plugin_utils/_proof*"
SESSIONS = "plugins/plugin_utils/_sessions*"
REPORT = "plugins/plugin_utils/_report*"
CORES = (CORE, FIREWALL, PROOF, REPORT, SESSIONS)
REMOTE = "plugins/plugin_utils/_remote*"
WINRS = "plugins/plugin_utils/_winrs*"
GLUE = "plugins/plugin_utils/_action*"
SPEC = "plugins/module_utils/_argspec*"
VAULT = "plugins/plugin_utils/_vault"
SAID = "plugins/plugin_utils/_ipsec/said"
VALUES = ("plugins/plugin_utils/_ipsec/errors", "plugins/plugin_utils/_ipsec/values")
FIELDS = "plugins/plugin_utils/_ipsec/document/fields"
# What the firewall core has in common with the policy core: values, errors, how options are read, and the way of
# asking a host.
SHARED = tuple(
    f"plugins/plugin_utils/_ipsec/{name}"
    for name in (
        "document/fields",
        "errors",
        "keys",
        "naming",
        "netsh",
        "questions",
        "registry",
        "said",
        "session",
        "values",
        "versions",
    )
)

LAYERS = (
    Layer("core", (CORE,), inside=(CORE,)),
    Layer("firewall core", (FIREWALL,), inside=(FIREWALL, *SHARED)),
    Layer("proof core", (PROOF,), inside=(PROOF, CORE)),
    Layer("report", (REPORT,), inside=(REPORT, CORE)),
    Layer("sessions", (SESSIONS,), inside=(SESSIONS, FIELDS, *VALUES)),
    Layer("remote", (REMOTE,), inside=(REMOTE, SAID, *VALUES), outside=("ansible", "ansible.*")),
    # The one optional library of the controller, imported guarded.
    Layer(
        "query",
        ("plugins/plugin_utils/_action_policies_info",),
        inside=(GLUE, REMOTE, CORE, SPEC),
        outside=("ansible", "ansible.*", "jmespath"),
    ),
    Layer("vault", (VAULT,), inside=VALUES, outside=("ansible", "ansible.*")),
    Layer("glue", (GLUE,), inside=(GLUE, REMOTE, VAULT, *CORES, SPEC), outside=("ansible", "ansible.*")),
    Layer("action", ("plugins/action/*",), inside=(GLUE, SPEC)),
    Layer("spec", (SPEC,), inside=(SPEC,)),
    Layer("module", ("plugins/modules/*",), inside=(SPEC,), outside=("ansible.module_utils.*",)),
    Layer(
        "filter",
        ("plugins/filter/*",),
        inside=(CORE, FIREWALL, VAULT),
        outside=("ansible.errors", "ansible.module_utils.*", "ansible.utils.unsafe_proxy"),
    ),
    Layer("shell client", (WINRS,), inside=(SAID,)),
    Layer(
        "connection",
        ("plugins/connection/*",),
        inside=(SAID, WINRS),
        outside=("ansible", "ansible.*", "winrm", "winrm.*"),
    ),
    Layer("documentation", ("plugins/doc_fragments/*",)),
)


def module_files(root: Path, folder: str) -> dict[str, Path]:
    """Return path without suffix -> file for every module below ``folder``; a package stands under its folder."""
    found = {}
    for path in sorted((root / folder).rglob("*.py")):
        place = path.relative_to(root).with_suffix("")
        found[(place.parent if place.name == "__init__" else place).as_posix()] = path
    return found


def imports(tree: ast.AST) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield (level, module, names) of every import, of ``import_module`` and ``__import__`` with a literal too."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield 0, alias.name, ()
            case ast.ImportFrom(module=module, names=names, level=level):
                yield level, module or "", tuple(alias.name for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield 0, module, ()


def targets(place: str, path: Path, known: t.Container[str]) -> Iterator[str]:
    """Yield what a file imports: paths from the repository root for our own files, dotted names for others."""
    package = place.split("/") if path.name == "__init__.py" else place.split("/")[:-1]
    for level, module, names in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if level:
            base = "/".join([*package[: len(package) - level + 1], *filter(None, module.split("."))])
        elif f"{module}.".startswith(COLLECTION):
            base = f"{module}."[len(COLLECTION) : -1].replace(".", "/")
        else:
            yield from (f"{module}.{name}" for name in names) if module == "ansible" else (module,)
            continue
        for name in names or ("",):
            # "from .package import name" means the module of that name where there is one.
            inner = f"{base}/{name}".strip("/")
            yield inner if inner in known else f"{base}/"


def allowed(target: str, layer: Layer) -> bool:
    """Whether a file of ``layer`` may import ``target`` (as yielded by targets)."""
    own = "/" in target
    if not own and target.partition(".")[0] in STDLIB:
        return True
    return any(fnmatchcase(target.rstrip("/"), pattern) for pattern in (layer.inside if own else layer.outside))


def cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return one cycle of ``graph`` as a list of nodes, the first repeated at the end; empty when there is none."""
    done: set[str] = set()

    def visit(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        for following in sorted(graph.get(node, ())):
            found = visit(following, [*trail, node])
            if found:
                return found
        done.add(node)
        return []

    for start in sorted(graph):
        found = visit(start, [])
        if found:
            return found
    return []


def plugin_findings(root: Path) -> list[str]:
    """Return one sentence for every import below ``plugins`` that goes against the layers, and for a cycle."""
    files = module_files(root, "plugins")
    findings = []
    graph: dict[str, set[str]] = {}
    for place, path in files.items():
        edges = set(targets(place, path, files))
        graph[place] = {edge.rstrip("/") for edge in edges} & files.keys()
        if path.name == "__init__.py" and not edges:
            continue  # a package marker
        layer = next((layer for layer in LAYERS if any(fnmatchcase(place, pattern) for pattern in layer.files)), None)
        if layer is None:
            findings.append(f"{place} belongs to no layer")
            continue
        wrong = sorted(edge for edge in edges if not allowed(edge, layer))
        findings += [f"{place} ({layer.name}) imports {edge.rstrip('/')}" for edge in wrong]
    ring = cycle(graph)
    if ring:
        findings.append(f"import cycle: {' -> '.join(ring)}")
    return findings


def lab_findings(root: Path) -> list[str]:
    """Return one sentence for every import below ``tests/lab`` of the collection."""
    files = module_files(root, "tests/lab")
    findings = []
    for place, path in files.items():
        for edge in sorted(set(targets(place, path, files))):
            inside = edge.startswith("tests/lab/")
            foreign = edge.partition(".")[0] in ("ansible_collections", "plugins") or ("/" in edge and not inside)
            if foreign:
                findings.append(f"{place} imports {edge.rstrip('/')}")
    return findings


def test_plugins_keep_their_layers() -> None:
    assert module_files(ROOT, "plugins")
    assert plugin_findings(ROOT) == []


def test_lab_does_not_know_the_collection() -> None:
    assert module_files(ROOT, "tests/lab")
    assert lab_findings(ROOT) == []


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


SOUND = {
    "plugins/plugin_utils/_ipsec/__init__.py": "from .model import Policy",
    "plugins/plugin_utils/_ipsec/errors.py": "import enum",
    "plugins/plugin_utils/_ipsec/model.py": "import dataclasses\nfrom . import errors",
    "plugins/plugin_utils/_ipsec/document/__init__.py": "from ..model import Policy",
    "plugins/plugin_utils/_firewall/__init__.py": "",
    "plugins/plugin_utils/_firewall/rules.py": "from .._ipsec import errors\nfrom .._ipsec.errors import Wrong",
    "plugins/plugin_utils/_remote.py": "from ansible.errors import AnsibleError\nfrom ._ipsec.errors import Wrong",
    "plugins/plugin_utils/_action.py": (
        "from ansible.plugins.action import ActionBase\nfrom . import _remote\nfrom ._ipsec import model, Policy\n"
        "from ..module_utils import _argspec"
    ),
    "plugins/module_utils/_argspec.py": "from __future__ import annotations",
    "plugins/action/policy.py": "from ..plugin_utils._action import Base\nfrom ..module_utils._argspec import POLICY",
    "plugins/modules/policy.py": (
        "from ansible.module_utils.basic import AnsibleModule\n"
        f"from {COLLECTION}plugins.module_utils._argspec import POLICY"
    ),
    "plugins/filter/render.py": "from ..plugin_utils._ipsec import model",
    "plugins/plugin_utils/_winrs.py": "import subprocess",
    "plugins/connection/winrs.py": (
        "from ansible.plugins.connection import ConnectionBase\nimport winrm.protocol\n"
        "from ..plugin_utils._winrs import CommandShell"
    ),
    "tests/lab/winlab/__init__.py": "",
    "tests/lab/winlab/host.py": "import spnego\nfrom . import clock\nfrom .clock import now",
    "tests/lab/winlab/clock.py": "import time",
}

# file, its text, what is found; each breaks one rule of the sound tree
BROKEN = [
    ("plugins/plugin_utils/_ipsec/errors.py", "from ansible import errors", "(core) imports ansible.errors"),
    ("plugins/plugin_utils/_ipsec/errors.py", "import attrs", "(core) imports attrs"),
    ("plugins/plugin_utils/_ipsec/errors.py", "from .. import _remote", "(core) imports plugins/plugin_utils/_remote"),
    ("plugins/plugin_utils/_ipsec/errors.py", "from .model import Policy", "import cycle"),
    ("plugins/plugin_utils/_ipsec/document/x.py", "def f():\n    import yaml", "(core) imports yaml"),
    (
        "plugins/plugin_utils/_firewall/x.py",
        "from .._ipsec import model",
        "(firewall core) imports plugins/plugin_utils/_ipsec/model",
    ),
    (
        "plugins/plugin_utils/_sessions/hold.py",
        "from .._ipsec import model",
        "(sessions) imports plugins/plugin_utils/_ipsec/model",
    ),
    (
        "plugins/plugin_utils/_ipsec/errors.py",
        "from .._firewall import rules",
        "(core) imports plugins/plugin_utils/_firewall/rules",
    ),
    ("plugins/plugin_utils/_remote.py", "from . import _action", "(remote) imports plugins/plugin_utils/_action"),
    (
        "plugins/plugin_utils/_remote.py",
        "from ._ipsec import model",
        "(remote) imports plugins/plugin_utils/_ipsec/model",
    ),
    ("plugins/plugin_utils/_remote.py", "from ._ipsec import Policy", "(remote) imports plugins/plugin_utils/_ipsec"),
    ("plugins/plugin_utils/_action.py", "from ..action.policy import A", "(glue) imports plugins/action/policy"),
    ("plugins/plugin_utils/_other.py", "import json", "belongs to no layer"),
    ("plugins/action/policy.py", "from ..plugin_utils import _remote", "(action) imports plugins/plugin_utils/_remote"),
    (
        "plugins/action/policy.py",
        f"import {COLLECTION}plugins.plugin_utils._ipsec.model",
        "(action) imports plugins/plugin_utils/_ipsec/model",
    ),
    ("plugins/action/policy.py", "from ansible.errors import AnsibleError", "(action) imports ansible.errors"),
    ("plugins/action/policy.py", "from .other import x", "(action) imports plugins/action/other"),
    ("plugins/modules/policy.py", "from ansible.errors import AnsibleError", "(module) imports ansible.errors"),
    (
        "plugins/modules/policy.py",
        "from ..plugin_utils import _action",
        "(module) imports plugins/plugin_utils/_action",
    ),
    ("plugins/module_utils/_argspec.py", "from ansible.module_utils import basic", "(spec) imports"),
    ("plugins/filter/render.py", "from ..plugin_utils import _remote", "(filter) imports plugins/plugin_utils/_remote"),
    ("plugins/plugin_utils/_winrs.py", "import winrm", "(shell client) imports winrm"),
    (
        "plugins/connection/winrs.py",
        "from ..plugin_utils import _remote",
        "(connection) imports plugins/plugin_utils/_remote",
    ),
    ("plugins/connection/winrs.py", "import winlab", "(connection) imports winlab"),
    ("plugins/connection/winrs.py", "from ...tests.lab import winlab", "(connection) imports tests/lab"),
    ("plugins/connection/winrs.py", "import importlib\nimportlib.import_module('winlab.host')", "imports winlab.host"),
    ("tests/lab/winlab/host.py", f"import {COLLECTION}plugins.action", "winlab/host imports plugins/action"),
    (
        "tests/lab/winlab/host.py",
        "from plugins.plugin_utils import _remote",
        "winlab/host imports plugins.plugin_utils",
    ),
    ("tests/lab/winlab/host.py", "__import__('ansible_collections')", "winlab/host imports ansible_collections"),
    ("tests/lab/winlab/host.py", "from ....plugins import action", "winlab/host imports plugins"),
]


def test_a_sound_tree_passes(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    assert plugin_findings(tmp_path) + lab_findings(tmp_path) == []


@pytest.mark.parametrize(("name", "text", "finding"), BROKEN)
def test_a_wrong_import_is_found(tmp_path: Path, name: str, text: str, finding: str) -> None:
    write(tmp_path, {**SOUND, name: text})
    findings = plugin_findings(tmp_path) + lab_findings(tmp_path)
    assert any(finding in found for found in findings), findings


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
        ({"a": {"a"}}, ["a", "a"]),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}, []),
    ],
)
def test_cycle(graph: dict[str, set[str]], expected: list[str]) -> None:
    assert cycle(graph) == expected
