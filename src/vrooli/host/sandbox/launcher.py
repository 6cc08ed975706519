"""A process that shuts itself in and becomes the parent of the code. Started by `linux_sandbox`.

1. Namespaces: processes, mounts, IPC, the network; without root first one of users, in which we are
   root.
2. A root of its own: programs of the system, read-only, a few devices, an empty folder.
3. Process 1 of the namespace: when it ends, by itself or because this process was killed, the
   kernel kills whatever is left in there.
4. Its child: limits, a user without rights, the code.
"""

import json
import os
import resource
import select
import signal
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from vrooli.host.keeper import linux

FOLDER = "/tmp"
"""Where the code is, within."""

_FIRST_UID, _LAST_UID = 61184, 65519
"""Of users that exist for a while only and own no file (systemd's DynamicUser=)."""

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_SETTINGS = ("/etc/ld.so.cache",)
_SETTINGS_OF_NETWORK = (
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services"),
    *("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/local/share/ca-certificates"),
)
_ROOT, _FORMER = "/root", "/former"
"""Within the tmpfs: the root of the code, and the machine's until it is gone."""

_STANDING = ("/mnt", "/media", "/srv", "/opt")
"""One of these is covered by that tmpfs."""

_LOCKED = linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV | 8  # MS_NOEXEC
"""Flags that a mount keeps whoever mounts it again without rights over it."""


def main() -> NoReturn:
    """Run what the first argument says, as JSON: see `linux_sandbox`."""
    os.umask(0o022)
    spec = json.loads(sys.argv[1])
    try:
        user = _shut_in(spec)
    except OSError as error:
        _report(f"{error.filename or 'setup'}: {error.strerror}")
    watch, hold = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(hold)
        _be_process_one(spec, user, watch)
    _, status = os.waitpid(first, 0)
    os._exit(_code(status))


def _report(reason: str) -> NoReturn:
    os.write(1, json.dumps({"unavailable": reason}).encode())
    os._exit(1)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _shut_in(spec: dict[str, Any]) -> int:
    """Enter namespaces and the new root; the user that the code is to be."""
    linux.die_with_parent(signal.SIGKILL)
    if os.getppid() != spec["parent"]:
        os._exit(1)
    flags = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC
    flags |= 0 if spec["network"] else linux.CLONE_NEWNET
    user, group = os.geteuid(), os.getegid()
    # Who needs memory takes it from here first.
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if user == 0:
        linux.unshare(flags)
        user = group = _FIRST_UID + int.from_bytes(os.urandom(4)) % (_LAST_UID - _FIRST_UID + 1)
    else:
        linux.unshare(flags | linux.CLONE_NEWUSER)
        _map(user, group)
    linux.keep_mounts_to_ourselves()
    _change_root(spec, user, group)
    return user


def _map(user: int, group: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1")):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")


def _change_root(spec: dict[str, Any], user: int, group: int) -> None:
    prefix = spec["prefix"]
    base = next(one for one in _STANDING if os.path.isdir(one) and not _within(prefix, one))
    _empty(base, "size=1m,mode=755")
    settings = _SETTINGS + (_SETTINGS_OF_NETWORK if spec["network"] else ())
    own = () if any(_within(prefix, one) for one in _PROGRAMS) else (prefix,)
    for path in (*_PROGRAMS, *own, *settings, *_DEVICES):
        if not path.startswith("/usr/"):  # is there with the whole
            _show(path, base + _ROOT)
    _empty(base + _ROOT + FOLDER, f"size={spec['disk']},mode=700,uid={user},gid={group}")
    # The files of the machine leave the namespace: whoever got rights in here finds none.
    os.mkdir(base + _FORMER)
    linux.pivot_root(base, base + _FORMER)
    linux.unmount(_FORMER)
    sealed = linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    linux.mount(None, "/", None, sealed)
    # And in a changed root the kernel gives nobody another namespace of users.
    os.chroot(_ROOT)
    os.chdir(FOLDER)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _empty(folder: str, options: str) -> None:
    os.makedirs(folder, exist_ok=True)
    linux.mount("tmpfs", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def _show(path: str, root: str) -> None:
    """Let `path` be seen below `root` as well, as it is, but for writing."""
    target = root + path
    os.makedirs(os.path.dirname(target), mode=0o755, exist_ok=True)
    with suppress(FileNotFoundError):
        if os.path.islink(path) and os.path.isdir(path):
            os.symlink(os.readlink(path), target)
            return
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            os.mkdir(target)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
        linux.mount(os.path.realpath(path), target, None, linux.MS_BIND | linux.MS_REC)
        if not stat.S_ISCHR(kind):
            kept = os.statvfs(target).f_flag & _LOCKED
            flags = linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | linux.MS_NOSUID
            linux.mount(None, target, None, flags | kept)


def _be_process_one(spec: dict[str, Any], user: int, watch: int) -> NoReturn:
    linux.die_with_parent(signal.SIGKILL)
    if select.select([watch], [], [], 0)[0]:  # the parent ended before that
        os._exit(1)
    child = os.fork()
    if child == 0:
        _become_code(spec, user)
    os.closerange(0, 3)  # the end of the pipes is that of the code
    while True:
        ended, status = os.wait()  # also of what lost its parent
        if ended == child:
            os._exit(_code(status))


def _become_code(spec: dict[str, Any], user: int) -> NoReturn:
    try:
        os.dup2(1, 3)
        os.dup2(2, 1)
        os.closerange(4, 1 << 16)
        for number in signal.valid_signals():
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        for name, value in spec["limits"].items():
            limit = getattr(resource, name)
            hard = resource.getrlimit(limit)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (value, value))
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        linux.gain_nothing()
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        # No site, no user, no environment: the standard library alone.
        options = ["-I", "-S", "-B", "-X", "utf8", "-c", spec["inside"]]
        os.execve(spec["python"], [spec["python"], *options], environment)
    except OSError as error:
        os.write(3, json.dumps({"unavailable": f"{error.filename or 'start'}: {error}"}).encode())
    os._exit(1)


if __name__ == "__main__":
    main()
