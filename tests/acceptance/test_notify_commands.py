"""What an operator says to notifications, by the real commands and a real receiver."""

import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.receiver import Receiver, receiving
from tests.support.stack import LiveStack, said


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes what people are told."""
    with receiving() as one:
        yield one


@pytest.fixture
def broken(stack: LiveStack, receiver: Receiver) -> LiveStack:
    """`web` is up, and will not start again once it ends."""
    stack.tell({"hook": {"url": receiver.url}})
    return up(stack)


def up(stack: LiveStack) -> LiveStack:
    stack.touch("sound")
    stack.add("web", "--crash-unless", "sound")
    stack.write()
    stack.up()
    stack.until_ok()
    return stack


def fail(stack: LiveStack) -> None:
    """It ends, and cannot be healed."""
    (stack.folder / "sound").unlink()
    stack.kill("web")
    stack.until(lambda: incidents(stack), "there is an incident")


def mend(stack: LiveStack) -> None:
    stack.touch("sound")
    assert stack.run("start", "web").returncode == 0
    stack.until(lambda: not incidents(stack), "it is over")


def ask(stack: LiveStack, *arguments: str) -> Any:
    ended = stack.autoheal_command("notify", *arguments, "--json")
    assert ended.returncode == 0, said(ended)
    return json.loads(ended.stdout)


def incidents(stack: LiveStack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.get("autoheal", "/notify")["incidents"]
    return found


def events(stack: LiveStack, what: str) -> list[dict[str, Any]]:
    """From the history."""
    import sqlite3

    with sqlite3.connect(stack.home / "spool.db") as spool:
        rows = spool.execute("SELECT data FROM records WHERE kind = 'event'").fetchall()
    return [data for (text,) in rows if (data := json.loads(text))["what"] == what]


def test_a_test_tells_every_channel_and_shows_what_came_back(
    stack: LiveStack, receiver: Receiver
) -> None:
    stack.tell({"hook": {"url": receiver.url}, "dead": {"url": "json://127.0.0.1:1/"}})
    up(stack)
    ended = stack.autoheal_command("notify", "test")
    assert ended.returncode == 1, said(ended)
    assert "hook" in ended.stdout
    assert "Connection error" in ended.stdout
    assert [one.kind for one in receiver.got] == ["test"]
    assert ask(stack, "test", "hook")[0]["ok"] is True
    wrong = stack.autoheal_command("notify", "test", "hok")
    assert wrong.returncode == 2
    assert "did you mean `hook`" in wrong.stderr
    assert {event["by"] for event in events(stack, "tested")} == {getpass.getuser()}


def test_who_has_no_channel_is_told_how_to_make_one(stack: LiveStack) -> None:
    up(stack)
    ended = stack.autoheal_command("notify", "test")
    assert ended.returncode == 2
    assert "[notify.channels.NAME]" in ended.stderr
    assert any("nobody is told" in line for line in stack.status()["watchdog"]["advice"])
    fail(stack)
    assert incidents(stack)[0]["told"] == {}


def test_what_is_silenced_is_told_neither_at_its_beginning_nor_at_its_end(
    broken: LiveStack, receiver: Receiver
) -> None:
    made = ask(broken, "silence", "we*", "--for", "2h", "--why", "being rebuilt")
    assert made["by"] == getpass.getuser()
    fail(broken)
    assert incidents(broken)[0]["silenced"] is True
    mend(broken)
    assert receiver.asked == 0
    assert [event["why"] for event in events(broken, "silenced")] == ["being rebuilt"]


def test_what_is_still_wrong_when_a_silence_ends_is_paged_then(
    broken: LiveStack, receiver: Receiver
) -> None:
    ask(broken, "silence", "web")
    fail(broken)
    broken.kill("autoheal")
    broken.until(lambda: broken.seen(), "the next watchdog is there")
    ended = broken.until(lambda: ask(broken, "unsilence", "web"), "the silence is known")
    assert [one["subject"] for one in ended] == ["web"]
    broken.until(lambda: receiver.of("page"), "it is paged")
    mend(broken)
    broken.until(lambda: receiver.of("resolved"), "its end is told")


def test_the_end_of_what_was_acknowledged_is_told(broken: LiveStack, receiver: Receiver) -> None:
    fail(broken)
    broken.until(lambda: receiver.of("page"), "it is paged")
    found = ask(broken, "ack", "web", "--why", "disk")
    assert found["acknowledged"]["by"] == getpass.getuser()
    shown = broken.autoheal_command("notify", "list")
    assert "acknowledged by" in shown.stdout
    mend(broken)
    broken.until(lambda: receiver.of("resolved"), "its end is told")
    assert len(receiver.got) == 2
    assert [event["why"] for event in events(broken, "acknowledged")] == ["disk"]


def test_mistakes_are_named(broken: LiveStack) -> None:
    for words, about in [
        (("ack", "web"), "no open incident `web`"),
        (("silence", "wep"), "did you mean `web`"),
        (("silence", "web", "--for", "ever"), "--for"),
        (("unsilence", "web"), "no silence `web`"),
    ]:
        ended = broken.autoheal_command("notify", *words)
        assert ended.returncode == 2, said(ended)
        assert about in ended.stderr
        assert "Traceback" not in ended.stderr


def test_when_the_first_channel_fails_the_second_tells_the_page_and_its_end(
    stack: LiveStack, receiver: Receiver
) -> None:
    with receiving() as phone:
        phone.refuses = True
        stack.tell({"phone": {"url": phone.url, "second": "mail"}, "mail": {"url": receiver.url}})
        up(stack)
        fail(stack)
        stack.until(lambda: receiver.of("page"), "the second tells it", 120)
        state = {one["name"]: one for one in ask(stack, "list")["channels"]}
        assert state["phone"]["failing"] is True
        trouble = " ".join(stack.status()["watchdog"]["trouble"])
        assert "the channel phone takes nothing" in trouble
        phone.refuses = False
        mend(stack)
        stack.until(lambda: receiver.of("resolved"), "its end is told there", 120)
        assert phone.got == []


def test_what_was_healed_comes_in_the_digest(stack: LiveStack, receiver: Receiver) -> None:
    stack.tell({"hook": {"url": receiver.url}}, digest=1)
    stack.add("web")
    stack.write()
    stack.up()
    stack.kill("web")
    stack.until_healed("web")
    stack.until(lambda: receiver.of("digest"), "the digest comes")
    assert [one.kind for one in receiver.got] == ["digest"]
    assert "web: healed (killed by signal 9)" in receiver.got[0].body


def test_a_secret_address_stands_nowhere_but_in_its_file(
    stack: LiveStack, receiver: Receiver, tmp_path: Path
) -> None:
    secret = "hunter2-hunter2"
    address = tmp_path / "address"
    address.write_text(f"{receiver.url}{secret}?user=x\n", encoding="utf-8")
    address.chmod(0o600)
    stack.tell({"hook": {"url": f"file:{address}"}, "dead": {"url": "env:DEAD"}})
    stack.environment["DEAD"] = f"tgram://{secret}/1"
    up(stack)
    fail(stack)
    stack.until(lambda: receiver.of("page"), "it is paged")
    answers = stack.autoheal_command("notify", "test").stdout
    shown = stack.autoheal_command("notify", "list", "--json").stdout
    kept = [path for path in stack.home.rglob("*") if path.is_file()]
    holding = [path.name for path in kept if secret.encode() in path.read_bytes()]
    assert secret not in answers + shown
    assert not holding
