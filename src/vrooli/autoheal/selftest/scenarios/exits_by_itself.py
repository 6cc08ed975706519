"""A service ends with 0."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--exit-when", "enough")
    lab.up()
    lab.afflict("enough", "web")
    heal = lab.healed("web")
    lab.expect("code 0" in heal["cause"], "the cause is known")


SCENARIO = Scenario(
    "exits-by-itself",
    "a service ends with 0",
    "it is started again",
    _run,
)
