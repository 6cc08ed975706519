import pytest

from vrooli.console.parts.run_seen import (
    SHOWN,
    below_of,
    budgets_seen,
    rows_of,
    step_of,
    text_of,
)
from vrooli.console.parts.schema_form import NotFilled, fields_of, inputs_of

SCHEMA = {
    "type": "object",
    "required": ["url"],
    "properties": {
        "depth": {"type": "integer", "default": 2, "description": "how far"},
        "url": {"type": "string"},
        "share": {"type": "number"},
        "loud": {"type": "boolean"},
        "size": {"enum": ["small", "large", 3]},
        "tags": {"type": "array", "items": {"type": "string"}, "default": ["a", "b"]},
        "more": {"type": "object"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
    },
}


def test_a_form_has_a_field_for_each_input_and_those_that_are_needed_first() -> None:
    fields = fields_of(SCHEMA)
    assert fields[0].name == "url"
    found = {one.name: (one.kind, one.required, one.default) for one in fields}
    assert found == {
        "url": ("text", True, ""),
        "depth": ("integer", False, "2"),
        "share": ("number", False, ""),
        "loud": ("yes-no", False, ""),
        "size": ("choice", False, ""),
        "tags": ("list", False, "a\nb"),
        "more": ("json", False, ""),
        "day": ("date", False, ""),
        "at": ("date-time", False, ""),
    }
    assert fields_of(None) == []
    assert fields_of({"properties": {"any": True}})[0].kind == "json"


def test_what_is_filled_in_becomes_inputs() -> None:
    filled = {
        "url": "http://x",
        "depth": "3",
        "share": "0.5",
        "loud": "yes",
        "size": "3",
        "tags": "one\n\n two ",
        "more": '{"a": 1}',
    }
    assert inputs_of(fields_of(SCHEMA), filled) == {
        "url": "http://x",
        "depth": 3,
        "share": 0.5,
        "loud": True,
        "size": 3,
        "tags": ["one", "two"],
        "more": {"a": 1},
    }
    assert inputs_of(fields_of(SCHEMA), {"url": "x", "depth": " "}) == {"url": "x"}


def test_every_mistake_is_told_at_its_field() -> None:
    filled = {"depth": "two", "share": "half", "size": "huge", "more": "{"}
    with pytest.raises(NotFilled) as caught:
        inputs_of(fields_of(SCHEMA), filled)
    mistakes = caught.value.mistakes
    assert mistakes["url"] == "is needed"
    assert mistakes["depth"] == "is no whole number"
    assert mistakes["share"] == "is no number"
    assert mistakes["size"] == "is none of small, large, 3"
    assert mistakes["more"].startswith("is not JSON: ")


STEP = {
    "path": "a",
    "attempt": 1,
    "type": "http",
    "status": "completed",
    "begun_at": 110.0,
    "ended_at": 120.0,
    "arguments": {"url": "x"},
    "output": None,
    "failure": None,
}


def test_a_step_tells_how_long_it_took_and_what_it_waits_for() -> None:
    done = step_of(STEP)
    assert (done.seconds, done.depth, done.signal) == (10.0, 0, "")
    going = {**STEP, "path": "b[1].c", "type": "wait", "status": "begun", "ended_at": None}
    waits = step_of({**going, "arguments": {"signal": "paid"}})
    assert (waits.seconds, waits.depth, waits.signal) == (None, 1, "paid")


def test_a_model_s_answer_is_plain_text_and_a_large_output_has_its_hash() -> None:
    said = step_of({**STEP, "type": "llm", "output": {"text": "Hello", "model": "test"}})
    assert said.says == "Hello"
    large = step_of({**STEP, "artifact": {"sha256": "ab", "bytes": 70_000}})
    assert large.artifact == ("ab", 70_000)


def test_runs_that_a_step_started_stand_at_its_newest_attempt() -> None:
    steps = [step_of(STEP), step_of({**STEP, "attempt": 2})]
    run = {"id": "r", "routine": "x", "status": "running", "pausing": True, "parent_path": "a"}
    below = below_of({**run, "created_at": 1.0, "started_at": None, "ended_at": None})
    assert below.status == "pausing"
    rows = rows_of(steps, [below])
    assert [(key, row.below) for key, row in rows] == [(("a", 1), ()), (("a", 2), (below,))]


def test_budgets_are_told_with_units_and_in_percent_of_the_limit() -> None:
    cost = {"limit": 2.0, "spent": 0.5, "reserved": 0.25, "forecast": None}
    tokens = {"limit": None, "spent": 1200, "reserved": 0, "forecast": None}
    first, second = budgets_seen({"budget": {"cost": cost, "tokens": tokens}})
    assert (first.spent, first.reserved) == (25.0, 12.5)
    assert first.text == "$0.50 spent, $0.25 reserved, of $2.00"
    assert (second.spent, second.text) == (0.0, "1,200 tokens spent, no limit")
    assert budgets_seen({"budget": None}) == []


def test_a_forecast_is_the_time_at_which_a_limit_is_reached() -> None:
    steps = {"limit": 10, "spent": 5, "reserved": 0, "forecast": 1.8e9}
    (going,) = budgets_seen({"budget": {"steps": steps}, "status": "waiting"})
    assert (going.text, going.until) == ("5 steps spent, of 10 steps", 1.8e9)
    (over,) = budgets_seen({"budget": {"steps": steps}, "status": "completed"})
    assert over.until is None


def test_texts_are_bounded() -> None:
    assert text_of(None) == ""
    assert text_of({"a": 1}) == '{\n  "a": 1\n}'
    assert text_of("x" * (SHOWN + 1)).endswith(f"{SHOWN + 1:,} characters in all")


def test_what_stands_in_a_form_from_the_beginning_is_what_the_schema_says() -> None:
    given = {
        "on": {"type": "boolean", "default": True},
        "off": {"type": "boolean", "default": False},
        "size": {"enum": ["1", "true", 3], "default": "1"},
        "any": {"default": "a text"},
    }
    fields = fields_of({"properties": given})
    filled = {one.name: one.default for one in fields}
    assert filled == {"on": "yes", "off": "no", "size": "1", "any": '"a text"'}
    found = inputs_of(fields, filled)
    assert found == {"on": True, "off": False, "size": "1", "any": "a text"}


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999"])
def test_a_number_that_json_has_no_word_for_is_none(text: str) -> None:
    with pytest.raises(NotFilled, match="is no number"):
        inputs_of(fields_of(SCHEMA), {"url": "x", "share": text})


def test_what_is_emptied_is_left_out_and_a_number_has_its_bounds() -> None:
    given = {"note": {"type": "string"}, "n": {"type": "integer", "minimum": 0, "maximum": 9}}
    note, number = fields_of({"properties": given})
    assert inputs_of([note, number], {"note": "", "n": " "}) == {}
    assert (number.least, number.most, note.least) == (0, 9, None)
