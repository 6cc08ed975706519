"""An operator stops a service."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    lab.operate("stop", "web")
    lab.kill("autoheal")
    lab.until(lambda: lab.state("web").get("state") == "stopped", "the next watchdog knows")
    lab.quiet(3, lambda: lab.starts("web") == 1, "it is not started")


SCENARIO = Scenario(
    "stopped-by-operator",
    "an operator stops a service",
    "it stays stopped, also under the next watchdog",
    _run,
)
