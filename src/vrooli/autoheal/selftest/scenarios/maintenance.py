"""A service is killed during maintenance."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    body = {"subjects": ["web"], "seconds": 600, "why": "selftest"}
    window = lab.ask("POST", "/maintenance", body)
    lab.kill("web")
    lab.until(lambda: lab.state("web")["state"] == "failed", "it is down")
    lab.quiet(2, lambda: lab.starts("web") == 1, "it is left alone")
    lab.ask("DELETE", f"/maintenance/{window['id']}")
    lab.healed("web")


SCENARIO = Scenario(
    "maintenance",
    "a service is killed during maintenance",
    "it is left alone until the maintenance is over",
    _run,
)
