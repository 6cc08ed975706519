"""What `--model scripted` asks: no model, but a server that speaks OpenAI's chat API. It names full
disks that a log tells of, and as a crash loop whatever else the facts call not well. It shows that
the way to a model works, and what that costs in requests and tokens; how well a model judges it
does not show.

`python -m bench._scripted_model` prints what VROOLI_MODELS has to say, and serves until
it is ended.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from bench._figures import say
from tests.support.openai_server import Reply, openai_server, says

NAME = "scripted:not-a-model"
_SICK = re.compile(r'^service (\{.*"health": "(?!ok).*)$', re.MULTILINE)
_NAMED = re.compile(r'"name": "([^"]+)"')
_FULL = re.compile(r"^log /services/([^/]+)/log (.*No space left on device.*)$", re.MULTILINE)
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
    facts = _prompt(asked)
    full = dict(_FULL.findall(facts))
    causes = [_cause(name, said[:400], "disk-full") for name, said in full.items()]
    for line in _SICK.findall(facts):
        name, said = _NAMED.search(line), _SAID.search(line)
        if name and said and name[1] not in full:
            causes.append(_cause(name[1], said[1]))
    return says(json.dumps({"causes": causes[:5]}))


def _prompt(asked: dict[str, Any]) -> str:
    content = asked["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(one["text"] for one in content)


def _cause(name: str, said: str, cause: str = "crash-loop") -> dict[str, Any]:
    words = {"cause": cause, "subject": name, "says": said}
    return {**words, "evidence": [said], "playbook": [f"vrooli logs {name}"]}


def main() -> None:
    """Serve."""
    with scripted() as models, suppress(KeyboardInterrupt):
        say(models)
        threading.Event().wait()


if __name__ == "__main__":
    main()
