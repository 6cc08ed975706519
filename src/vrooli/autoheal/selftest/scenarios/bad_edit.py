"""The stack file is edited into nonsense."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    pid = lab.pid("web")
    lab.spoil()
    lab.up(fails=True)
    lab.expect(lab.pid("web") == pid, "the service runs on")
    lab.kill("web")
    lab.healed("web")


SCENARIO = Scenario(
    "bad-edit", "the stack file is edited into nonsense", "the running stack is left alone", _run
)
