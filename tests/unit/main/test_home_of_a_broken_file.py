"""Which stack a command reaches whose file cannot be read."""

from pathlib import Path

import pytest

from vrooli.core.errors import ConfigError
from vrooli.main import places
from vrooli.main.kit import LocalKit
from vrooli.stack.compiled import write_compiled
from vrooli.stack.model import Stack


@pytest.fixture
def kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalKit:
    """Its homes lie in `vrooli` below the folder of the test."""
    monkeypatch.setattr(places, "SYSTEM_HOMES", tmp_path / "vrooli")
    return LocalKit({"XDG_STATE_HOME": str(tmp_path)})


def brought_up(tmp_path: Path, name: str, source: Path | str) -> Path:
    home = tmp_path / "vrooli" / name
    home.mkdir(parents=True)
    write_compiled(Stack(name=name, services={}, source=str(source)), home / "stack.json")
    return home


def broken(tmp_path: Path) -> Path:
    file = tmp_path / "vrooli.toml"
    file.write_text('[stack]\nname = "shop\n', encoding="utf-8")
    return file


def test_it_is_the_stack_that_was_brought_up_from_this_very_file(
    kit: LocalKit, tmp_path: Path
) -> None:
    brought_up(tmp_path, "default", "")
    brought_up(tmp_path, "other", tmp_path / "other.toml")
    shop = brought_up(tmp_path, "shop", tmp_path / "vrooli.toml")
    (tmp_path / "vrooli" / "odd").write_text("no home")
    assert kit.home(broken(tmp_path)).root == shop


def test_where_none_or_several_were_it_is_none(kit: LocalKit, tmp_path: Path) -> None:
    file = broken(tmp_path)
    with pytest.raises(ConfigError, match="which stack"):
        kit.home(file)
    for name in ("default", "before", "after"):
        brought_up(tmp_path, name, "" if name == "default" else file)
    with pytest.raises(ConfigError, match="which stack"):
        kit.home(file)


def test_a_home_that_is_said_is_that_of_its_own_file_alone(kit: LocalKit, tmp_path: Path) -> None:
    file = broken(tmp_path)
    said = LocalKit({"VROOLI_HOME": str(tmp_path / "vrooli" / "shop")})
    brought_up(tmp_path, "shop", tmp_path / "other.toml")
    with pytest.raises(ConfigError, match="which stack"):
        said.home(file)
    write_compiled(Stack("shop", {}, source=str(file)), tmp_path / "vrooli" / "shop" / "stack.json")
    assert said.home(file).root.name == "shop"
