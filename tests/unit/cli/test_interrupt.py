"""Ctrl-C and TERM while a command waits for what others go on with."""

import signal
from collections.abc import Iterator

import pytest
import typer

from vrooli.cli.interrupt import interruptible


@pytest.fixture(autouse=True)
def as_in_a_new_process() -> Iterator[None]:
    """Whatever ran in this one before may have left a handler of its own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_each_ends_the_command_and_says_what_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with (
            pytest.raises(typer.Exit) as ended,
            interruptible("others go on", "look", or_ended=True),
        ):
            signal.raise_signal(number)
        assert ended.value.exit_code == code
        told = capsys.readouterr().err
        assert ("others go on" in told, "next: look" in told) == (True, True), told
    assert signal.getsignal(signal.SIGTERM) is before
