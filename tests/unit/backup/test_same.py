"""Whether what is backed up is what was backed up before."""

from dataclasses import replace
from typing import Any, cast

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import Refused


def test_another_cluster_is_refused_unless_a_restore_made_it() -> None:
    keys = new_keys()
    store, _ = new_store(keys)
    part = part_of(stored(b"x", store, keys))
    part.facts["before"] = {"system": "77"}  # type: ignore[index]
    any_: Any = None
    taker = Taker(store, keys, any_, any_, 1, any_, False, any_)
    subject, last = Subject("postgres", cast(Any, None)), (point_of(part), part)
    taker._require_same(subject, last, {"system": "77", "made_of": None})
    taker._require_same(subject, last, {"system": "78", "made_of": "20261118t000000z-000001"})
    with pytest.raises(Refused, match="another one than"):
        taker._require_same(subject, last, {"system": "78", "made_of": None})
    older = replace(part, facts={"before": {"system": "78"}})
    store.keep(point_of(older, id="20261001t000000z-000001"))
    taker._require_same(subject, last, {"system": "78", "made_of": None})  # gone back to
    with pytest.raises(Refused, match="another one than"):
        taker._require_same(subject, last, {"system": "79", "made_of": None})
