"""The watchdog is stopped by SIGSTOP."""

import signal

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    web, watchdog = lab.pid("web"), lab.kill("autoheal", signal.SIGSTOP)
    lab.until(lambda: lab.state("autoheal").get("pid") not in (None, watchdog), "another watches")
    lab.expect(lab.pid("web") == web, "the service was not touched")


SCENARIO = Scenario(
    "watchdog-stopped",
    "the watchdog is stopped by SIGSTOP",
    "the keeper replaces it, and no service is touched",
    _run,
)
