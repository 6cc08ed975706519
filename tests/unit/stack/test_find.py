"""Finding the stack file and its name."""

from pathlib import Path

import pytest

from vrooli.stack.find import find_file, stack_name


def test_the_nearest_file_upward_is_found(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "vrooli.toml").touch()
    assert find_file(deep) == tmp_path / "vrooli.toml"
    (tmp_path / "a" / "vrooli.toml").touch()
    assert find_file(deep) == tmp_path / "a" / "vrooli.toml"


def test_a_folder_of_that_name_is_no_stack_file(tmp_path: Path) -> None:
    (tmp_path / "a" / "vrooli.toml").mkdir(parents=True)
    (tmp_path / "vrooli.toml").touch()
    assert find_file(tmp_path / "a") == tmp_path / "vrooli.toml"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[stack]\nname = "shop"', "shop"),
        ('stack = { name = "shop" }', "shop"),
        ("", "default"),
        ("[stack]", "default"),
        ("[stack]\nname = 3", "default"),
        ('[stack]\nname = "../../etc"', "default"),
        ('[stack]\nname = "shop"\n[scenarios.web\ncommand = ', "shop"),
        ("[stack] # mine\n# a remark\nname = 'shop'\nnme = ", "shop"),
        ('[scenarios.web]\nname = "other"\nbroken', "default"),
        ("stack = 3", "default"),
    ],
)
def test_the_name_is_read_even_when_the_rest_is_broken(
    tmp_path: Path, text: str, name: str
) -> None:
    path = tmp_path / "vrooli.toml"
    path.write_text(text, encoding="utf-8")
    assert stack_name(path) == name


def test_without_a_readable_file_the_name_is_default(tmp_path: Path) -> None:
    assert stack_name(None) == "default"
    assert stack_name(tmp_path / "gone.toml") == "default"
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe\x00")
    assert stack_name(tmp_path / "odd.toml") == "default"
