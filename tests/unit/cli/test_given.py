"""Texts and JSON on the command line, in files, and none at all."""

import io
from pathlib import Path

import pytest

from vrooli.cli.given import json_of, words_of
from vrooli.cli.inputs import inputs_of
from vrooli.cli.routine_files import parsed
from vrooli.client.api import NOBODY
from vrooli.client.swarms import SwarmClient
from vrooli.core.address import HostPort
from vrooli.core.errors import UsageError


def test_a_text_may_stand_in_a_file_or_on_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("a\nb\n", encoding="utf-8")
    assert words_of(f"@{file}", "TEXT") == "a\nb"
    assert words_of("@ann look here", "TEXT") == "@ann look here"
    monkeypatch.setattr("sys.stdin", io.StringIO("piped\n"))
    assert words_of("-", "TEXT") == "piped"
    monkeypatch.setattr("sys.stdin", io.StringIO("-1"))
    assert (json_of("-", "JSON"), json_of("-2", "JSON")) == (-1, -2)


@pytest.mark.parametrize("depth", [201, 5000])
def test_data_that_lies_too_deep_is_refused_wherever_it_is_given(
    tmp_path: Path, depth: int
) -> None:
    deep = "[" * depth + "]" * depth
    file = tmp_path / "deep.json"
    file.write_text(deep, encoding="utf-8")
    asked = (
        ("--output", lambda: json_of(deep, "--output")),
        (str(file), lambda: json_of(f"@{file}", "--output")),
        (str(file), lambda: inputs_of(str(file), [])),
        ("--input n", lambda: inputs_of(None, [f"n={deep}"])),
        (str(file), lambda: parsed(file)),
    )
    for where, ask in asked:
        with pytest.raises(UsageError, match="lists and objects lie more than 200 deep") as caught:
            ask()
        assert caught.value.where == where
        assert caught.value.next_step


def test_data_may_lie_as_deep_as_that(tmp_path: Path) -> None:
    deep = "[" * 200 + "]" * 200
    file = tmp_path / "deep.json"
    file.write_text(deep, encoding="utf-8")
    assert json_of(deep, "JSON") == json_of(f"@{file}", "JSON") == parsed(file).data
    assert inputs_of(None, [f"n={deep}"])["n"] == json_of(deep, "JSON")


@pytest.mark.parametrize("said", ["", " ", "\n"])
def test_a_text_that_says_nothing_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="says nothing"):
        words_of(said, "TEXT")


def test_an_empty_id_is_refused_before_a_server_is_asked() -> None:
    client = SwarmClient(HostPort("127.0.0.1", 1), NOBODY)
    for ask in (client.stop_swarm, client.swarm, client.run, client.cancel):
        with pytest.raises(UsageError, match="empty"):
            ask("")
