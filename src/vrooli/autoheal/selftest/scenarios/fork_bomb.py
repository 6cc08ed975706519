"""A service forks, and its forks fork."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("bomb", "--bomb", "7", stop_timeout=1)
    lab.service("web")
    lab.up()
    lab.until(lambda: len(lab.left("bomb")) == 64, "it has gone off")
    lab.kill("web")
    lab.healed("web")
    lab.expect(lab.starts("bomb") == 1, "it was left alone")
    lab.operate("stop", "bomb")
    lab.expect(not lab.left("bomb"), "they are gone")


SCENARIO = Scenario(
    "fork-bomb",
    "a service forks, and its forks fork, until there are 64, all of them deaf to TERM",
    "others are healed meanwhile, and all of them end with it",
    _run,
)
