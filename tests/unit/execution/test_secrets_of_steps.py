"""Which secrets steps may use, and how they are taken out of what is written down."""

import pytest

from vrooli.core.errors import SecretError
from vrooli.execution.allowed_secrets import AllowedSecrets
from vrooli.execution.masking import masked
from vrooli.host.memory.secrets import MemorySecrets


def test_only_what_was_allowed_is_resolved() -> None:
    values = {"env:ONE": "hunter2", "env:TWO": "hunter3"}
    secrets = AllowedSecrets(MemorySecrets(values), ["env:ONE", "env:GONE"])
    assert secrets.resolve("env:ONE") == "hunter2"
    for reference in ("env:TWO", "hunter3", "file:/etc/passwd", "env:GONE"):
        with pytest.raises(SecretError) as caught:
            secrets.resolve(reference)
        assert "hunter3" not in str(caught.value)


def test_what_was_not_allowed_is_named_when_it_is_a_reference() -> None:
    secrets = AllowedSecrets(MemorySecrets(), [])
    for said, where in (
        ("env:REPORT_DB", "env:REPORT_DB"),
        ("file:/srv/key", "file:/srv/key"),
        ("hunter2", ""),
        ("env:hunter2", ""),
    ):
        with pytest.raises(SecretError, match="VROOLI_STEP_SECRETS") as caught:
            secrets.resolve(said)
        assert caught.value.where == where


def test_none_is_made() -> None:
    with pytest.raises(SecretError):
        AllowedSecrets(MemorySecrets(), ["x"]).create("x")


def test_a_value_is_masked_wherever_it_stands() -> None:
    value = {"a b": ["x a b y", 1, None, {"k": "ab"}], "c": 2.5}
    assert masked(value, ["a b"]) == {"***": ["x *** y", 1, None, {"k": "ab"}], "c": 2.5}


def test_the_longer_of_two_goes_first() -> None:
    assert masked("secret-and-more", ["secret", "secret-and-more"]) == "***"
