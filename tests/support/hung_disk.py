"""A file system that is mounted and never answers, as that of an NFS server which is gone: a FUSE
whose other end answers nothing but the greeting; or one that is dead, whose other end is gone.
"""

import contextlib
import ctypes
import os
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from vrooli.host.keeper.linux import MS_NODEV, MS_NOSUID, mount

MNT_DETACH = 2  # linux/fs.h
_IN_HEADER = struct.Struct("=IIQQIIII")  # linux/fuse.h: struct fuse_in_header
_INIT_IN = struct.Struct("=IIII")  # the part of struct fuse_init_in that every kernel sends
_OUT_HEADER = struct.Struct("=IiQ")
_INIT_OUT = struct.Struct("=IIIIHHIIHHI28x")
_LONGEST = 1 << 17
_UNANSWERED = (2, 36, 42)  # linux/fuse.h: FUSE_FORGET, FUSE_INTERRUPT, FUSE_BATCH_FORGET


@contextlib.contextmanager
def hung_disk(folder: Path) -> Iterator[Path]:
    """Every look at `folder` hangs meanwhile (what has it open already goes on); needs root.
    Afterwards whoever hangs gets an error, and what was there before is there again.
    """
    with _mounted(folder):
        yield folder


@contextlib.contextmanager
def dead_disk(folder: Path) -> Iterator[Path]:
    """Every look at `folder` fails meanwhile: whoever served it is gone (ENOTCONN), and it is still
    mounted. Needs root.
    """
    with _mounted(folder) as (_, end):
        end()
        yield folder


@contextlib.contextmanager
def refusing_disk(folder: Path, error: int) -> Iterator[Path]:
    """Every look at `folder` ends with this error meanwhile. Needs root."""
    with _mounted(folder) as (device, _):
        thread = threading.Thread(target=_refuse, args=(os.dup(device), error))
        thread.start()
        yield folder
    thread.join()


@contextlib.contextmanager
def _mounted(folder: Path) -> Iterator[tuple[int, Callable[[], None]]]:
    """The other end, and what ends the connection: who hangs is let go then."""
    device = os.open("/dev/fuse", os.O_RDWR)
    with contextlib.ExitStack() as connection:
        connection.callback(os.close, device)
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
        mount("hung", str(folder), "fuse", MS_NOSUID | MS_NODEV, options)
        try:
            _greet(device)
            yield device, connection.close
        finally:
            connection.close()
            _unmount(folder)


def _greet(device: int) -> None:
    request = os.read(device, _LONGEST)
    _, _, unique, *_ = _IN_HEADER.unpack_from(request)
    major, minor, ahead, _ = _INIT_IN.unpack_from(request, _IN_HEADER.size)
    answer = _INIT_OUT.pack(major, min(minor, 31), ahead, 0, 12, 9, 4096, 1, 1, 0, 0)
    os.write(device, _OUT_HEADER.pack(_OUT_HEADER.size + len(answer), 0, unique) + answer)


def _refuse(device: int, error: int) -> None:
    """Until it is unmounted."""
    with contextlib.suppress(OSError):
        while request := os.read(device, _LONGEST):
            _, kind, unique, *_ = _IN_HEADER.unpack_from(request)
            if kind not in _UNANSWERED:
                os.write(device, _OUT_HEADER.pack(_OUT_HEADER.size, -error, unique))
    os.close(device)


def _unmount(folder: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.umount2(os.fsencode(folder), MNT_DETACH) != 0:
        raise OSError(ctypes.get_errno(), "cannot be unmounted", str(folder))
