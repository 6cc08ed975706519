"""What is approved is shown as it is."""

import json
from typing import Any

import pytest
from nicegui import Client, ui

from vrooli.console.parts.exactly import MOST, exactly, show, unseen
from vrooli.console.parts.html import Tag


@pytest.mark.parametrize(
    ("value", "text", "odd"),
    [
        (None, "", 0),
        ("", "", 0),
        ("plain\n\ttext, über 日本 ✓", "plain\n\ttext, über 日本 ✓", 0),
        ("rm \u202egpj.sh", "rm ⟨U+202E⟩gpj.sh", 1),
        ("a\rb\x1b[2J", "a⟨U+000D⟩b⟨U+001B⟩[2J", 2),
        ("\u200b\u2066\ufeff", "⟨U+200B⟩⟨U+2066⟩⟨U+FEFF⟩", 3),
        ("a\u00a0b\u3164\U000e0041\ufe01", "a⟨U+00A0⟩b⟨U+3164⟩⟨U+E0041⟩⟨U+FE01⟩", 4),
    ],
)
def test_what_is_not_seen_is_written_out(value: Any, text: str, odd: int) -> None:
    found = exactly(value)
    assert (found.text, found.odd) == (text, odd)


def test_json_is_shown_whole_and_as_such() -> None:
    value = {"text": "a" * 5000 + "\u202e", "list": [1, None]}
    shown = exactly(value).text
    assert json.loads(shown.replace("⟨U+202E⟩", "\u202e")) == value
    assert unseen(value) == ""


def test_what_a_page_cannot_show_whole_cannot_be_approved_there() -> None:
    assert unseen("a" * MOST) == ""
    assert unseen("a" * (MOST + 1)) == "Only 100,000 of its 100,001 characters are shown here."
    with Client(ui.page("")) as client:
        show("a" * (MOST + 1), "what")
        said = [one.text for one in client.elements.values() if isinstance(one, Tag)]
    client.delete()
    assert any("vrooli approval show" in one for one in said)
    assert "a" * MOST in said
