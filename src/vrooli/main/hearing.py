"""What a process hears of others: which runs are free, which trees have news. And how it tells."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from vrooli.execution.live.news import CHANNEL as NEWS
from vrooli.execution.live.texts import CHANNEL as TEXTS
from vrooli.execution.runs.sharing import CHANNEL as FREE
from vrooli.execution.runs.sharing import CUT
from vrooli.execution.work import Work
from vrooli.server.database import Database
from vrooli.server.listening import Listening
from vrooli.server.news_hearing import NewsHearing
from vrooli.server.work_metrics import WorkMetrics

if TYPE_CHECKING:
    from vrooli.main.redis_parts import RedisParts

Jobs = tuple[Coroutine[Any, Any, None], ...]


def redis_of(url: str | None, database: Database) -> "RedisParts | None":
    """Where the stack has one."""
    if url is None:
        return None
    from vrooli.main.redis_parts import RedisParts

    return RedisParts(url, database)


def waking(dsn: str, made: Work, redis: "RedisParts | None") -> Jobs:
    """For a process without readers."""
    listening = Listening(dsn, {FREE: made.engine.woken, CUT: made.engine.cut})
    return (listening.run(), *(redis.tell(made.news) if redis else ()))


def hearing(dsn: str, made: Work, redis: "RedisParts | None", metrics: WorkMetrics) -> Jobs:
    """For one with readers. What others tell by NOTIFY is heard whether there is a Redis or not:
    they may have lost it, and we not.
    """
    news = NewsHearing(made.live, made.news.owner)
    told_of = {FREE: made.engine.woken, CUT: made.engine.cut, NEWS: news.heard, TEXTS: news.said}
    listening = Listening(dsn, told_of)

    def told() -> bool:
        return listening.connected and (redis is None or redis.news.connected)

    jobs: Jobs = (listening.run(), news.look(told))
    if redis:
        jobs += (*redis.tell(made.news, metrics), *redis.hear(news.heard))
    return jobs
