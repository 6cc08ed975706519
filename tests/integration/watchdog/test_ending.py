"""The watchdog is asked to end while it looks."""

from collections.abc import Iterator

import pytest

from tests.support.stack import LiveStack


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """A stack of its own."""
    stack = LiveStack()
    yield stack
    stack.close()


def test_down_ends_a_look_that_is_still_under_way(stack: LiveStack) -> None:
    stack.add("web")
    touch = f"touch {stack.folder}/looks; sleep 50"
    stack.resource(
        "elsewhere",
        "http",
        runtime="external",
        url="http://127.0.0.1:9",
        health={"exec": ["sh", "-c", touch], "interval": 60, "timeout": 54},
        start_timeout=1,
    )
    stack.write()
    stack.up("web")
    looks = stack.folder / "looks"
    stack.until(lambda: looks.exists(), "it is looked at")
    stack.down()
