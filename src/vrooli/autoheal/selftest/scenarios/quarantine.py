"""A service in quarantine is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    lab.ask("POST", "/quarantine/web", {"why": "selftest"})
    lab.kill("web")
    lab.until(lambda: "quarantine" in lab.state("web")["message"], "it is held")
    lab.quiet(2, lambda: lab.starts("web") == 1, "it is left alone")
    lab.ask("DELETE", "/quarantine/web")
    lab.healed("web")


SCENARIO = Scenario(
    "quarantine", "a service in quarantine is killed", "only a person starts it again", _run
)
