"""Most services fail at once."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    names = [f"web-{letter}" for letter in "abcdef"]
    for name in names:
        lab.service(name, "--delay", "1")
    lab.up()
    for name in names:
        lab.kill(name)
    lab.until(lambda: lab.decided("common-cause"), "the breaker has opened")
    for name in names:
        lab.healed(name)


SCENARIO = Scenario(
    "common-cause",
    "most services fail at once",
    "they are healed one at a time",
    _run,
    pages=("common-cause",),
)
