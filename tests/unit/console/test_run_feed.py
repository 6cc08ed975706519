"""A run that several pages show, without a server."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vrooli.console.parts.run_journal import Steps
from vrooli.console.run_feed import RunFeed, RunFeeds, RunSeen
from vrooli.core.errors import UsageError


@dataclass
class Nobody:
    """Somebody for whom there is no run."""

    session: str = "s"
    asked: list[str] = field(default_factory=list)

    @property
    def bearer(self) -> Any:
        raise UsageError("there is no run", next_step="")

    @property
    def work(self) -> Any:
        self.asked.append("work")
        raise UsageError("there is no run", next_step="look it up")

    async def ask(self, question: Callable[[], Any]) -> Any:
        return question()


def event(seq: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "run": "r", "at": 1.0, "kind": kind, **more}


def test_pages_of_one_person_share_a_run_until_the_last_is_closed() -> None:
    async def look() -> None:
        feeds, ann, bob = RunFeeds(), Nobody("ann"), Nobody("bob")
        one, leave_one = feeds.join(ann, "r")  # type: ignore[arg-type]  # all that is asked
        two, leave_two = feeds.join(ann, "r")  # type: ignore[arg-type]
        other, leave_other = feeds.join(bob, "r")  # type: ignore[arg-type]
        assert one is two
        assert one is not other
        leave_one()
        again, leave_again = feeds.join(ann, "r")  # type: ignore[arg-type]
        assert again is one
        for leave in (leave_two, leave_again, leave_other):
            leave()
        fresh, leave_fresh = feeds.join(ann, "r")  # type: ignore[arg-type]
        assert fresh is not one
        leave_fresh()

    asyncio.run(look())


def test_a_run_that_there_is_none_of_is_asked_for_once() -> None:
    async def look() -> None:
        ann = Nobody()
        feed = RunFeed(ann, "r")  # type: ignore[arg-type]
        await asyncio.wait_for(feed.follow(), 5)
        assert feed.trouble is not None
        assert (feed.trouble.what, feed.trouble.passes) == ("there is no run", False)
        assert ann.asked == ["work"]

    asyncio.run(look())


class NotSeen(RunFeed):
    """A run that somebody may see no more, after it was read once."""

    def now(self) -> RunSeen:
        if self.answer is None:
            return RunSeen({"status": "completed"}, {}, Steps(), ())
        raise UsageError("there is no run", next_step="")


def test_who_may_not_hear_of_a_run_any_more_is_told_so_at_once() -> None:
    """Nothing that would happen in it leads to another look."""

    async def look() -> None:
        feed = NotSeen(Nobody(), "r")  # type: ignore[arg-type]
        await asyncio.wait_for(feed.follow(), 5)
        assert feed.trouble is not None
        assert feed.trouble.what == "there is no run"

    asyncio.run(look())


def test_what_happens_is_told_and_ends_what_a_model_said() -> None:
    feed = RunFeed(Nobody(), "r")  # type: ignore[arg-type]
    text = {"run": "r", "kind": "model.text", "path": "a/model[1]", "from": 0, "text": "Hi"}
    feed._take(text)
    feed._take({**text, "run": "other", "path": "b/model[1]"})
    assert list(feed.spoken) == ["a/model[1]"]
    feed._take(event(1, "step.begun", path="b"))
    assert feed.spoken
    feed._take(event(2, "step.completed", path="a"))
    assert feed.spoken == {}
    assert [one.seq for one in feed.events] == [1, 2]
