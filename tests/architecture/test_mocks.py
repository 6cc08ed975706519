"""Tests use the shipped fakes and real servers; a mock proves only what it was told."""

import ast
from pathlib import Path

from tests.architecture.source import functions, name, python, tree

MOCKS = {"patch", "Mock", "MagicMock", "AsyncMock", "create_autospec"}
PER_TEST = 0.1


def mocks(file: Path) -> int:
    """Uses of the names that stand for a mock; `monkeypatch.setattr` is one as well."""
    count = 0
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            count += node.attr in MOCKS or (owner == "monkeypatch" and node.attr == "setattr")
        elif isinstance(node, ast.Name):
            count += node.id in MOCKS
    return count


def test_mocks_are_the_exception() -> None:
    files = python("tests")
    tests = sum(node.name.startswith("test_") for file in files for node in functions(file))
    assert sum(map(mocks, files)) <= PER_TEST * tests


def test_contracts_and_promises_are_tested_without_mocks() -> None:
    mocked = [name(file) for file in python("tests/contract", "tests/acceptance") if mocks(file)]
    assert not mocked
