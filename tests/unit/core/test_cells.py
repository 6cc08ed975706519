"""What spreadsheets make of texts of others."""

import pytest

from vrooli.core.cells import defused


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "=1+1",
            "+1+1",
            "-1-1",
            "@SUM(A1)",
            "\t=1",
            "  =1",
            "\n=1",
            "\nx",
            "-",
            "-cmd|' /C calc'!A0",
        ),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\u00a0=1", "\ufffd=1"),
    ],
)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["", "ok -> critical", "a=b", "5 s", "-1", "+1.5", "-.5", "1e-3", "two\nlines", "a\tb"]
)
def test_numbers_and_other_cells_stay_as_they_are(cell: str) -> None:
    assert defused(cell) == cell


def test_control_characters_are_seen_as_such() -> None:
    assert defused("a\x1b[31mb\u202ec") == "a\ufffd[31mb\ufffdc"
    assert defused("\r=1") == "'\ufffd=1"
    assert defused("\x00=1") == "'\ufffd=1"
