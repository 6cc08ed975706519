"""An error that people can do something about says what: the constructors of `Advised` demand it,
and nobody gets around that by saying nothing.
"""

import ast
from functools import cache

from tests.architecture.source import name, python, tree
from vrooli.core.errors import Advised


def test_no_advice_is_empty() -> None:
    silent = [
        where
        for where, node in _nodes()
        if isinstance(node, ast.Call) and _called(node.func) in _kinds()
        if any(given.arg == "next_step" and _is_empty(given.value) for given in node.keywords)
    ]
    assert not silent, f"what can its reader do? {silent}"


def test_what_the_keeper_sends_has_advice_too() -> None:
    silent = [
        where
        for where, node in _nodes()
        if isinstance(node, ast.Call) and _called(node.func) == "Failure" and node.args
        if isinstance(kind := node.args[0], ast.Constant) and kind.value in _kinds()
        if len(node.args) < 3 or _is_empty(node.args[2])
    ]
    assert not silent, f"what can its reader do? {silent}"


def test_no_kind_of_error_makes_its_advice_optional_again() -> None:
    optional = [
        where
        for where, node in _nodes()
        if isinstance(node, ast.ClassDef) and node.name in _kinds()
        for given in ast.walk(node)
        if isinstance(given, ast.arguments)
        for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if argument.arg == "next_step" and _is_empty(default)
    ]
    assert not optional, f"an empty default lets one forget it: {optional}"


@cache
def _kinds() -> frozenset[str]:
    """Names of the classes of advised errors, wherever they are."""
    bases = {
        node.name: {_called(base) for base in node.bases}
        for _, node in _nodes()
        if isinstance(node, ast.ClassDef)
    }
    found = {Advised.__name__}
    while more := {kind for kind, above in bases.items() if above & found} - found:
        found |= more
    assert {"UsageError", "ConfigError", "Refused", "StartFailed"} < found
    return frozenset(found)


@cache
def _nodes() -> tuple[tuple[str, ast.Call | ast.ClassDef], ...]:
    """All that may be an error or a class of them, by place."""
    return tuple(
        (f"{name(file)}:{node.lineno}", node)
        for file in python("src")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call | ast.ClassDef)
    )


def _called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _is_empty(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""
