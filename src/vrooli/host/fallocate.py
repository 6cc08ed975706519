"""Taking a part out of a file without writing anything: fallocate(2), which `os` does not offer."""

import ctypes
import os
from functools import cache

KEEP_SIZE, PUNCH_HOLE, COLLAPSE_RANGE = 1, 2, 8  # linux/falloc.h


def collapse(descriptor: int, length: int) -> None:
    """Take the first `length` bytes out of the file: what follows them is its beginning then.

    Whoever appends does not notice. ext4 and XFS can; `length` is a multiple of their blocks, and
    less than the size. Raises OSError.
    """
    _fallocate(descriptor, COLLAPSE_RANGE, 0, length)


def punch(descriptor: int, start: int, length: int) -> None:
    """Give the room of a part back; it reads as zeros then. Raises OSError where that is not
    possible.
    """
    _fallocate(descriptor, PUNCH_HOLE | KEEP_SIZE, start, length)


def _fallocate(descriptor: int, mode: int, start: int, length: int) -> None:
    result = _libc().fallocate64(descriptor, mode, ctypes.c_int64(start), ctypes.c_int64(length))
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
