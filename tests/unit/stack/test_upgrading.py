"""What may be asked of an upgrade."""

import pytest

from vrooli.core.errors import UsageError
from vrooli.stack.upgrading import Wish


def test_what_loses_data_is_told_apart() -> None:
    assert Wish.from_json({"undo": True}).loses
    assert Wish.from_json({"forget": True}).loses
    assert not Wish.from_json({"undo": True, "dry_run": True}).loses
    assert not Wish.from_json({"to": "18"}).loses


@pytest.mark.parametrize("said", [{"undo": True, "forget": True}, {"undo": 1}, {"x": True}, []])
def test_what_cannot_be_meant_is_refused(said: object) -> None:
    with pytest.raises(UsageError):
        Wish.from_json(said)
