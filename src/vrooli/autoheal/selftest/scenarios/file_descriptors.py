"""A service runs out of file descriptors."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--open-files-while", "greedy")
    lab.up()
    lab.switch("greedy")
    lab.until(lambda: lab.starts("web") > 1, "it is restarted")
    lab.switch("greedy", on=False)
    lab.healed("web")


SCENARIO = Scenario(
    "file-descriptors", "a service runs out of file descriptors", "it is restarted", _run
)
