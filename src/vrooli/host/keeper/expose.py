"""Showing a service's user the few folders it needs below a parent that it may not search.

Started by root as another user, a service may have its interpreter, code or data below a folder
such as /root (0700). Loosening the mode of that folder would open everything in it. Instead the new
process gets mounts of its own, in which each blocked folder is covered by a small empty one that
holds only the exposed folders.
"""

from __future__ import annotations

import os
import stat

from vrooli.host.keeper import linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_COVERS = 16  # nested blocked folders; more means that we go in circles
MAX_LINKS = 40  # symbolic links in one path, the kernel's own limit (path_resolution(7))


class Unreadable(Exception):
    """A folder that the user cannot search and that could not be covered."""

    def __init__(self, folder: str, number: int) -> None:
        super().__init__(folder)
        self.folder = folder
        self.errno = number


class _User:
    """Looks at paths with the eyes of a user, by taking its effective ids for the moment."""

    def __init__(self, uid: int, gid: int, groups: list[int]) -> None:
        self._ids = (uid, gid)
        self._groups = groups

    def blocked(self, path: str) -> str | None:
        """The topmost parent of `path` that this user cannot search."""
        uid, gid = self._ids
        own_groups, own_gid = os.getgroups(), os.getegid()
        os.setgroups(self._groups)
        os.setegid(gid)
        os.seteuid(uid)
        try:
            return first_unsearchable(path)
        finally:
            os.seteuid(0)
            os.setegid(own_gid)
            os.setgroups(own_groups)


def _parents(path: str) -> Iterator[str]:
    """/a/b/c: /a, /a/b."""
    position = path.find("/", 1)
    while position > 0:
        yield path[:position]
        position = path.find("/", position + 1)


def first_unsearchable(path: str) -> str | None:
    """The topmost parent of `path` that whoever we are now cannot search."""
    for parent in _parents(path):
        if not os.access(parent, os.X_OK, effective_ids=True):
            return parent
    return None


def expose(paths: list[str], uid: int, gid: int, groups: list[int]) -> None:
    """Make `paths` reachable for the user, unless they are. Runs as root, in the new process only.

    Steps: 1. find the topmost blocked folder; 2. once, leave the machine's mounts; 3. cover it;
    4. look again, since an exposed folder may itself be closed with something below it exposed too.

    Raises:
        Unreadable: the mounts are not allowed here (a container without CAP_SYS_ADMIN).
    """
    user = _User(uid, gid, groups)
    real = sorted({os.path.realpath(path) for path in paths if os.path.exists(path)})
    links = [link for path in paths for link in _links(path)]
    alone = False
    for _ in range(MAX_COVERS):
        folder = next((found for found in map(user.blocked, real) if found is not None), None)
        if folder is None:
            return
        try:
            if not alone:
                linux.unshare_mounts()
                alone = True
            _cover(folder, [path for path in real if path.startswith(folder + "/")], links)
        except OSError as error:
            raise Unreadable(folder, error.errno or 0) from error
    raise Unreadable(real[0], 0)


def _links(path: str) -> list[tuple[str, str]]:
    """The symbolic links on the way to `path` and their texts: a cover hides them."""
    found: list[tuple[str, str]] = []
    path = os.path.abspath(path)
    for _ in range(MAX_LINKS):
        link = next((p for p in (*_parents(path), path) if os.path.islink(p)), None)
        if link is None:
            return found
        target = os.readlink(link)
        found.append((link, target))
        rest = path[len(link) + 1 :]
        path = os.path.normpath(os.path.join(os.path.dirname(link), target, rest))
    return found


def _cover(folder: str, paths: list[str], links: list[tuple[str, str]]) -> None:
    # Held open before the cover hides them, and after unshare: a mount of another namespace cannot
    # be bound.
    held = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in paths]
    options = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", folder, "tmpfs", options, "mode=755,size=1m")
    bound: list[str] = []
    for path, fd in held:  # sorted: a folder comes before what lies in it and came along with it
        if not any(path.startswith(parent + "/") for parent in bound):
            _mount_point(path, is_folder=stat.S_ISDIR(os.fstat(fd).st_mode))
            linux.mount(f"/proc/self/fd/{fd}", path, None, linux.MS_BIND | linux.MS_REC)
            bound.append(path)
        os.close(fd)
    for link, target in links:
        if link.startswith(folder + "/") and not os.path.lexists(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(target, link)
    linux.mount(None, folder, None, linux.MS_REMOUNT | linux.MS_RDONLY | options)


def _mount_point(path: str, is_folder: bool) -> None:
    """An empty folder or file to bind onto."""
    if is_folder:
        os.makedirs(path, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
