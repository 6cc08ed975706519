"""A service runs out of file descriptors."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--open-files-while", "greedy", start_timeout=3)
    lab.up()
    lab.afflict("greedy", "web")
    lab.healed("web")


SCENARIO = Scenario(
    "file-descriptors", "a service runs out of file descriptors", "it is restarted", _run
)
