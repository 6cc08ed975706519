"""What a service needs answers slowly, and so does the service."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    health = {"http": "/", "interval": 2, "timeout": 1.8}
    lab.service("db", "--slow-while", "slow", health=health)
    relies = ("--relies-on", str(lab.port("db")), "--patience", "1.5")
    lab.service("web", *relies, needs=["db"], health=health)
    lab.up()
    lab.switch("slow")
    lab.until(lambda: lab.result("scenario-db")["value"] > 400, "it is slow")
    lab.until(lambda: lab.result("scenario-web")["value"] > 400, "and so is who needs it")
    lab.quiet(3, lambda: lab.starts("db") == lab.starts("web") == 1, "neither is restarted")


SCENARIO = Scenario(
    "slow-dependency",
    "what a service needs answers slowly, and so does the service",
    "it is measured, and neither is restarted for it",
    _run,
)
