"""Who may import whom. import-linter holds the arrows; these tests hold what it cannot see."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT, SOURCE, imports, name, python, tree

# core is the vocabulary: it decides and describes, and touches nothing.
DOERS = {"asyncio", "ctypes", "fcntl", "http", "select", "selectors", "shutil", "signal", "socket"}
DOERS |= {"sqlite3", "ssl", "subprocess", "tempfile", "threading", "urllib.request"}


def contract() -> list[str]:
    """The layers as pyproject.toml states them, highest first."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        linter = tomllib.load(file)["tool"]["importlinter"]
    layers: list[str] = linter["contracts"][0]["layers"]
    return layers


def test_the_import_contracts_are_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_folder_with_code_is_a_package() -> None:
    """import-linter cannot see one without `__init__.py`. Alembic runs migrations by path."""
    folders = {file.parent for file in python("src")}
    bare = [
        str(folder)
        for folder in folders
        if not (folder / "__init__.py").exists()
        and not folder.is_relative_to(SOURCE / "migrations")
        and folder != SOURCE.parent
    ]
    assert not bare


def test_a_package_that_exists_is_no_longer_optional() -> None:
    optional = re.findall(r"\((\w+)\)", " ".join(contract()))
    assert not [package for package in optional if (SOURCE / package).is_dir()]


def test_a_package_file_holds_at_most_one_docstring_line() -> None:
    full = [
        name(file)
        for file in python("src")
        if file.name == "__init__.py" and file.parent != SOURCE
        if not re.fullmatch(r'(""".*"""\n)?', file.read_text(encoding="utf-8"))
    ]
    assert not full, f"whoever imports the package pays for these: {full}"


def by_name(file: Path) -> bool:
    """Whether a file imports what its text does not name; reading our own metadata is none."""
    if any(isinstance(n, ast.Name) and n.id == "__import__" for n in ast.walk(tree(file))):
        return True
    modules = {module for module in imports(file) if module.split(".")[0] == "importlib"}
    return any(not re.match(r"importlib\.(metadata|resources)", module) for module in modules)


def test_only_discovery_imports_by_name() -> None:
    """ruff bans it too, but not below host/, where the same rule must allow process calls."""
    sinners = {name(file) for file in python("src") if by_name(file)}
    assert sinners <= {"src/vrooli/core/discover.py"}


def test_core_imports_only_the_part_of_the_standard_library_that_does_nothing() -> None:
    """And the expression language, which can do nothing either (decision 024)."""
    allowed = sys.stdlib_module_names | {"vrooli", "cel"}
    wrong = {
        f"{name(file)}: {module}"
        for file in python("src/vrooli/core")
        for module in imports(file)
        if module.split(".")[0] not in allowed
        or any(module == doer or module.startswith(f"{doer}.") for doer in DOERS)
    }
    assert not wrong
