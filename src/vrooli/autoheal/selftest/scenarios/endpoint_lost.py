"""An address that is watched stops answering."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", heal="watch")
    lab.check("site", kind="endpoint-http", url=lab.url("web"), interval=0.5)
    lab.up()
    lab.until(lambda: lab.result("site").get("status") == "ok", "it answers")
    lab.kill("web")
    lab.until(lambda: lab.result("site").get("status") == "critical", "it is noticed")


SCENARIO = Scenario(
    "endpoint-lost",
    "an address that is watched stops answering",
    "it is critical, and nothing is restarted for it",
    _run,
    pages=("site", "web"),
    lasting=("site", "web"),
)
