"""How the keeper starts the watchdog."""

import sys
from collections.abc import Mapping

from vrooli.core.home import Home
from vrooli.core.launch import LaunchSpec
from vrooli.host.keeper.installation import installation
from vrooli.stack.model import AUTOHEAL

MODULE = "vrooli.main.watchdog"


def watchdog_spec(home: Home, environment: Mapping[str, str]) -> LaunchSpec:
    """The watchdog of `home`, in our whole environment: `env:` references are resolved in it."""
    env = {key: value for key, value in environment.items() if key != "VROOLI_LAUNCH"}
    return LaunchSpec(
        service=AUTOHEAL,
        argv=(sys.executable, "-m", MODULE),
        cwd="/",
        env=env | {"VROOLI_HOME": str(home.root)},
        log_path=str(home.log(AUTOHEAL)),
        fingerprint=installation(),
    )
