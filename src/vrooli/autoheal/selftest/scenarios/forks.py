"""A service leaves processes behind."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--children", "5", stop_timeout=1)
    lab.up()
    lab.expect(len(lab.left("web")) == 5, "they are there")
    lab.kill("web")
    lab.healed("web")
    lab.operate("stop", "web")
    lab.expect(not lab.left("web"), "they are gone")


SCENARIO = Scenario(
    "forks",
    "a service leaves processes behind",
    "they end with it",
    _run,
)
