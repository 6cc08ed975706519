"""Which controllers of control groups there are, in either version of them."""

from pathlib import Path

from vrooli.host.controllers import controllers


def test_one_tree_says_it_for_the_system_and_for_each_user(tmp_path: Path) -> None:
    user = tmp_path / "user.slice/user-7.slice/user@7.service"
    user.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory pids\n", encoding="ascii")
    (user / "cgroup.controllers").write_text("memory pids\n", encoding="ascii")
    assert controllers(0, tmp_path) >= {"cpu", "memory", "pids"}
    assert controllers(7, tmp_path) == {"memory", "pids"}
    assert controllers(8, tmp_path) == frozenset()


def test_a_tree_for_each_is_roots(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "unified").mkdir()
    assert controllers(0, tmp_path) == {"memory"}
    assert controllers(7, tmp_path) == frozenset()
