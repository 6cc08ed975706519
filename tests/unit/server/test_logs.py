"""Log lines: ECS names, no secrets."""

import json
import logging

import pytest
import structlog

from vrooli.server.logs import REDACTED, Ecs, configure_logs, redact, redact_value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u:p%40ss@h:1/d", f"postgresql://u:{REDACTED}@h:1/d"),
        ("redis://:pass@h", f"redis://:{REDACTED}@h"),
        ("Authorization: Bearer abcdefgh1234", f"Authorization: Bearer {REDACTED}"),
        ("password=hunter2 next", f"password={REDACTED} next"),
        ("http://127.0.0.1:3001/health", "http://127.0.0.1:3001/health"),
    ],
)
def test_credentials_inside_text_are_hidden(text: str, expected: str) -> None:
    assert redact_value(text) == expected
    assert redact_value({"a": [text]}) == {"a": [expected]}


@pytest.mark.parametrize(
    "key", ["password", "api_token", "Authorization", "database_url", "secret"]
)
def test_fields_named_like_secrets_are_hidden(key: str) -> None:
    assert redact(None, "", {key: "x", "other": {key: "y", "n": 1}}) == {
        key: REDACTED,
        "other": {key: REDACTED, "n": 1},
    }


def test_an_exception_is_spread_over_the_error_fields_and_bounded() -> None:
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError("boom")
        deep(n - 1)

    with pytest.raises(ValueError, match="boom") as caught:
        deep(300)
    line = Ecs("svc", "1")(None, "", {"event": "failed", "exc_info": caught.value})
    assert line["message"] == "failed"
    assert line["service.name"] == "svc"
    assert (line["error.type"], line["error.message"]) == ("ValueError", "boom")
    assert len(line["error.stack_trace"]) <= 8192


def test_both_kinds_of_loggers_write_the_same_shape(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    try:
        configure_logs("svc", "1")
        structlog.get_logger("ours").info("hello", token="x")
        logging.getLogger("theirs").warning("to %s", "postgresql://u:pw@h/d")
    finally:
        root.handlers, root.level = before
        structlog.reset_defaults()
        logging.getLogger("uvicorn.access").disabled = False
    ours, theirs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert set(ours) - {"token"} == set(theirs)
    assert (ours["log.level"], ours["log.logger"], ours["token"]) == ("info", "ours", REDACTED)
    assert theirs["message"] == f"to postgresql://u:{REDACTED}@h/d"
    assert ours["@timestamp"].endswith("Z")
