"""The name server takes questions and never answers."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario

NAME = "db.selftest.test"


def _run(lab: Lab) -> None:
    lab.machine.name_server(NAME)
    lab.check("infra-dns", names=[NAME], interval=1)
    lab.service("web")
    lab.up()
    lab.until(lambda: lab.result("infra-dns").get("status") == "ok", "the name is found")
    lab.machine.silence_names()
    lab.until(lambda: lab.result("infra-dns").get("status") == "critical", "it is noticed")
    lab.kill("web")
    lab.until(lambda: [heal["outcome"] for heal in lab.heals("web")] == ["healed"], "it is healed")
    lab.expect(lab.starts("web") == 2, "it was restarted for its death alone")
    lab.paged("infra-dns")
    lab.machine.silence_names(False)
    lab.until(lambda: lab.result("infra-dns").get("status") == "ok", "that it is over, too")


SCENARIO = Scenario(
    "dns-blackhole",
    "the name server takes questions and never answers",
    "it is noticed, nobody is restarted for it, and healing waits for no name",
    _run,
    pages=("infra-dns",),
)
