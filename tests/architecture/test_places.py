"""No path of one machine, no link that leads nowhere, a short README."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, name, tracked

# Assembled, so that this file does not find itself.
FOREIGN = re.compile(
    rb"(?<![\w.-])/(" + b"|".join([b"work", b"root", b"farm"]) + rb")/\w|bash_" + rb"jobs"
)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def test_no_tracked_file_carries_a_path_of_one_machine() -> None:
    found = {
        f"{name(file)}: {match.group().decode()}"
        for file in tracked()
        if (match := FOREIGN.search(file.read_bytes()))
    }
    assert not found


def test_the_readme_stays_a_page() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


PAGES = [file for file in tracked() if file.suffix == ".md"]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken
