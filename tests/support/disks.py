"""Small file systems of a test's own; root makes them."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def tmpfs(folder: Path, size: int, inodes: int = 10_000) -> Iterator[Path]:
    """One of `size` bytes in memory, which can make holes in a file but not take its head off."""
    options = f"size={size},nr_inodes={inodes}"
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "-l", str(folder))


@contextlib.contextmanager
def ramfs(folder: Path) -> Iterator[Path]:
    """One in memory that knows no fallocate(2)."""
    _run("mount", "-t", "ramfs", "ramfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "-l", str(folder))


def resized(folder: Path, size: int) -> None:
    """Have the one mounted at `folder` be of `size` bytes, as long as what it holds goes in."""
    _run("mount", "-o", f"remount,size={size}", str(folder))


@contextlib.contextmanager
def ext4(folder: Path, size: int) -> Iterator[Path]:
    """One of `size` bytes in a file beside `folder`: what servers have."""
    image = folder.with_name(f"{folder.name}.image")
    with image.open("wb") as file:
        file.truncate(size)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    _run("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        _run("umount", "-l", str(folder))
        image.unlink()


@contextlib.contextmanager
def automounted(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """One like that; what is given unmounts it and mounts it again, under another number."""
    image = folder.with_name(f"{folder.name}.image")
    with image.open("wb") as file:
        file.truncate(size)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
    devices = [_run("losetup", "-f", "--show", str(image)).strip() for _ in range(2)]

    def again() -> None:
        _run("umount", str(folder))
        _run("mount", devices[1], str(folder))

    _run("mount", devices[0], str(folder))
    try:
        yield again
    finally:
        _run("umount", "-l", str(folder))
        for device in devices:
            _run("losetup", "-d", device)
        image.unlink()


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """`folder` takes no change meanwhile; what has files open there goes on writing to them."""
    _run("mount", "--bind", str(folder), str(folder))
    try:
        _run("mount", "-o", "remount,bind,ro", str(folder))
        yield folder
    finally:
        _run("umount", "-l", str(folder))


def fill(path: Path) -> None:
    """Take all the room that is left on the file system of `path`."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
