"""Tokens: compared with the file as it is now."""

import os
from pathlib import Path

import pytest

from vrooli.server.token_file import TokenFile


def test_only_the_very_token_matches(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("correct horse\n", encoding="utf-8")
    token = TokenFile(path)
    assert token.matches("correct horse")
    for wrong in ("", "correct", "correct horse ", "Correct horse", "\udcff"):
        assert not token.matches(wrong)


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_missing_or_empty_file_opens_nothing(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert not TokenFile(path).matches("")
    assert not TokenFile(path).matches("x")


def test_a_replaced_token_counts_at_once_and_the_old_one_no_more(tmp_path: Path) -> None:
    path = tmp_path / "token"
    token = TokenFile(path)
    assert not token.matches("one")
    path.write_text("one", encoding="utf-8")
    assert token.matches("one")
    fresh = tmp_path / "fresh"
    fresh.write_text("two", encoding="utf-8")
    # The same modification time and size: the file is told from its predecessor all the same.
    before = path.stat()
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.rename(path)
    assert token.matches("two")
    assert not token.matches("one")
    path.unlink()
    assert not token.matches("two")
