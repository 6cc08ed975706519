"""A service is stopped by SIGSTOP."""

import signal

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    pid = lab.kill("web", signal.SIGSTOP)
    heal = lab.healed("web")
    lab.expect([a["action"] for a in heal["attempts"]] == ["resume"], "it was resumed")
    lab.expect(lab.pid("web") == pid, "nothing was lost")


SCENARIO = Scenario(
    "stop", "a service is stopped by SIGSTOP", "it goes on with the same process", _run
)
