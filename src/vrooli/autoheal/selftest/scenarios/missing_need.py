"""A need of a service is stopped by the operator."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("db")
    lab.service("web", needs=["db"])
    lab.up()
    lab.operate("stop", "db")
    lab.until(lambda: lab.state("web")["state"] == "stopped", "who needs it is stopped too")
    lab.operate("start", "web")
    lab.until(lambda: lab.state("db")["health"] == "ok", "its need is started first")


SCENARIO = Scenario(
    "missing-need",
    "a need of a service is stopped by the operator",
    "what needs it is stopped with it, and comes back with it",
    _run,
)
