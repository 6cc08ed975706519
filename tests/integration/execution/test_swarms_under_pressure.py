"""What a swarm has to stand: large outputs, changes under its feet, runs that end otherwise."""

from tests.integration.execution.test_swarms import adder, children, eager, rests, swarm
from tests.support.trees import Place, sub

__all__ = ["adder", "children", "eager", "rests", "swarm"]


async def test_large_outputs_are_seen_as_they_are(here: Place) -> None:
    """By expressions of a swarm, and of a run that has another one as a step."""
    text = "x" * 70_000
    large = await here.put({"step": "n", "value": {"n": text}}, output={"a": "${steps.n.n}"})
    one = {"task": "one", "routine": large, "writes": "one"}
    sizes = "${[size(tasks.one.output.a), size(board.one.a)]}"
    run = await swarm(here, one, output=sizes)
    outer = await here.start(await here.put(sub("o", large), output="${size(steps.o.a)}"))
    assert (await here.end(run))["output"] == [70_000, 70_000]
    assert (await here.end(outer))["output"] == 70_000
