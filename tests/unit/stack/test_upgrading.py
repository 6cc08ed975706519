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
    with pytest.raises(UsageError, match="`every`"):
        Wish(every=True)
    with pytest.raises(UsageError, match="version"):
        Wish(to="1" * 21)


@pytest.mark.parametrize("point", ["../postgres", "latest", "20261128t075212z-3f09ab/..", "x" * 99])
def test_a_restore_point_is_named_by_its_id_alone(point: str) -> None:
    with pytest.raises(UsageError, match="must be the id of a restore point"):
        Wish(restore=point)


def test_a_restore_loses_what_came_since() -> None:
    assert Wish(restore="20261128t075212z-3f09ab").loses
    assert not Wish(restore="20261128t075212z-3f09ab", dry_run=True).loses
    with pytest.raises(UsageError, match="exclude each other"):
        Wish(restore="20261128t075212z-3f09ab", undo=True)
