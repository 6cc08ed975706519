"""A lock holds names, versions and hashes and nothing else, so that it installs from any index."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.source import ROOT, imports, python

LOCKS = ("requirements.lock", "requirements-test.lock")
PIN = r"[a-z0-9-]+==[\w.+!]+( ; [\w '\"=<>!.()]+)? \\"
HASH = r"    --hash=sha256:[0-9a-f]{64}( \\)?"


def pinned(lock: str) -> set[str]:
    """Names in a lock file."""
    return set(re.findall(r"^([\w-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.M))


def plain(requirement: str) -> str:
    """The normalised name of a requirement (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_or_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    strange = [line for line in text.splitlines() if not re.fullmatch(f"{PIN}|{HASH}", line)]
    assert not strange


def test_every_declared_dependency_is_locked() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    runtime = {plain(r) for r in project["project"]["dependencies"]}
    for extra in project["project"]["optional-dependencies"].values():
        runtime |= {plain(r) for r in extra}
    groups = project["dependency-groups"]
    assert runtime | {plain(r) for r in groups["build"]} <= pinned(LOCKS[0])
    assert {plain(r) for r in groups["test"]} <= pinned(LOCKS[0]) | pinned(LOCKS[1])


def test_what_the_code_imports_is_declared() -> None:
    """Not merely there because something else needs it today."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    declared = {plain(r) for r in project["dependencies"]}
    for extra in project["optional-dependencies"].values():
        declared |= {plain(r) for r in extra}
    known = sys.stdlib_module_names | {"vrooli"}
    imported = {module.split(".")[0] for file in python("src") for module in imports(file)} - known
    owners = packages_distributions()
    assert not {m for m in imported if not {plain(d) for d in owners.get(m, [m])} & declared}


def test_no_name_is_locked_twice() -> None:
    assert not pinned(LOCKS[0]) & pinned(LOCKS[1])
