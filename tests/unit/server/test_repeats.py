"""What is kept of an answer, for those who ask again."""

import json

from vrooli.server.middleware.repeats import _again
from vrooli.server.repeats.words import LARGEST, Before, answered, sealed_by


def test_what_is_called_a_token_is_not_kept_and_numbers_of_tokens_are() -> None:
    said = {"id": "a", "token": "t", "access_token": "t", "tokens": 5, "inputs": {"token": "mine"}}
    kept = answered(201, json.dumps(said).encode())
    assert kept.secret
    assert not kept.same
    assert json.loads(kept.text or "") == {"id": "a", "tokens": 5, "inputs": {"token": "mine"}}


def test_of_an_answer_that_is_too_large_or_no_json_it_is_known_that_it_was_given() -> None:
    for body in (json.dumps({"x": "x" * LARGEST}).encode(), b"text"):
        kept = answered(200, body)
        assert (kept.status, kept.secret, kept.text) == (200, False, None)
        refusal = _again(Before(b"seal", 1.0, kept), b"seal")
        assert refusal.status_code == 409
        assert b"done_already" in refusal.body


def test_who_has_another_secret_makes_another_seal() -> None:
    assert sealed_by("a")(b"said") == sealed_by("a")(b"said")
    assert sealed_by("a")(b"said") != sealed_by("b")(b"said")
