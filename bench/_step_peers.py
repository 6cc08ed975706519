"""DBOS and LangGraph on durable steps that do nothing. A program of its own, in an environment of
its own: `python _step_peers.py dbos|langgraph DSN RUNS`; prints JSON.
"""

import asyncio
import json
import sys
import time
import uuid
from typing import Any, TypedDict

STEPS, CONCURRENT = 10, 16


async def dbos(dsn: str, runs: int) -> dict[str, float]:
    """Workflows of ten steps."""
    from dbos import DBOS, DBOSConfig

    config: DBOSConfig = {"name": "bench", "system_database_url": dsn, "log_level": "ERROR"}
    DBOS(config=config)

    @DBOS.step()
    async def nothing(number: int) -> int:
        return number

    @DBOS.workflow()
    async def work(steps: int) -> int:
        for number in range(steps):
            await nothing(number)
        return steps

    DBOS.launch()
    await work(STEPS)
    began = time.perf_counter()
    await work(200)
    alone = (time.perf_counter() - began) / 200
    took = await _together(lambda: work(STEPS), runs)
    DBOS.destroy()
    return {"alone": alone, "rate": runs * STEPS / took}


async def langgraph(dsn: str, runs: int) -> dict[str, float]:
    """Graphs of ten nodes, each checkpoint durable before the next node begins."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from langgraph.graph import END, START, StateGraph
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    class State(TypedDict):
        n: int

    async def nothing(state: State) -> State:
        return {"n": state["n"] + 1}

    def graph(steps: int, saver: Any) -> Any:
        made = StateGraph(State)
        for number in range(steps):
            made.add_node(f"s{number}", nothing)
            made.add_edge(START if number == 0 else f"s{number - 1}", f"s{number}")
        made.add_edge(f"s{steps - 1}", END)
        return made.compile(checkpointer=saver)

    settings = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(dsn, min_size=4, max_size=16, kwargs=settings) as pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        ten, many = graph(STEPS, saver), graph(200, saver)

        async def run(built: Any) -> None:
            config = {"configurable": {"thread_id": uuid.uuid4().hex}, "recursion_limit": 500}
            await built.ainvoke({"n": 0}, config, durability="sync")

        await run(ten)
        began = time.perf_counter()
        await run(many)
        alone = (time.perf_counter() - began) / 200
        took = await _together(lambda: run(ten), runs)
    return {"alone": alone, "rate": runs * STEPS / took}


async def _together(run: Any, runs: int) -> float:
    """Seconds for so many runs, CONCURRENT of them at once."""
    left = iter(range(runs))

    async def one_after_the_other() -> None:
        for _ in left:
            await run()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(CONCURRENT)))
    return time.perf_counter() - began


if __name__ == "__main__":
    peer = {"dbos": dbos, "langgraph": langgraph}[sys.argv[1]]
    sys.stdout.write(json.dumps(asyncio.run(peer(sys.argv[2], int(sys.argv[3])))) + "\n")
