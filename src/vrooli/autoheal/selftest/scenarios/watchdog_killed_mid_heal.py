"""The watchdog is killed in the middle of a heal."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--delay", "2")
    lab.up()
    lab.kill("web")
    lab.until(lambda: lab.starts("web") == 2, "the heal has begun")
    lab.kill("autoheal")
    lab.healed("web")
    lab.expect(lab.starts("web") == 2, "it was started once")


SCENARIO = Scenario(
    "watchdog-killed-mid-heal",
    "the watchdog is killed in the middle of a heal",
    "the next one ends it, and nothing is done twice",
    _run,
)
