"""A person is told once of what needs one, and once when it is over, whatever dies in between."""

from collections.abc import Iterator

import pytest

from tests.support.receiver import Receiver, receiving
from tests.support.stack import LiveStack


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes what people are told."""
    with receiving() as one:
        yield one


def test_what_cannot_be_healed_pages_once_and_its_end_is_told(
    stack: LiveStack, receiver: Receiver
) -> None:
    stack.tell({"hook": {"url": receiver.url}})
    stack.touch("sound")
    stack.add("web", "--crash-unless", "sound")
    stack.write()
    stack.up()
    stack.until_ok()
    (stack.folder / "sound").unlink()
    stack.kill("web")
    stack.until(lambda: receiver.of("page"), "it is paged")
    page = receiver.of("page")[0]
    assert "web fails" in page.title
    assert page.type == "failure"
    stack.touch("sound")
    stack.run("start", "web")
    stack.until(lambda: receiver.of("resolved"), "its end is told")
    stack.until_ok()
    assert [one.kind for one in receiver.got] == ["page", "resolved"]
    assert "web is well again" in receiver.of("resolved")[0].title
