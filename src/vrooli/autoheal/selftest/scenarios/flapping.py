"""A service answers and fails by turns."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--flap", "1")
    lab.up()
    lab.quiet(8, lambda: lab.starts("web") == 1, "it is not restarted")


SCENARIO = Scenario(
    "flapping",
    "a service answers and fails by turns",
    "it is not restarted for it, and people are told",
    _run,
    pages=("web",),
    lasting=("web",),
)
