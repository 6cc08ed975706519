"""A path of a command may lead through a folder that its user may not enter."""

import sys
from typing import TYPE_CHECKING, cast

import pytest

from vrooli.main.cli import _answer

if TYPE_CHECKING:
    import typer


def test_a_closed_folder_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def app() -> None:
        raise PermissionError(13, "Permission denied", "/closed/key")

    monkeypatch.setattr(sys, "argv", ["vrooli", "recover"])
    with pytest.raises(SystemExit) as ended:
        _answer(cast("typer.Typer", app), verdict=False)
    said = capsys.readouterr().err
    assert (ended.value.code, "/closed/key: this user may not get at it" in said) == (1, True)
