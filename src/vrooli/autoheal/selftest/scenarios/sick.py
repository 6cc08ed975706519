"""A service answers 503."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--sick-while", "sick", start_timeout=3)
    lab.up()
    pid = lab.pid("web")
    lab.afflict("sick", "web")
    lab.healed("web")
    lab.expect(lab.pid("web") != pid, "it is another process")


SCENARIO = Scenario(
    "sick",
    "a service answers 503",
    "it is restarted and verified",
    _run,
)
