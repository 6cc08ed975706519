"""What a user installs: all of the package, nothing of the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, SOURCE, tracked


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built as `pipx install .` builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    hatchling = str(Path(sys.executable).parent / "hatchling")
    build = [hatchling, "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_the_whole_package(wheel: zipfile.ZipFile) -> None:
    ours = {str(file.relative_to(SOURCE.parent)) for file in tracked() if SOURCE in file.parents}
    assert ours <= set(wheel.namelist())


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    others = [name for name in wheel.namelist() if not name.startswith("vrooli/")]
    assert all(".dist-info/" in name for name in others)


def test_the_wheel_carries_licence_and_commands(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
    commands = wheel.read(entry_points).decode().splitlines()
    assert "vrooli = vrooli.main.entry:vrooli" in commands
    assert "vrooli-autoheal = vrooli.main.entry:autoheal" in commands
