"""Where the home of a stack is."""

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
