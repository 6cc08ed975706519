"""System calls that the standard library of Python 3.11 does not offer."""

from __future__ import annotations

import ctypes
import os

# Numbers from linux/prctl.h, linux/sched.h and linux/mount.h; they are the same on every
# architecture.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_SLAVE = 1 << 19
MNT_DETACH = 2


def _checked(result: int, about: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """Make orphaned descendants our children instead of those of process 1 (see prctl(2))."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Have the kernel send us this signal when the thread that started us ends. Forgotten when the
    user changes; says nothing about a parent that has ended before.
    """
    _prctl(PR_SET_PDEATHSIG, number)


def gain_nothing() -> None:
    """From now on no program that we or our descendants execute has more rights than we have."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    _checked(_libc().prctl(option, ctypes.c_ulong(value), zero, zero, zero), "prctl")


def unshare(flags: int) -> None:
    """Give this process namespaces of its own; that of processes is for its children."""
    _checked(_libc().unshare(flags), "unshare")


def unshare_mounts() -> None:
    """Give this process mounts of its own, which still receive what the machine mounts later."""
    unshare(CLONE_NEWNS)
    keep_mounts_to_ourselves()


def keep_mounts_to_ourselves() -> None:
    """In a mount namespace of our own: what we mount is not seen outside."""
    mount(None, "/", None, MS_SLAVE | MS_REC)


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """mount(2); raises OSError with `target` as its file name."""
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    options = os.fsencode(data) if data else None
    result = _libc().mount(*encoded, ctypes.c_ulong(flags), options)
    _checked(result, target)


def unmount(target: str) -> None:
    """umount2(2): gone from here at once, also while somebody uses it; OSError like `mount`."""
    _checked(_libc().umount2(os.fsencode(target), MNT_DETACH), target)


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2): the mount `new` becomes the root, the former one lies at `old` below it."""
    result = _libc().pivot_root(os.fsencode(new), os.fsencode(old))
    _checked(result, "pivot_root")
