"""Where the home of a stack is."""

import os
import tempfile
from pathlib import Path

import pytest

from vrooli.core.errors import UsageError
from vrooli.main.places import find_home


def test_a_home_is_one_however_it_is_reached(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    by_link = find_home("shop", {"VROOLI_HOME": str(link)})
    assert by_link == find_home("shop", {"VROOLI_HOME": str(real)})
    assert by_link == find_home("shop", {"VROOLI_HOME": f"{tmp_path}/other/../real/"})
    assert by_link.root == real.resolve()


def test_a_relative_home_is_refused_with_the_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        find_home("shop", {"VROOLI_HOME": "state"})
    assert str(tmp_path / "state") in refused.value.next_step


def test_what_was_brought_up_before_a_login_is_found_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = os.geteuid() or 4711  # root's run folders never move
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    login = {"VROOLI_HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path)}
    usual = find_home("shop", login)
    assert usual.run.parent == tmp_path / "vrooli"
    before = find_home("shop", {**login, "XDG_RUNTIME_DIR": str(tmp_path / "nowhere")})
    before.run.mkdir(parents=True)
    before.keeper_socket.touch()
    for path in (before.run.parent, before.run, before.keeper_socket):
        os.chown(path, uid, -1)
    assert find_home("shop", login) == before
    if os.getuid() == 0:
        os.chown(before.run.parent, 4712, -1)  # somebody else's, who may have put anything there
        assert find_home("shop", login) == usual
