"""Who has files open below a folder is known by its descriptors and by where it works."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vrooli.host.open_files import users_below
from vrooli.main.backup_files_users import tell_users

HOLDS = "import sys; held = open(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"


@contextmanager
def _holding(path: Path, cwd: Path) -> Iterator[int]:
    """A process that has that file open; its number."""
    argv = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(argv, cwd=cwd, stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_they_are_found_and_told_after_a_move_too(tmp_path: Path) -> None:
    site, beside = tmp_path / "site", tmp_path / "site-of-another"
    for folder in (site, beside):
        folder.mkdir()
        (folder / "log").touch()
    with _holding(site / "log", tmp_path) as one, _holding(beside / "log", tmp_path):
        assert [user.pid for user in users_below([str(site)])] == [one]
    with _holding(beside / "log", site) as two:
        assert [user.pid for user in users_below([str(site)])] == [two]
        site.rename(tmp_path / "site.m.before")
        told: list[str] = []
        tell_users([str(tmp_path / "site.m.before")], told.append)
        assert len(told) == 1
        assert f"({two})" in told[0]
    assert users_below([str(site)]) == users_below([]) == []
