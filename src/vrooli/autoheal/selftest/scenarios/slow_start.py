"""A service takes its time to start."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--delay", "3", start_timeout=20)
    lab.up()
    lab.kill("web")
    lab.healed("web")
    lab.expect(lab.starts("web") == 2, "it was started once")


SCENARIO = Scenario(
    "slow-start",
    "a service takes its time to start",
    "it is waited for and not started twice",
    _run,
)
