"""A service accepts connections and never answers."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--mute-while", "mute", start_timeout=3)
    lab.up()
    lab.afflict("mute", "web")
    lab.healed("web")


SCENARIO = Scenario(
    "mute", "a service accepts connections and never answers", "it is restarted", _run
)
