"""A service is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("db")
    lab.service("web", needs=["db"])
    lab.up()
    other = lab.pid("web")
    lab.kill("db")
    heal = lab.healed("db")
    lab.expect(heal["cause"] == "killed by signal 9", "the cause is known")
    lab.expect(lab.pid("web") == other, "who needs it was not restarted")


SCENARIO = Scenario(
    "kill", "a service is killed", "it is back, verified, and nothing else is touched", _run
)
