"""What a command does when its output cannot be written, or it is interrupted early."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.stack import AUTOHEAL, ROOT, VROOLI, LiveStack

INTERRUPTED = """
import signal
import sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "vrooli.main.cli":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from vrooli.main.entry import autoheal, vrooli
{command}()
"""
"""Ctrl-C while the command is being loaded."""


def run(command: Sequence[str], redirection: str = "") -> subprocess.CompletedProcess[str]:
    """A command behind a redirection of the shell."""
    shell = ["sh", "-c", f'"$@" {redirection}', "sh", *command]
    return subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["config", "schema"], ["--version"]])
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written_is_said(arguments: list[str], redirection: str) -> None:
    ended = run([VROOLI, *arguments], redirection)
    if redirection == ">&-" and arguments != ["config", "schema"]:
        assert "Traceback" not in ended.stderr
        return
    assert ended.returncode == 1
    assert "standard output cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_verdict_that_cannot_be_written_is_unknown(stack: LiveStack) -> None:
    stack.write()
    ended = run([VROOLI, "status", "--json", "-f", str(stack.file)], ">/dev/full")
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr


def test_a_reader_who_has_gone_ends_the_command_as_it_ends_any_other() -> None:
    ended = run([VROOLI, "config", "schema"], "| true; echo done")
    assert ended.stdout == "done\n"
    script = '"$1" config schema | true; echo ${PIPESTATUS[0]}'
    shell = ["bash", "-c", script, "bash", VROOLI]
    ended = subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "141\n"
    assert ended.stderr == ""


def test_an_error_is_json_as_well_where_json_is_asked_for(tmp_path: Path) -> None:
    missing = tmp_path / "gone.toml"
    for words, code in ((["config", "check"], 2), (["stop", "x"], 2), (["status"], 3)):
        ended = run([VROOLI, *words, "--json", "-f", str(missing)])
        assert ended.returncode == code
        error = json.loads(ended.stdout)["error"]
        assert error["where"] == str(missing)
        assert {"message", "next_step", "retryable"} < set(error)
        assert error["message"] in ended.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["heals", "-n", "x"], "Invalid value for '-n' / '--limit'"),
        (["heals", "--nope"], "No such option: --nope"),
        (["nope"], "No such command 'nope'"),
    ],
)
def test_what_the_parser_refuses_is_json_too(words: list[str], says: str) -> None:
    ended = run([*AUTOHEAL, *words, "--json"])
    assert ended.returncode == 2
    error = json.loads(ended.stdout)["error"]
    assert says in error["message"]
    assert "--help` says what it takes" in error["next_step"]
    assert run([*AUTOHEAL, "heals", "--help", "--json"]).returncode == 0


@pytest.mark.parametrize("command", ["vrooli", "autoheal"])
def test_an_interruption_while_it_is_loaded_leaves_a_line_and_no_traceback(command: str) -> None:
    code = INTERRUPTED.format(command=command)
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, "\ninterrupted: nothing was begun\n")


MOMENTS = 60
"""So many interruptions, spread over the time that a start takes here."""


@pytest.mark.parametrize("command", ["vrooli", "vrooli-autoheal"])
def test_an_interruption_at_any_moment_of_the_start_shows_no_traceback(command: str) -> None:
    words = [str(ROOT / command), "--help"]
    begun = time.monotonic()
    assert run(words).returncode == 0
    takes = time.monotonic() - begun
    for number in range(MOMENTS):
        with subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as started:
            time.sleep(takes * number / MOMENTS)
            started.send_signal(signal.SIGINT)
            said = started.communicate(timeout=60)[1]
        # By the signal itself: before there was anything that could hold it back.
        told = (130, "\ninterrupted: nothing was begun\n")
        assert (started.returncode, said) in (told, (-signal.SIGINT, ""), (0, "")), said
