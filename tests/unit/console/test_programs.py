"""Which versions run, how they are, and what they keep."""

from typing import Any

from vrooli.console.parts.kept import age, kept_of, sized, sizes_of_server, sizes_of_watchdog
from vrooli.console.parts.programs import agreeing, answered, differing, silent


def test_one_that_answers_says_what_it_misses() -> None:
    health: dict[str, Any] = {
        "status": "degraded",
        "version": "1.2",
        "dependencies": {"postgres": {"connected": True}, "redis": {"connected": False}},
    }
    found = answered("server", health, {"listens": ["http://a"]}, 0.0123, 5.0)
    assert (found.state, found.version, found.listens) == ("warning", "1.2", ("http://a",))
    assert found.says == "degraded, answered in 12 ms, without redis"
    well = answered("watchdog", {"status": "ok"}, {"version": "1.2", "started_at": 3}, 0.001, 5.0)
    assert (well.says, well.since) == ("answered in 1 ms", 3.0)


def test_versions_that_differ_say_what_to_renew() -> None:
    watchdog = answered("watchdog", {}, {"version": "0.10.0"}, 0.0, 0.0)
    server = answered("server", {"version": "0.9.1"}, {}, 0.0, 0.0)
    away = silent("console", "nobody listens", "http://a", 0.0)
    said = differing([watchdog, server, away])
    assert "watchdog 0.10.0, server 0.9.1" in said
    assert "`vrooli restart server`" in said
    assert "vrooli up" not in said
    assert agreeing([watchdog, server]) == ""
    assert differing([watchdog, away]) == ""
    assert agreeing([watchdog, away]) == "0.10.0"


def test_what_is_kept_is_told_with_units() -> None:
    about: dict[str, Any] = {
        "history_bytes": 3 * 2**20,
        "log_bytes": 10,
        "kept": [{"what": "heals", "seconds": 31_536_000.0, "oldest": 7.0}],
        "sizes": [{"what": "runs", "bytes": 2048, "rows": 1234}],
    }
    assert [(one.what, one.long, one.oldest) for one in kept_of(about)] == [
        ("heals", "365 days", 7.0)
    ]
    assert [one.bytes for one in sizes_of_watchdog(about)] == ["3.0 MiB", "10 B"]
    assert [(one.bytes, one.rows) for one in sizes_of_server(about)] == [
        ("2.0 KiB", "about 1,234 rows")
    ]
    assert (age(None), age(86_400.0), sized(5 * 2**30)) == ("for ever", "24 hours", "5.0 GiB")
    assert kept_of({}) == []
    assert sizes_of_watchdog({}) == []
