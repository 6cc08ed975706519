"""What `--model scripted` asks: no model, but a server that speaks OpenAI's chat API and names as
crash loops what the facts call not well. It shows that the way to a model works, and what that
costs in requests and tokens; how well a model judges it does not show.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.openai_server import Reply, openai_server, says

NAME = "scripted:not-a-model"
_SICK = re.compile(r'^service (\{.*"health": "(?!ok).*)$', re.MULTILINE)
_NAMED = re.compile(r'"name": "([^"]+)"')
_SAID = re.compile(r'"message": "([^"\\]{1,200})')


@contextmanager
def scripted() -> Iterator[str]:
    """It, as VROOLI_MODELS says it."""
    ready, address = threading.Event(), []
    loop = asyncio.new_event_loop()
    ending = asyncio.Event()

    async def serve() -> None:
        async with openai_server() as (server, url):
            server.choose = _answer
            address.append(url)
            ready.set()
            await ending.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    ready.wait()
    prices = f'[prices."{NAME}"]\ninput = 1.0\noutput = 1.0\n'
    try:
        yield f'[providers.scripted]\nvendor = "openai"\nbase_url = "{address[0]}"\n{prices}'
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join()
        loop.close()


def _answer(asked: dict[str, Any]) -> Reply:
    causes = []
    for line in _SICK.findall(_prompt(asked)):
        name, said = _NAMED.search(line), _SAID.search(line)
        if name and said:
            causes.append(_cause(name[1], said[1]))
    return says(json.dumps({"causes": causes[:5]}))


def _prompt(asked: dict[str, Any]) -> str:
    content = asked["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(one["text"] for one in content)


def _cause(name: str, said: str) -> dict[str, Any]:
    words = {"cause": "crash-loop", "subject": name, "says": said}
    return {**words, "evidence": [said], "playbook": [f"vrooli logs {name}"]}
