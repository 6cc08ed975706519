"""The database is killed and nobody starts it."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.database(heal="watch")
    lab.service("web")
    lab.up()
    server = lab.pid("server")
    lab.kill("postgres")
    lab.paged("postgres")
    lab.kill("web")
    lab.until(lambda: [h["outcome"] for h in lab.heals("web")] == ["healed"], "web is healed")
    lab.kill("autoheal")
    lab.until(lambda: lab.unshipped() > 20, "the next watchdog keeps what it cannot ship")
    lab.operate("start", "postgres")
    lab.until(lambda: lab.unshipped() <= 10, "the copy has it")
    lab.expect(lab.pid("server") == server, "the server was not restarted for it")


SCENARIO = Scenario(
    "database-outage",
    "the database is killed, nobody may start it, and the watchdog is killed as well",
    "who does not need it is healed, its page is sent, and the copy of the history catches up",
    _run,
    pages=("postgres",),
)
