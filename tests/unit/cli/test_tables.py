"""Where the cells of a table go."""

import pytest

from vrooli.cli.tables import Cell, lay_out

TITLES = ("NAME", "STATE", "LAST HEAL", "URL")
ROWS = [
    ("postgres", "running", "healed 3 s ago: killed by signal 9", "postgresql://127.0.0.1:15432/v"),
    ("web", "stopped", "-", "-"),
]


def _text(line: list[Cell]) -> str:
    return "".join(cell.before + cell.text for cell in line)


def _shown(limit: int, *, below: bool = False) -> list[str]:
    return [_text(line) for line in lay_out(TITLES, ROWS, limit, below=below)]


def test_columns_are_as_wide_as_their_content_where_there_is_room() -> None:
    assert _shown(200) == [
        "NAME      STATE    LAST HEAL                           URL",
        "postgres  running  healed 3 s ago: killed by signal 9  postgresql://127.0.0.1:15432/v",
        "web       stopped  -                                   -",
    ]


def test_the_last_column_is_cut_at_the_edge() -> None:
    rows = [("web", "x" * 50)]
    (_, line) = lay_out(("NAME", "URL"), rows, 40)
    assert _text(line) == "web   " + "x" * 33 + "…"
    assert line[1].word == ""
    (_, line) = lay_out(("NAME", "STATE"), rows, 40)
    assert line[1].word == "x" * 50


def test_only_what_tells_how_something_stands_has_a_word_to_colour() -> None:
    _, line = lay_out(("STEP", "STATUS"), [("done", "failed")], 40)
    assert [cell.word for cell in line] == ["", "failed"]


def test_columns_without_a_place_go_below_their_row_with_their_titles() -> None:
    assert _shown(60) == [
        "NAME      STATE    LAST HEAL",
        "postgres  running  healed 3 s ago: killed by signal 9",
        "    url: postgresql://127.0.0.1:15432/v",
        "web       stopped  -",
    ]
    assert _shown(25) == [
        "NAME      STATE",
        "postgres  running",
        "    last heal: healed 3 s",
        "      ago: killed by",
        "      signal 9",
        "    url: postgresql://127",
        "      .0.0.1:15432/v",
        "web       stopped",
    ]


def test_what_is_read_to_its_end_goes_on_in_the_next_line() -> None:
    titles, rows = ("TASK", "WHAT TO DO"), [("judge", "Which of these may go? All that is old.")]
    assert [_text(line) for line in lay_out(titles, rows, 38)] == [
        "TASK   WHAT TO DO",
        "judge  Which of these may go? All that",
        "       is old.",
    ]
    assert [_text(line) for line in lay_out(titles, rows, 30)] == [
        "TASK",
        "judge",
        "    what to do: Which of these",
        "      may go? All that is old.",
    ]
    (_, *lines) = lay_out(titles, [("judge", "x " * 400)], 40)
    assert (len(lines), _text(lines[-1])[-1]) == (6, "…")


def test_below_has_the_last_cell_on_a_line_of_its_own_without_titles() -> None:
    assert _shown(70, below=True)[:2] == [
        "postgres  running  healed 3 s ago: killed by signal 9",
        "  postgresql://127.0.0.1:15432/v",
    ]


@pytest.mark.parametrize("limit", range(20, 100))
@pytest.mark.parametrize("below", [True, False])
def test_no_line_is_longer_than_the_terminal_is_wide(limit: int, below: bool) -> None:
    assert max(map(len, _shown(limit, below=below))) <= limit
