"""The keeper is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    web, keeper = lab.pid("web"), lab.kill("keeper")
    lab.until(lambda: lab.pid("keeper") != keeper, "another keeps")
    lab.expect(lab.pid("web") == web, "the service runs on")
    lab.kill("web")
    lab.healed("web")


SCENARIO = Scenario(
    "keeper-killed",
    "the keeper is killed",
    "the watchdog starts another, services run on and are still healed",
    _run,
)
