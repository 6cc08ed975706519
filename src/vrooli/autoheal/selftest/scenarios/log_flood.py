"""A service floods its log."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web", "--chatter", str(60 * 2**20))
    lab.up()
    log = lab.log("web")
    lab.until(lambda: log.stat().st_size < 40 * 2**20, "the log is rotated")
    lab.expect(lab.starts("web") == 1, "the service was not touched")


SCENARIO = Scenario(
    "log-flood",
    "a service floods its log",
    "the log is bounded and the service is not touched",
    _run,
)
