"""A service ends with 0."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--exit-when", "enough")
    lab.up()
    lab.switch("enough")
    lab.until(lambda: lab.starts("web") > 1, "it is started again")
    lab.switch("enough", on=False)
    heal = lab.healed("web")
    lab.expect("code 0" in heal["cause"], "the cause is known")


SCENARIO = Scenario(
    "exits-by-itself",
    "a service ends with 0",
    "it is started again",
    _run,
)
