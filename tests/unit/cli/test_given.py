"""Texts and JSON on the command line, in files, and none at all."""

import io
from pathlib import Path

import pytest

from vrooli.cli.given import json_of, words_of
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


@pytest.mark.parametrize("said", ["", " ", "\n"])
def test_a_text_that_says_nothing_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="says nothing"):
        words_of(said, "TEXT")


def test_an_empty_id_is_refused_before_a_server_is_asked() -> None:
    client = SwarmClient(HostPort("127.0.0.1", 1), NOBODY)
    for ask in (client.stop_swarm, client.swarm, client.run, client.cancel):
        with pytest.raises(UsageError, match="empty"):
            ask("")
