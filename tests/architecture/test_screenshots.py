"""Each page of the console has its pictures, and each picture is shown somewhere."""

import re

from tests.architecture.source import ROOT

SHOWN = re.compile(r"screenshots/([\w-]+)-(?:light|dark|narrow)\.jpg")


def test_every_page_has_its_pictures_and_no_other_is_kept() -> None:
    # Imported here: a fault in any page is this test's failure, not the whole run's.
    from scripts.screenshots import LOOKS, SHOTS, file_of, names

    wanted = {file_of(name, look).name for name in names() for look in LOOKS}
    assert {file.name for file in SHOTS.glob("*.jpg")} == wanted, "run: make screenshots"


def test_the_page_about_the_console_shows_every_page() -> None:
    from scripts.screenshots import names

    text = (ROOT / "docs" / "how-to" / "use-the-console.md").read_text(encoding="utf-8")
    assert set(SHOWN.findall(text)) >= names() - {"status-page"}
