"""An exception to a rule says why; nothing unfinished is left behind."""

import re

from tests.architecture.source import name, python

CODE = ("src", "tests", "bench", "scripts")
SELF = "test_comments.py"


def offending(pattern: str, *folders: str) -> list[str]:
    """Every line of the code that matches, as file:line."""
    return [
        f"{name(file)}:{number}"
        for file in python(*(folders or CODE))
        if file.name != SELF
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_every_noqa_names_its_rule_and_its_reason() -> None:
    assert not offending(r"#\s*noqa(?!: [A-Z]+\d+(, ?[A-Z]+\d+)* -+ \w)")


def test_every_type_ignore_names_its_rule() -> None:
    assert not offending(r"#\s*type:\s*ignore(?!\[[a-z-]+)")


def test_nothing_is_marked_as_unfinished() -> None:
    assert not offending(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")


def test_no_warning_is_silenced_at_its_source() -> None:
    assert not offending(r"warnings\.(simplefilter|filterwarnings)", "src")
