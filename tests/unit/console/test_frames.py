"""What is taken from the WebSocket of a page."""

import json
from typing import Any

import pytest

from vrooli.console.frames import MAX_FRAME, refusal

CLICK = {"client_id": "mine", "id": 4, "listener_id": "x", "args": []}


def _event(name: Any, *said: Any) -> str:
    return f"42{json.dumps([name, *said])}"


@pytest.mark.parametrize(
    "frame",
    [
        "3",
        "1",
        "40",
        "41",
        _event("event", CLICK),
        _event("ack", {"client_id": "mine", "next_message_id": 3}),
        _event("handshake", {"client_id": "mine"}).replace("42", "420", 1),
    ],
)
def test_what_pages_say_is_taken(frame: str) -> None:
    assert refusal(frame, "mine") == ""


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "x",
        "2probe",
        "5",
        "40/admin,",
        "40{}",
        "42",
        "42{}",
        "42[]",
        "42[1,2",
        "42" + "[" * 100_000,
        f"42[{'1' * 10_000}]",
        "42/admin,[]",
        f"42{'1' * 10}[]",
        '451-["event",{"_placeholder":true,"num":0}]',
        b"\x00",
        None,
        _event("event"),
        _event("event", 1),
        _event("event", CLICK, CLICK),
        _event("connect", CLICK),
        _event(["event"], CLICK),
        _event("event", {}),
        _event("event", {**CLICK, "client_id": ["mine"]}),
        _event("event", {**CLICK, "client_id": "other"}),
        _event("event", {**CLICK, "args": ["x" * MAX_FRAME]}),
    ],
)
def test_nothing_else_is(frame: str | bytes | None) -> None:
    assert refusal(frame, "mine") != ""
