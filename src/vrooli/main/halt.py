"""What the operating system runs to stop a stack (`python -m vrooli.main.halt UNIT`): services in
order, then the watchdog. What is meant to run stays so: nothing here is an operator's stop.
"""

import os
import sys
from collections.abc import Mapping

from vrooli.autoheal.watchdog import systemd
from vrooli.core.errors import VrooliError
from vrooli.core.home import Home
from vrooli.core.ports.programs import Programs
from vrooli.host.start_keeper import start_keeper
from vrooli.main.bringing import stop_watchdog
from vrooli.main.direct import Asked, operate
from vrooli.main.operating_system import programs
from vrooli.main.places import find_home
from vrooli.stack.names import DEFAULT_NAME


def main() -> int:
    """The exit code; what happens is told on standard error."""
    home = find_home(DEFAULT_NAME, os.environ)
    try:
        why = _why_not(home, sys.argv[1], os.environ, programs(os.environ))
        if why:
            _say(f"services run on: {why}")
            return 0
        return halt(home, os.environ)
    except VrooliError as error:
        _say(f"error: {error}")
        return error.exit_code


def halt(home: Home, environment: Mapping[str, str]) -> int:
    """1. end the watchdog, so that nothing is healed; 2. stop the services, those first that need
    others. 1 when one did not stop.
    """
    stop_watchdog(home)
    ok = True
    # A keeper that is gone is not asked of the service manager, which waits for us to end.
    for line in operate(home, Asked("halt"), environment, start_keeper):
        if line.get("done"):
            ok = bool(line["ok"])
        elif line["phase"] in ("stopped", "failed"):
            _say(
                f"{line['service']}: {line['phase']} after {line['seconds']:g} s {line['message']}"
            )
    return 0 if ok else 1


def _why_not(home: Home, name: str, environment: Mapping[str, str], ask: Programs) -> str:
    if home.stay.exists():
        return "they are to stay"
    system = os.geteuid() == 0
    kind = ""
    try:
        told = systemd.properties(ask.run(systemd.job_question(system, name)).out)
        if told.get("Job"):
            kind = systemd.job_type(ask.run(systemd.job_type_question(system, told["Job"])))
    except VrooliError as error:
        _say(f"cannot learn why this is asked for: {error}")
    return systemd.services_run_on(environment, kind)


def _say(text: str) -> None:
    sys.stderr.write(f"{text.rstrip()}\n")


if __name__ == "__main__":
    raise SystemExit(main())
