# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small mistakes in the code of functions, made one at a time in the syntax tree.

A mutant is a function with one change: a comparison the other way round or off by one, ``and`` for ``or``, a condition
negated, a number one larger, a short text with another one in its place, a result forgotten, a statement left out.
Texts for people (those with a blank, and everything in f-strings) are left alone: no test compares whole sentences.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

Function = ast.FunctionDef | ast.AsyncFunctionDef
Edit = Callable[[ast.AST], ast.AST]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the file, the line, what is done, and the outermost function around it."""

    path: Path
    line: int
    what: str
    function: str
    first_line: int
    number: int

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line} in {self.function}: {self.what}"

    def code(self) -> CodeType:
        """Return the code of the changed function."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        function = next(each for each in _functions(tree) if _first_line(each) == self.first_line)
        node, _what, edit = list(_edits(function))[self.number]
        _Swap(node, edit).visit(function)
        ast.fix_missing_locations(tree)
        return _code_of(compile(tree, str(self.path), "exec"), self.function, self.first_line)


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of the functions and methods of a file, in the order of the text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in _functions(tree):
        for number, (node, what, _edit) in enumerate(_edits(function)):
            place = node.target if isinstance(node, ast.comprehension) else node
            yield Mutant(path, getattr(place, "lineno", 0), what, function.name, _first_line(function), number)


def _functions(tree: ast.Module) -> Iterator[Function]:
    """Yield functions and methods, not those inside of others."""
    for node in tree.body:
        for each in node.body if isinstance(node, ast.ClassDef) else (node,):
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield each


def _first_line(function: Function) -> int:
    return function.decorator_list[0].lineno if function.decorator_list else function.lineno


def _code_of(code: CodeType, name: str, first_line: int) -> CodeType:
    """Return the code of a function from the code of its module."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name and constant.co_firstlineno == first_line:
                return constant
            try:
                return _code_of(constant, name, first_line)
            except LookupError:
                continue
    raise LookupError(name)


class _Swap(ast.NodeTransformer):
    """Puts the edited form in the place of one node."""

    def __init__(self, node: ast.AST, edit: Edit) -> None:
        self._node, self._edit = node, edit

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._node:
            return ast.copy_location(self._edit(node), node)
        return self.generic_visit(node)


def _edits(function: Function) -> Iterator[tuple[ast.AST, str, Edit]]:
    """Yield the places of a function that can be changed: node, what is done, how."""
    documented = ast.get_docstring(function, clean=False) is not None
    for statement in function.body[1 if documented else 0 :]:
        for node in _walk(statement):
            yield from ((node, what, edit) for what, edit in _edits_of(node))


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, in the order of the text; annotations and f-strings are left out."""
    yield node
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "format_spec") or isinstance(node, ast.JoinedStr):
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _edits_of(node: ast.AST) -> Iterator[tuple[str, Edit]]:
    match node:
        case ast.Compare(ops=[operator]):
            other = _COMPARISONS[type(operator)]
            yield f"{type(operator).__name__} -> {other.__name__}", _with(ops=[other()])
        case ast.BoolOp(op=ast.And()):
            yield "and -> or", _with(op=ast.Or())
        case ast.BoolOp(op=ast.Or()):
            yield "or -> and", _with(op=ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "without not", _instead(operand)
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            other_ = _OPERATORS[type(operator)]
            yield f"{type(operator).__name__} -> {other_.__name__}", _with(op=other_())
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", _with(value=not value)
        case ast.Constant(value=int(number)):
            yield f"{number} -> {number + 1}", _with(value=number + 1)
        case ast.Constant(value=str(text)) if text and " " not in text:
            yield f"{text!r} -> another text", _with(value=f"{text}X")
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "return None", _with(value=ast.Constant(None))
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition negated", _negated
        case ast.comprehension(ifs=[_, *_]):
            yield "without the condition", _with(ifs=[])
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield "left out", _instead(ast.Pass())


def _instead(other: ast.AST) -> Edit:
    return lambda _node: other


def _negated(node: ast.AST) -> ast.AST:
    test = getattr(node, "test")  # noqa: B009  # only nodes that have one come here
    return _with(test=ast.UnaryOp(ast.Not(), test))(node)


def _with(**fields: object) -> Edit:
    def edit(node: ast.AST) -> ast.AST:
        twin = copy.copy(node)
        for name, value in fields.items():
            setattr(twin, name, value)
        return twin

    return edit
