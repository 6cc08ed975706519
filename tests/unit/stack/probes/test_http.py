"""How an HTTP answer is judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.client.wire import Response
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.probes.http import judge


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"", Status.OK),
        (204, b"", Status.OK),
        (302, b"<html>", Status.OK),
        (200, b'{"status": "healthy"}', Status.OK),
        (200, b'{"status": "degraded"}', Status.WARNING),
        (200, b' {"status": "Unhealthy"}', Status.CRITICAL),
        (200, b'{"status": 7}', Status.OK),
        (200, b'{"status": ', Status.OK),
        (200, b'["degraded"]', Status.OK),
        (503, b'{"status": "unhealthy"}', Status.CRITICAL),
        (404, b"", Status.CRITICAL),
        (500, b'{"status": "healthy"}', Status.CRITICAL),
    ],
)
def test_status_code_first_then_what_it_says(status: int, body: bytes, expected: Status) -> None:
    result = judge(Response(status, body))
    assert result.status is expected
    assert result.details["http_status"] == status


def test_a_sick_answer_is_no_proof_against_being_stuck() -> None:
    assert "answered" not in judge(Response(503, b"")).details


@given(st.integers(100, 599), st.binary(max_size=100))
def test_every_answer_has_a_judgement(status: int, body: bytes) -> None:
    assert isinstance(judge(Response(status, body)), Result)
    assert isinstance(judge(Response(status, b"{" * 5000 + body)), Result)
