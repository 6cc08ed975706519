"""The watchdog is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    web, watchdog = lab.pid("web"), lab.kill("autoheal")
    lab.until(lambda: lab.state("autoheal").get("pid") not in (None, watchdog), "another watches")
    lab.healed("autoheal")
    lab.expect(lab.pid("web") == web, "the service was not touched")


SCENARIO = Scenario(
    "watchdog-killed",
    "the watchdog is killed",
    "the keeper replaces it, and no service is touched",
    _run,
)
