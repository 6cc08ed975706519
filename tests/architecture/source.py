"""The project's own files, for the tests of this folder."""

import ast
import gc
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "vrooli"


@cache
def tracked() -> tuple[Path, ...]:
    """Files that belong to the project: known to git, or about to be (new and not ignored)."""
    # The checkout may belong to somebody else than whoever runs the tests (a container's root).
    git = ["git", "-c", "safe.directory=*"]
    command = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(file for file in files if file.is_file()))


def python(*folders: str) -> list[Path]:
    """Python files below these folders of the project."""
    tops = [ROOT / folder for folder in folders]
    return [
        file
        for file in tracked()
        if file.suffix == ".py" and any(file.is_relative_to(top) for top in tops)
    ]


def name(file: Path) -> str:
    """How a file is called in a message."""
    return str(file.relative_to(ROOT))


def lines(file: Path) -> int:
    """Number of lines."""
    return len(file.read_text(encoding="utf-8").splitlines())


@cache
def tree(file: Path) -> ast.Module:
    """The parsed file."""
    # A million nodes that stay: to look whether they can be freed takes longer than to make them.
    gc.disable()
    try:
        return ast.parse(file.read_text(encoding="utf-8"), str(file))
    finally:
        gc.freeze()
        gc.enable()


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and nested ones too."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(file: Path) -> set[str]:
    """Full names of all modules that a file imports, at the top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found
