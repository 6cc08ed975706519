"""What `websocket.py` measures ours against: one route of Starlette, and nothing around it. It is
under uvicorn as ours is. Argument: the port.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def live(request: Request) -> JSONResponse:
    """Alive."""
    return JSONResponse({"status": "alive"})


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[Route("/live", live)]),
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
    )
