"""A service ignores TERM."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--ignore-term", "--children", "2", stop_timeout=1)
    lab.up()
    lab.operate("stop", "web")
    lab.until(lambda: lab.state("web")["pid"] is None, "it is gone")
    lab.expect(not lab.left("web"), "its children are gone")


SCENARIO = Scenario(
    "ignores-term",
    "a service ignores TERM",
    "it is killed with its children after its time, and nothing is left",
    _run,
)
