"""A service that others need hangs, and they fail with it."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("parent", "--mute-while", "mute", start_timeout=3)
    lab.service("child", "--relies-on", str(lab.port("parent")), needs=["parent"])
    lab.up()
    child = lab.pid("child")
    lab.afflict("mute", "parent")
    lab.healed("parent")
    lab.expect(lab.pid("child") == child, "the child was not restarted")


SCENARIO = Scenario(
    "hung-parent",
    "a service that others need hangs, and they fail with it",
    "it alone is restarted",
    _run,
)
