"""Which file system holds a path."""

from pathlib import Path

from vrooli.host.mounts import filesystem_of


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    assert filesystem_of("/proc/self/status") == "proc"
    assert filesystem_of("/proc") == "proc"
    assert filesystem_of("/sys/kernel") == "sysfs"
    assert filesystem_of("/procession") == filesystem_of("/")


def test_links_are_followed_and_what_is_not_there_yet_counts(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/proc")
    assert filesystem_of(str(tmp_path / "link" / "self")) == "proc"
    assert filesystem_of(str(tmp_path / "not" / "made")) == filesystem_of(str(tmp_path))
