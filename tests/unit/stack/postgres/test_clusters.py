"""Which folder holds the data."""

from pathlib import Path

import pytest

from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.host import files
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a folder for data."""
    (tmp_path / "home" / "data").mkdir(parents=True)
    return Home(tmp_path / "home", tmp_path / "run")


def test_without_a_note_the_folder_is_called_as_the_service(home: Home) -> None:
    assert clusters.read(home, "postgres") == Clusters("postgres")
    assert clusters.data(home, "postgres") == home.root / "data" / "postgres"


def test_what_is_written_is_read(home: Home) -> None:
    now = Clusters("postgres.18", "/new/bin", "postgres", "/old/bin", undone=True, at=7.5)
    files.write_file(clusters.write(home, "postgres", now))
    assert clusters.read(home, "postgres") == now
    assert clusters.data(home, "postgres") == home.root / "data" / "postgres.18"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"current": "../x"}', '{"current": ""}', '{"current": "a", "more": 1}'],
)
def test_a_damaged_note_is_never_guessed_at(home: Home, text: str) -> None:
    clusters.note(home, "postgres").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        clusters.read(home, "postgres")
    assert "restore the file" in caught.value.next_step


def test_a_folder_says_which_programs_ran_it(tmp_path: Path) -> None:
    assert clusters.last_run_by(tmp_path) == ""
    said = tmp_path / "postmaster.opts"
    said.write_text('/opt/my pg/bin/postgres "-D" "/data"\n', encoding="utf-8")
    assert clusters.last_run_by(tmp_path) == "/opt/my pg/bin"
    said.write_text("/opt/bin/postgres\n", encoding="utf-8")
    assert clusters.last_run_by(tmp_path) == "/opt/bin"
    said.write_text("", encoding="utf-8")
    assert clusters.last_run_by(tmp_path) == ""
