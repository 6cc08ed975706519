"""How commands speak of themselves."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.terminal import on_terminal
from vrooli.cli.autoheal_fleet import show_fleet
from vrooli.cli.render import (
    as_called,
    called_as,
    fields,
    follow,
    note,
    out,
    paint,
    print_csv,
    print_error,
    print_json,
    written,
)
from vrooli.core.errors import VrooliError

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


def test_one_trouble_that_fails_two_steps_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    step = {"service": "api", "phase": "failed", "message": "no bus", "seconds": 0.0}
    follow(iter([step, {**step, "phase": "refused"}, {**step, "service": "web"}]))
    assert capsys.readouterr().err.count("no bus") == 2


EVIL = "\x1b]0;mine\x07\x9b2J\x7f\u202enot"
SHOWN = "�]0;mine��2J��not"


def test_texts_of_others_have_no_power_over_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    host = {"name": "a", "verdict": "ok", "last_seen": 0, "stack": EVIL, "version": EVIL}
    problem = {"name": "disk", "status": "warning", "message": f"{EVIL}\nb: all is well"}
    more = {"behind": 0, "lost": 0, "standing": "fine", "problems": [problem], "status": "ok"}
    show_fleet({"status": "ok", "hosts": [{**host, **more}]}, json=False)
    said = capsys.readouterr().out
    assert said.count(SHOWN) == 3
    assert all(one == "\n" or one.isprintable() for one in said)
    assert "\nb: all" not in said
    print_error(VrooliError(f"{EVIL}\nline"))
    assert capsys.readouterr().err == f"error: {SHOWN}\nline\n"
    print_json({"x": "\x9b"})
    assert capsys.readouterr().out == '{\n  "x": "\\u009b"\n}\n'


MARKS = "\u061c\u200e\u200f\u202a\u202e\u2066\u2069"


def test_what_is_printed_has_none_whoever_forgot_to_clean_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out(f"says {EVIL}\n\tb{MARKS}")
    note(EVIL)
    said = capsys.readouterr()
    assert said.out == f"says {SHOWN}\n\tb{'�' * len(MARKS)}\n"
    assert said.err == f"{SHOWN}\n"


def test_only_our_colours_reach_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    out("a " + paint("fai\x1b[32mled", "failed") + ": \x1b[31mred\x1b[0m")
    assert capsys.readouterr().out == "a \x1b[31mfai�[32mled\x1b[0m: �[31mred�[0m\n"


def test_json_says_the_same_and_moves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"text": f"{EVIL}{MARKS}\n\t é"}
    print_json(value)
    for text in (capsys.readouterr().out, written(value)):
        assert json.loads(text) == value
        assert all(one == "\n" or one.isprintable() for one in text)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            40,
            [
                "policy   width 2, routines list-images",
                "         list-used",
                "         and",
                "hash     x",
            ],
        ),
        (80, ["policy   width 2, routines list-images list-used", "         and", "hash     x"]),
    ],
)
def test_what_is_told_of_one_thing_fits_the_terminal(
    columns: int, expected: list[str], tmp_path: Path
) -> None:
    told = {"policy": "width 2, routines list-images list-used\nand", "none": "", "hash": "x"}
    code = f"from vrooli.cli import render; render.fields({told!r}, 9)"
    seen = on_terminal(columns, [sys.executable, "-c", code], os.environ, tmp_path)
    assert seen == expected


def test_in_a_file_no_line_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    fields({"goal": "x " * 9000}, 9)
    assert capsys.readouterr().out == f"goal     {'x ' * 9000}\n"


def test_no_text_of_a_table_is_a_formula_and_a_number_stays_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_csv(("a", "b", "c", "d"), [("=1+1", -2.5, "-3", None)])
    assert capsys.readouterr().out == "a,b,c,d\n'=1+1,-2.5,-3,\n"
