"""A service in shadow mode is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", heal="shadow")
    lab.up()
    lab.kill("web")
    lab.until(lambda: "would have been healed" in lab.state("web")["message"], "it is said")
    lab.quiet(2, lambda: lab.starts("web") == 1, "nothing is done")


SCENARIO = Scenario(
    "shadow",
    "a service in shadow mode is killed",
    "it is said what would be done, and nothing is done",
    _run,
    pages=("web",),
    lasting=("web",),
)
