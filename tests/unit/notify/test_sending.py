"""One try by a child process, and what apprise makes of it."""

import json
import os
from pathlib import Path

import pytest

from tests.support.notices import message
from tests.support.receiver import receiving
from vrooli.core.ports.children import Children, Ended
from vrooli.host.memory.children import MemoryChildren
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.python_child import PythonChildren
from vrooli.notify.channel import Answer
from vrooli.notify.message import Kind, Severity
from vrooli.notify.sending import ChildSender
from vrooli.notify.settings import Channel

SENDER = "vrooli.main.sender"
SECRET = "hunter2-hunter2"


def sender(children: Children | None = None, **secrets: str) -> ChildSender:
    """The real one, or one with children in memory."""
    known = MemorySecrets({f"env:{name}": value for name, value in secrets.items()})
    return ChildSender(children or PythonChildren(dict(os.environ)), SENDER, known)


async def test_a_real_child_tells_a_real_receiver() -> None:
    with receiving() as receiver:
        answer = await sender().send(Channel("hook", receiver.url), message("key:page"))
    assert answer.ok, answer
    got = receiver.got[0]
    assert (got.key, got.title, got.body) == ("key:page", "title of key:page", "body")
    assert got.type == "failure"


@pytest.mark.parametrize(
    ("kind", "severity", "type_"),
    [
        (Kind.RESOLVED, Severity.CRITICAL, "success"),
        (Kind.PAGE, Severity.WARNING, "warning"),
        (Kind.DIGEST, Severity.INFO, "info"),
    ],
)
async def test_what_it_is_can_be_seen_from_its_type(
    kind: Kind, severity: Severity, type_: str
) -> None:
    with receiving() as receiver:
        said = message("k", kind, severity=severity)
        assert (await sender().send(Channel("hook", receiver.url), said)).ok
    assert receiver.got[0].type == type_


async def test_a_refusal_is_told_in_the_words_of_the_service() -> None:
    with receiving() as receiver:
        receiver.refuses = True
        answer = await sender().send(Channel("hook", receiver.url), message())
    assert not answer.ok
    assert "503" in answer.text


@pytest.mark.parametrize(
    "url",
    [
        f"json://me:{SECRET}@127.0.0.1:1/",
        f"json://127.0.0.1:1/{SECRET}",
        f"json://127.0.0.1:1/?token={SECRET}",
        f"nonsense://{SECRET}",
        f"tgram://{SECRET}/",
        f"slack://{SECRET}",
        f"mailtos://me:{SECRET}@127.0.0.1:1/?timeout=1",
        SECRET,
        "",
    ],
)
async def test_no_answer_repeats_a_secret(url: str) -> None:
    answer = await sender().send(Channel("phone", url), message())
    assert not answer.ok
    assert answer.text
    assert SECRET not in answer.text


async def test_the_address_behind_a_reference_is_used_and_never_an_argument() -> None:
    given: list[bytes] = []

    async def child(asked: bytes) -> Ended:
        given.append(asked)
        return Ended(0, json.dumps({"ok": True, "text": "sent"}).encode(), "")

    one = sender(MemoryChildren({SENDER: child}), PHONE=f"tgram://{SECRET}/1")
    assert await one.send(Channel("phone", "env:PHONE"), message()) == Answer(True, "sent")
    assert json.loads(given[0])["url"] == f"tgram://{SECRET}/1"


async def test_an_address_that_cannot_be_resolved_is_an_answer() -> None:
    answer = await sender(MemoryChildren({})).send(Channel("phone", "env:PHONE"), message())
    assert not answer.ok
    assert "env:PHONE" in answer.text
    assert "\n" not in answer.text


@pytest.mark.parametrize("said", [b"", b"nonsense", b"[]", b'{"ok": true}'])
async def test_a_child_that_dies_is_an_answer_without_its_traceback(said: bytes) -> None:
    async def child(_: bytes) -> Ended:
        return Ended(1, said, f"Traceback {SECRET}")

    answer = await sender(MemoryChildren({SENDER: child})).send(
        Channel("p", "json://x/"), message()
    )
    assert not answer.ok
    assert "exit code 1" in answer.text
    assert SECRET not in answer.text


async def test_a_service_that_never_answers_ends_with_its_deadline(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.before_answer = lambda _: receiver.stuck.wait()
        slow = ChildSender(PythonChildren(dict(os.environ)), SENDER, MemorySecrets(), 3.0)
        answer = await slow.send(Channel("hook", f"{receiver.url}?rto=600"), message())
        receiver.stuck.set()
    assert not answer.ok
    assert "3 s" in answer.text or "exit code -14" in answer.text
