"""What the operating system starts at boot (`python -m vrooli.main.keep [HOME]`): the keeper, in
the place of this process. It starts the watchdog, and that one the services that were running.
"""

import os
import sys

from vrooli.autoheal.service_manager import NO_HOME
from vrooli.core.errors import VrooliError
from vrooli.host.start_keeper import become_keeper
from vrooli.main.places import find_home, make_home
from vrooli.main.watchdog_spec import watchdog_spec
from vrooli.stack.names import DEFAULT_NAME


def main() -> int:
    """Returns only when it failed. HOME is for service managers that set no environment."""
    if sys.argv[1:]:
        os.environ["VROOLI_HOME"] = sys.argv[1]
    try:
        home = find_home(DEFAULT_NAME, os.environ)
        if not home.root.is_dir():  # deleted; it must not come back by itself
            sys.stderr.write(
                f"error: {home.root} is not there\n  next: `vrooli up` makes a new home\n"
            )
            return NO_HOME
        make_home(home)  # what is missing of it: /run is empty after a boot
        become_keeper(home, watchdog_spec(home, os.environ))
    except VrooliError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
