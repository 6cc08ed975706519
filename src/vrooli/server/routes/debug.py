"""`/health/memory` and `/debug/heap-dump`: they show internals and cost time, hence for
admins.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import FileResponse

from vrooli.server import memory, shapes
from vrooli.server.answers import answers, raw
from vrooli.server.auth import ADMIN
from vrooli.server.heapdump import Trace, dump


def debug_routes(dumps: Path) -> APIRouter:
    """Routes that look into the process; heap dumps go to `dumps`."""
    router = APIRouter()
    one_at_a_time = asyncio.Lock()  # each walks every object: two at once would double the stall

    @router.get(
        "/health/memory",
        summary="What does this process keep in memory?",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.MemoryShape),
    )
    async def health_memory(
        top: Annotated[int, Query(ge=1, le=memory.MAX_TYPES)] = memory.DEFAULT_TYPES,
    ) -> dict[str, Any]:
        """RSS, traced heap, collector generations, and the types with the most objects."""
        async with one_at_a_time:
            return await asyncio.to_thread(memory.facts, top)

    @router.get(
        "/debug/heap-dump",
        summary="A heap snapshot as a file",
        dependencies=[ADMIN],
        response_class=FileResponse,
        responses=raw("application/zip", 507),
    )
    async def heap_dump(trace: Trace = Trace.KEEP) -> FileResponse:
        """A zip archive. `trace=start` switches tracemalloc on (slower, more memory) until
        `trace=stop`.
        """
        async with one_at_a_time:
            path = await asyncio.to_thread(dump, dumps, trace)
        return FileResponse(path, media_type="application/zip", filename=path.name)

    return router
