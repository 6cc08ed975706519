"""A service crashes at every start."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--crash-unless", "mended")
    lab.switch("mended")
    lab.up()
    lab.switch("mended", on=False)
    lab.kill("web")
    lab.until(lambda: lab.starts("web") >= 3, "it is tried again")
    lab.paged("web")
    lab.quiet(4, lambda: lab.starts("web") <= 4, "it is not tried all the time")
    lab.switch("mended")
    lab.healed("web")


SCENARIO = Scenario(
    "crash-loop",
    "a service crashes at every start",
    "it is tried ever more seldom, and is back by itself when it is mended",
    _run,
    pages=("web",),
)
