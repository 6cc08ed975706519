"""Nothing is undocumented: every check, action, kind, key and command stands in docs/reference."""

import pytest

from scripts import reference


@pytest.mark.parametrize("page", sorted(reference.PAGES))
def test_the_page_says_what_the_source_says(page: str) -> None:
    written = (reference.FOLDER / page).read_text(encoding="utf-8")
    assert written == reference.NOTE + reference.PAGES[page](), "run: make reference"
