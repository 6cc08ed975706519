"""Finding the stack file and its name."""

import os
from pathlib import Path

import pytest

from vrooli.core.errors import ConfigError, UsageError
from vrooli.stack.find import find_file, stack_name


def test_the_nearest_file_upward_is_found(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "vrooli.toml").touch()
    assert find_file(deep) == tmp_path / "vrooli.toml"
    (tmp_path / "a" / "vrooli.toml").touch()
    assert find_file(deep) == tmp_path / "a" / "vrooli.toml"


@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
def test_what_is_no_file_is_said_and_not_passed_over(tmp_path: Path, kind: str) -> None:
    (tmp_path / "vrooli.toml").touch()
    inner = tmp_path / "a"
    inner.mkdir()
    odd = inner / "vrooli.toml"
    if kind == "folder":
        odd.mkdir()
    elif kind == "link":
        odd.symlink_to(tmp_path / "gone.toml")
    else:
        os.mkfifo(odd)
    with pytest.raises(UsageError, match="no stack file") as refused:
        find_file(inner)
    assert refused.value.where == str(odd)


def test_a_link_to_a_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").touch()
    (tmp_path / "vrooli.toml").symlink_to("mine.toml")
    assert find_file(tmp_path) == tmp_path / "vrooli.toml"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[stack]\nname = "shop"', "shop"),
        ('stack = { name = "shop" }', "shop"),
        ("", "default"),
        ("[stack]", "default"),
        ('[stack]\nname = "shop"\n[scenarios.web\ncommand = ', "shop"),
        ("[stack] # mine\n# a remark\nname = 'shop'\nnme = ", "shop"),
        ('[stack]\r\nname = "shop"\r\n[x', "shop"),
        ('\ufeff[stack]\nname = "shop"\n', "shop"),
    ],
)
def test_the_name_is_read_even_when_the_rest_is_broken(
    tmp_path: Path, text: str, name: str
) -> None:
    path = tmp_path / "vrooli.toml"
    path.write_bytes(text.encode())
    assert stack_name(path) == name


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[stack]\nname = "shop\n[scenarios.web]\ncommand = ["sleep", "1"]\n', 2),
        ("[stack]\nname = shop\n", 2),
        ('[stack\nname = "shop"\n', 1),
        ("[x", 1),
        ("stack = { name = 'shop' }\nbroken", 2),
        ('[scenarios.web]\nname = "other"\nbroken', 3),
        ('text = """\n[stack]\nname = "other"\n', 4),
        ("[scenarios.web\n[stack]\nname = 'shop'\n", 1),
    ],
)
def test_a_file_that_is_broken_at_its_name_never_means_the_default_stack(
    tmp_path: Path, text: str, line: int
) -> None:
    path = tmp_path / "vrooli.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="which stack") as refused:
        stack_name(path)
    assert f"{path}:{line}" in refused.value.where


@pytest.mark.parametrize("text", ["stack = 3", '[[stack]]\nname = "shop"'])
def test_a_stack_that_is_no_table_never_means_the_default_stack(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vrooli.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="no table"):
        stack_name(path)


@pytest.mark.parametrize("name", ["3", '"../../etc"', '"Shop"', '""'])
def test_a_name_that_cannot_be_one_never_means_the_default_stack(tmp_path: Path, name: str) -> None:
    path = tmp_path / "vrooli.toml"
    path.write_text(f"[stack]\nname = {name}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="name") as refused:
        stack_name(path)
    assert refused.value.where == f"{path}:2"


def test_a_file_that_cannot_be_read_never_means_the_default_stack(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        stack_name(tmp_path / "gone.toml")


def test_without_a_file_or_a_name_in_it_the_name_is_default(tmp_path: Path) -> None:
    assert stack_name(None) == "default"
    (tmp_path / "unnamed.toml").write_bytes(b"[scenarios.web] # \xff\n")
    assert stack_name(tmp_path / "unnamed.toml") == "default"
