"""A service that ten others need is killed."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("parent")
    names = [f"child-{number}" for number in range(10)]
    for name in names:
        lab.service(name, needs=["parent"])
    lab.up()
    before = {name: lab.pid(name) for name in names}
    lab.kill("parent")
    lab.healed("parent")
    lab.expect({name: lab.pid(name) for name in names} == before, "the ten run on")
    acted = [name for name in names for heal in lab.heals(name) if heal["attempts"]]
    lab.expect(not acted, f"none of the ten was touched: {acted}")


SCENARIO = Scenario(
    "parent-with-children",
    "a service that ten others need is killed",
    "it alone is healed, and none of the ten is restarted",
    _run,
)
