"""A service runs out of file descriptors."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--open-files-while", "greedy", start_timeout=3)
    lab.up()
    lab.switch("greedy")
    lab.until(lambda: lab.heals("web"), "a heal has begun")
    lab.switch("greedy", on=False)
    lab.healed("web")


SCENARIO = Scenario(
    "file-descriptors", "a service runs out of file descriptors", "it is restarted", _run
)
