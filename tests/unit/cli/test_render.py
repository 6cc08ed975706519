"""How commands speak of themselves."""

import sys
from pathlib import Path

import pytest

from vrooli.cli.render import as_called, called_as, follow

TEXT = "next: `vrooli up`, `vrooli-autoheal checks`; vrooli is a name, `vrooli` alone too"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the command, on the PATH."""
    command = tmp_path / "vrooli"
    command.touch()
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VROOLI_CALLED_AS", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("said", "argv", "command"),
    [
        ("./vrooli", "/x/.venv/bin/vrooli", "./vrooli"),
        ("./vrooli-autoheal", "/x/.venv/bin/vrooli-autoheal", "./vrooli"),
        ("", "/x/.venv/bin/vrooli", "/x/.venv/bin/vrooli"),
        ("", "/x/.venv/bin/vrooli-autoheal", "/x/.venv/bin/vrooli"),
        ("", "/x/vrooli/__main__.py", "vrooli"),
    ],
)
def test_commands_are_named_as_the_reader_can_type_them(
    path: Path, monkeypatch: pytest.MonkeyPatch, said: str, argv: str, command: str
) -> None:
    monkeypatch.setenv("VROOLI_CALLED_AS", said)
    monkeypatch.setattr(sys, "argv", [argv])
    assert called_as() == command
    expected = TEXT.replace("`vrooli up", f"`{command} up").replace(
        "`vrooli-auto", f"`{command}-auto"
    )
    assert as_called(TEXT) == expected


def test_one_on_the_path_is_called_by_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(path / "vrooli")])
    assert called_as() == "vrooli"


def test_a_step_names_its_service_once(capsys: pytest.CaptureFixture[str]) -> None:
    step = {"service": "api", "phase": "failed", "message": "api: no\n  next: x", "seconds": 0.0}
    follow(iter([step]))
    assert capsys.readouterr().err == "  ✗ api            failed      no\n        next: x\n"
