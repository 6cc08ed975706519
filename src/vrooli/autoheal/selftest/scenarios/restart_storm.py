"""More heals are due than the budget allows."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.settings(heal_budget=2, heal_window=12)
    for name in ("one", "two", "three"):
        lab.service(name)
    lab.up()
    for name in ("one", "two", "three"):
        lab.kill(name)
    lab.until(lambda: lab.decided("budget"), "the budget is spent")
    lab.paged("heal-budget")
    for name in ("one", "two", "three"):
        lab.healed(name)


SCENARIO = Scenario(
    "restart-storm",
    "more heals are due than the budget allows",
    "the rest waits, and says so",
    _run,
    pages=("heal-budget",),
)
