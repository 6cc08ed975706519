"""The memory of this process."""

import ctypes

_M_ARENA_MAX = -8
"""From malloc.h of glibc; see mallopt(3)."""


def share_one_arena() -> bool:
    """Have all threads to come allocate from one arena: glibc gives each its own, of which none
    gives back what it took. Whether this system knows arenas; another one has its own ways.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, 1) == 1
