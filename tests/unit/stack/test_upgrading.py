"""What may be asked of an upgrade."""

import pytest

from vrooli.core.errors import UsageError
from vrooli.stack.upgrading import Wish


def test_what_loses_data_is_told_apart() -> None:
    assert Wish(undo=True).loses
    assert Wish(forget=True).loses
    assert not Wish(undo=True, dry_run=True).loses
    assert not Wish(to="18").loses


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(UsageError, match="exclude"):
        Wish(undo=True, forget=True)
    with pytest.raises(UsageError, match="version"):
        Wish(to="1" * 21)
