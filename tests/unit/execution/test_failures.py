"""What a failure says can be stored, whoever said it."""

import pytest

from tests.support.steps import executed, tools


@pytest.mark.parametrize("said", ["a\\0b", "a\\ud800b"])
async def test_a_reason_holds_no_character_that_cannot_be_stored(said: str) -> None:
    code = f"def main(inputs): raise ValueError('{said}')"
    ended = await executed("python", {"code": code}, tools())
    assert ended.failure is not None
    assert "\0" not in ended.failure.reason
    assert ended.failure.reason.encode().decode() == ended.failure.reason
    assert ended.failure.reason.startswith("ValueError: a")


async def test_nor_does_its_place() -> None:
    arguments = {"name": "read_file", "arguments": {"path": "a\0b"}}
    ended = await executed("tool", arguments, tools())
    assert ended.failure is not None
    assert ended.failure.where == "a�b"


async def test_arguments_with_half_of_a_character() -> None:
    arguments = {"url": "http://127.0.0.1/", "method": "POST", "body": "\ud800"}
    ended = await executed("http", arguments, tools())
    assert ended.failure is not None
    assert ended.failure.kind == "arguments"
