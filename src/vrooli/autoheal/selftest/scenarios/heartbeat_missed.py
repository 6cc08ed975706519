"""Something stops reporting in."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.check("nightly", kind="heartbeat", every="2s", grace="1s", interval=0.5)
    lab.up()
    lab.ask("POST", "/heartbeats/nightly", {})
    lab.until(lambda: lab.result("nightly").get("status") == "ok", "it has reported in")
    lab.until(lambda: lab.result("nightly").get("status") == "critical", "it is missed")


SCENARIO = Scenario(
    "heartbeat-missed",
    "something stops reporting in",
    "it is noticed when it is late",
    _run,
    pages=("nightly",),
    lasting=("nightly",),
)
