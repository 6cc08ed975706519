"""`python as_user.py USER COMMAND...`: run a command as another user, wherever our code lies.

The interpreter may lie below a folder such as /root, so the command gets mounts of its own in which
the folders of the code can be read.
"""

import os
import pwd
import sys
from pathlib import Path

from vrooli.host.keeper.expose import expose
from vrooli.main.places import code_folders


def main() -> None:
    user = pwd.getpwnam(sys.argv[1])
    folders = [*code_folders(), str(Path(__file__).parents[2])]
    expose(folders, user.pw_uid, user.pw_gid, [])
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
