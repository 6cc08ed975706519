"""How long runs are kept, as the environment says it."""

from datetime import timedelta

import pytest

from vrooli.core.errors import UsageError
from vrooli.main.server import settings_from

BASE = {"DATABASE_URL": "postgresql://x@y/z", "VROOLI_HOME": "/nowhere"}


def test_days_and_for_ever() -> None:
    said = {"VROOLI_KEEP_COMPLETED": "0.5", "VROOLI_KEEP_FAILED": "forever"}
    keep = settings_from({**BASE, **said}).keep
    assert keep.completed == timedelta(hours=12)
    assert (keep.failed, keep.cancelled) == (None, timedelta(days=30))


@pytest.mark.parametrize("wrong", ["0", "-1", "never", "nan", "1e9"])
def test_what_is_no_age_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(UsageError, match="forever") as caught:
        settings_from({**BASE, "VROOLI_KEEP_CANCELLED": wrong})
    assert caught.value.where == "VROOLI_KEEP_CANCELLED"
