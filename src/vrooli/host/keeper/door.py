"""The one keeper of a home: its lock, its run folder and its listening socket."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat

from vrooli.host.keeper import proc

LOCK = "keeper.lock"
RECORD = "keeper.json"
SOCKET = "keeper.sock"
SUN_PATH = 107  # bytes, unix(7)


class Unfit(Exception):
    """The keeper cannot work here; the text is for a person."""


def take_lock(root: str) -> int | None:
    """Become the keeper of this home: the descriptor of the lock, None when another holds it.

    The file names its holder, so that a keeper that no longer answers can be found and ended.
    """
    path = os.path.join(root, LOCK)
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        if _is_still(path, fd):
            break
        os.close(fd)
    own = proc.read_stat(os.getpid())
    identity = {
        "boot_id": proc.boot_id(),
        "pid": os.getpid(),
        "start_ticks": own.start_ticks if own is not None else 0,
    }
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(identity).encode(), 0)
    except OSError:  # a full disk: the lock itself holds all the same
        pass
    return fd


def _is_still(path: str, fd: int) -> bool:
    """Whether the name leads to what we have locked: it may have been removed in between."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def open_socket(run: str) -> socket.socket:
    """Listen in the run folder, which must be ours alone.

    Only with the lock: it replaces a socket left behind.
    """
    path = os.path.join(run, SOCKET)
    if len(os.fsencode(path)) > SUN_PATH:
        raise Unfit(f"the socket path {path} is longer than {SUN_PATH} bytes")
    _make_folder(run)
    facts = os.lstat(run)
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise Unfit(f"the run folder {run} is not a folder of uid {os.geteuid()}")
    if facts.st_mode & 0o066:
        os.chmod(run, 0o700)
    if os.path.lexists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen(64)
    return listener


def socket_number(run: str) -> int:
    """The inode of the socket's name."""
    return os.stat(os.path.join(run, SOCKET)).st_ino


def close_socket(run: str, number: int) -> None:
    """Take the name away, unless it is gone or another keeper's by now."""
    try:
        if socket_number(run) == number:
            os.unlink(os.path.join(run, SOCKET))
    except OSError:
        pass


def _make_folder(run: str) -> None:
    """The parent lets services through, to sockets of their own (`main.places` makes it so too)."""
    before = os.umask(0o066)
    try:
        os.makedirs(os.path.dirname(run), mode=0o711, exist_ok=True)
        os.makedirs(run, mode=0o700, exist_ok=True)
    finally:
        os.umask(before)
