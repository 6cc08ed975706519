"""What a process hears of others: which runs are free, and which trees have news."""

from collections.abc import Coroutine
from typing import Any

from vrooli.execution.live.news import CHANNEL as NEWS
from vrooli.execution.runs.sharing import CHANNEL as FREE
from vrooli.execution.work import Work
from vrooli.server.listening import Listening
from vrooli.server.news_hearing import NewsHearing

Jobs = tuple[Coroutine[Any, Any, None], ...]


def waking(dsn: str, made: Work) -> Jobs:
    """For a process without readers."""
    return (Listening(dsn, {FREE: made.engine.woken}).run(),)


def hearing(dsn: str, made: Work) -> Jobs:
    """For one with readers: they hear over the same connection."""
    news = NewsHearing(made.live, made.news.owner)
    listening = Listening(dsn, {FREE: made.engine.woken, NEWS: news.heard})
    return listening.run(), news.look(lambda: listening.connected)
