"""What a process does with Redis, where its stack has one. Imported only there: the driver takes 8
MiB.
"""

from vrooli.execution.live.news import News
from vrooli.main.hearing import Jobs
from vrooli.main.working import build_name
from vrooli.server.database import Database
from vrooli.server.identity import Identity
from vrooli.server.listening import Heard
from vrooli.server.redis_cache import RedisCache
from vrooli.server.redis_link import RedisLink
from vrooli.server.redis_news import FirstOf, RedisNews
from vrooli.server.work_metrics import WorkMetrics


class RedisParts:
    """For one process.

    Attributes:
        link: its connections.
        news: notices by it.
        cache: of answers.
    """

    def __init__(self, url: str, database: Database) -> None:
        self.link = RedisLink(url)
        identity = Identity(database)
        self.news = RedisNews(self.link, identity)
        self.cache = RedisCache(self.link, identity, build_name())

    def tell(self, news: News, metrics: WorkMetrics | None = None) -> Jobs:
        """Have this process's notices go by Redis while it takes them."""
        if metrics is None:
            news.carrier = FirstOf(self.news, news.carrier)
        else:
            news.carrier = FirstOf(self.news, news.carrier, metrics.carried)
            metrics.watch_redis(lambda: self.link.up)
        return (self.link.run(),)

    def hear(self, heard: Heard) -> Jobs:
        """Have it hear those of others."""
        return (self.news.run(heard),)
