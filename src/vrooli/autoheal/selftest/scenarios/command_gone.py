"""The program of a service is gone when it must be started again."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    lab.hide_program()
    lab.kill("web")
    lab.until(lambda: lab.state("web")["state"] == "failed", "it cannot be started")
    lab.paged("web")
    lab.hide_program(back=True)
    lab.healed("web")


SCENARIO = Scenario(
    "command-gone",
    "the program of a service is gone when it must be started again",
    "the reason is named, and it is back when the program is",
    _run,
    pages=("web",),
)
