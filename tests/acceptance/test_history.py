"""What was: a real watchdog on a spool with a past, asked by commands and by its API."""

import csv
import json
import re
import time
import urllib.error
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.seeded import looks, seed
from tests.support.stack import AUTOHEAL, LiveStack, said
from tests.support.terminal import on_terminal
from vrooli.cli.spark import BLOCKS

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
def past(stack: LiveStack) -> LiveStack:
    """A stack that ran for a week: its disk fills, `web` was down for 10 minutes yesterday, and no
    watchdog ran on the third day.
    """
    stack.add("web", heal="watch")
    stack.add("extra", critical=False)
    stack.check("system-disk", warning=99.8, critical=99.9)
    stack.write()
    now = time.time()
    began, dark, light, down = now - 7 * DAY, now - 4 * DAY, now - 3 * DAY, now - 30 * HOUR
    seed(
        stack.home / "spool.db",
        [
            *(
                r
                for a, b in ((began, dark), (light, now))
                for r in looks("scenario-autoheal", a, b, 60.0)
            ),
            *looks("scenario-web", began, dark, 60.0, value=5.0, unit="ms"),
            *looks("scenario-web", light, down, 60.0, value=5.0, unit="ms"),
            *looks("scenario-web", down, down + 600, 60.0, "critical", message="no answer"),
            *looks("scenario-web", down + 600, now, 60.0, value=5.0, unit="ms"),
            *looks("system-disk", began, now, 300.0, value=lambda at: 84 + 5 * (at - now) / DAY),
        ],
    )
    stack.up()
    stack.until_ok()
    return stack


def asked(stack: LiveStack, *words: str) -> Any:
    """The JSON of a command, which is all that it prints."""
    ended = stack.autoheal_command(*words, "--json")
    assert ended.returncode == 0, said(ended)
    return json.loads(ended.stdout)


def table(stack: LiveStack, *words: str) -> list[dict[str, str]]:
    """The CSV of a command, row by row."""
    ended = stack.autoheal_command(*words, "--csv")
    assert ended.returncode == 0, said(ended)
    return list(csv.DictReader(ended.stdout.splitlines(), strict=True))


def test_the_past_as_a_user_asks_for_it(past: LiveStack) -> None:
    _history(past)
    _uptime(past)
    _trends(past)
    _mistakes(past)
    _api(past)


def _history(past: LiveStack) -> None:
    [incident] = asked(past, "history", "web", "--since", "7d")["incidents"]
    assert incident["seconds"] == pytest.approx(600, abs=1)
    assert (incident["cause"], incident["worst"]) == ("no answer", "critical")
    [row] = [r for r in table(past, "history", "--since", "7d") if r["check"] == "scenario-web"]
    ended, began = (datetime.fromisoformat(row[name]) for name in ("ended", "began"))
    assert (ended - began).total_seconds() == pytest.approx(600, abs=1)
    assert began.tzinfo is not None
    shown = past.autoheal_command("history", "web", "--since", "7d")
    assert "10 min" in shown.stdout
    assert "1 incident" in shown.stdout
    values = table(past, "history", "web", "--since", "24h", "--step", "hour")
    assert 23 <= len(values) <= 25
    assert {row["mean"] for row in values[2:]} == {"5.0"}
    # More than the API gives in one answer.
    assert (
        len(table(past, "history", "web", "--since", "2d", "--step", "minute", "-n", "2500"))
        == 2500
    )


def _uptime(past: LiveStack) -> None:
    rows = {row["service"]: row["windows"] for row in asked(past, "uptime")}
    assert set(rows) == {"web", "extra", "autoheal"}
    day, week, month = rows["web"]
    assert day["percent"] > 99.9
    seen = week["up_seconds"] + week["down_seconds"]
    assert week["percent"] == pytest.approx(100 * (1 - 600 / seen), abs=0.05)
    assert week["unknown_seconds"] == pytest.approx(DAY, abs=300)
    assert month["unknown_seconds"] == pytest.approx(24 * DAY, abs=300)
    shown = past.autoheal_command("uptime").stdout
    assert "* seen for less than half of the time" in shown
    [row] = table(past, "uptime", "web", "--since", "48h", "--until", "24h")
    assert float(row["down_seconds"]) == pytest.approx(600, abs=1)
    assert int(row["incidents"]) == 1


def _trends(past: LiveStack) -> None:
    [disk] = asked(past, "trends", "system-disk")
    assert disk["trend"]["slope_per_day"] == pytest.approx(5, rel=0.05)
    full = next(f for f in disk["forecasts"] if f["limit"] == "full")
    assert full["seconds"] == pytest.approx(3.2 * DAY, rel=0.1)
    shown = past.autoheal_command("trends").stdout
    assert re.search(r"^system-disk .* full in 3\.\d days$", shown, re.MULTILINE), shown
    [row] = table(past, "trends", "system-disk")
    assert row["verdict"] == "rising"


def _mistakes(past: LiveStack) -> None:
    for words, about in (
        (["history", "wbe"], "did you mean `web`"),
        (["history", "--since", "yesterday"], "since: `yesterday` is no time"),
        (["uptime", "--since", "1h", "--until", "2h"], "must lie before until"),
        (["trends", "--json", "--csv"], "exclude each other"),
        (["history", "web", "--step", "week"], "`step` must be one of"),
        (["timeline", "nobody"], "nothing is known of `nobody`"),
    ):
        ended = past.autoheal_command(*words)
        assert ended.returncode == 2, said(ended)
        assert "--json" in words or ended.stdout == ""
        assert about in ended.stderr
        assert "Traceback" not in ended.stderr


def _api(past: LiveStack) -> None:
    first = past.get("autoheal", "/history/web?since=7d&step=minute&limit=2")
    again = past.get("autoheal", f"/history/web?since=7d&until={first['next']}&step=minute&limit=2")
    ats = [row["at"] for row in first["rows"] + again["rows"]]
    assert ats == sorted(set(ats), reverse=True)
    assert [row["check"] for row in past.get("autoheal", "/uptime?check=web")["checks"]] == [
        "scenario-web"
    ]
    for path, about in (
        ("/history?limit=many", "`limit` must be a number"),
        ("/history?since=soon", "is no time"),
        (f"/trends?check={quote('no one')}", "nothing is known"),
        ("/history/web?step=week", "`step` must be one of"),
        ("/uptime?until=400d", "must lie before"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            past.open("autoheal", path)
        assert refused.value.code == 400, path
        assert about in json.load(refused.value)["error"]["message"]
    for path in ("/history", "/history/web", "/uptime", "/trends", "/timeline"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            past.open("autoheal", path, token=False)
        assert refused.value.code == 401
        refused.value.close()


def test_a_crash_is_told_in_order_and_a_restart_by_hand_is_no_downtime(stack: LiveStack) -> None:
    stack.add("web")
    stack.add("extra")
    stack.write()
    stack.up()
    stack.until_ok()
    stack.kill("web")
    stack.until_healed("web")
    assert stack.run("restart", "extra").returncode == 0
    stack.until_ok()
    stack.until(
        lambda: "restart: done" in stack.autoheal_command("timeline", "extra").stdout, "it is told"
    )
    words = [row["words"] for row in table(stack, "timeline", "web")]
    order = ["up extra, web", "running -> failed: killed by signal 9", "start: done", "healed"]
    places = [_index(words, begin) for begin in order]
    assert places == sorted(places), words
    wrong = asked(stack, "history")
    assert {row["check"] for row in wrong} <= {"scenario-web", *_machine(stack)}
    web = next(row for row in wrong if row["cause"] == "killed by signal 9")
    assert web["check"] == "scenario-web"
    assert web["ended"] is not None
    assert [heal["outcome"] for heal in web["heals"]] == ["healed"]
    extra = asked(stack, "uptime", "extra", "--since", "1h")[0]["windows"][0]
    assert extra["down_seconds"] == 0
    assert extra["off_seconds"] > 0
    [healed] = table(stack, "heals", "web", "--since", "1h")
    assert (healed["actions"], healed["outcome"]) == ("start", "healed")
    assert asked(stack, "heals", "extra") == []
    assert asked(stack, "heals", "--until", "1h") == []
    assert asked(stack, "heals", "scenario-web") == asked(stack, "heals", "web") != []
    unknown = stack.autoheal_command("heals", "wev")
    assert unknown.returncode == 2
    assert "nothing is known of `wev`; did you mean `web`?" in unknown.stderr


def _machine(stack: LiveStack) -> set[str]:
    return {c["id"] for c in asked(stack, "checks") if not c["id"].startswith("scenario-")}


def _index(words: list[str], begin: str) -> int:
    return next((i for i, one in enumerate(words) if one.startswith(begin)), -1)


def test_what_a_terminal_of_60_columns_shows_fits(past: LiveStack) -> None:
    for words in (["history", "--since", "7d"], ["uptime"], ["trends"], ["timeline"], ["heals"]):
        command = [*past.prefix, *AUTOHEAL, *words]
        shown = on_terminal(60, command, past.environment, past.folder)
        assert shown
        assert max(map(len, shown)) <= 60, shown
    command = [*past.prefix, *AUTOHEAL, "trends"]
    shown = on_terminal(140, command, past.environment, past.folder)
    assert any(BLOCKS[-1] in line for line in shown), "a terminal that is wide has sparklines"
