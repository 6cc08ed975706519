"""A service that is only watched is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", heal="watch")
    lab.up()
    lab.kill("web")
    lab.until(lambda: lab.state("web")["health"] == "critical", "it is seen")
    lab.quiet(3, lambda: lab.starts("web") == 1, "it is not touched")


SCENARIO = Scenario(
    "watched-only",
    "a service that is only watched is killed",
    "it is seen and never touched",
    _run,
    pages=("web",),
    lasting=("web",),
)
