"""Extended attributes of files: those of users, ACLs, capabilities. They lie in the tar as GNU tar
has them with `--xattrs`, in PAX headers called `SCHILY.xattr.NAME`.
"""

import os
from collections.abc import Mapping

PREFIX = "SCHILY.xattr."

_KEPT = ("user.", "trusted.", "system.posix_acl_", "security.capability")
"""Labels of a security module are the machine's that gives them; what else there is, the kernel
makes.
"""


def attributes(path: str | int) -> dict[str, str]:
    """Those of a file as headers, in one order; none where there are none, or none can be.

    Args:
        path: of a file or folder, not followed; or a descriptor.
    """
    found = {}
    try:
        for name in sorted(_names(path)):
            # A `=` ends the name in a PAX header.
            if name.startswith(_KEPT) and "=" not in name:
                found[PREFIX + name] = os.fsdecode(_value(path, name))
    except OSError:  # its file system knows none, or it has just gone: then that is told
        return found
    return found


def set_on(path: str, headers: Mapping[str, str]) -> int:
    """Give a file those that stand in its headers; how many it does not take, since its file
    system has no such thing, or we may not.
    """
    refused = 0
    for key, value in headers.items():
        if key.startswith(PREFIX) and key.removeprefix(PREFIX).startswith(_KEPT):
            try:
                os.setxattr(
                    path, key.removeprefix(PREFIX), os.fsencode(value), follow_symlinks=False
                )
            except OSError:
                refused += 1
    return refused


def _names(path: str | int) -> list[str]:
    return (
        os.listxattr(path) if isinstance(path, int) else os.listxattr(path, follow_symlinks=False)
    )


def _value(path: str | int, name: str) -> bytes:
    if isinstance(path, int):
        return os.getxattr(path, name)
    return os.getxattr(path, name, follow_symlinks=False)
