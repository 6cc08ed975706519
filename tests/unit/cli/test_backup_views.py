"""The list of restore points."""

from dataclasses import replace

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup.point import ARCHIVES
from vrooli.cli.backup_views import _of, _row


def test_archives_which_are_gone_back_to_by_name_alone_are_told_apart() -> None:
    keys = new_keys()
    store, _ = new_store(keys)
    part = part_of(stored(b"-", store, keys))
    for source, told in (
        (part.source, part.service),
        (min(ARCHIVES), f"{part.service} (archives)"),
    ):
        point = point_of(replace(part, source=source))
        assert _of(_row(store, point.id, point)) == [told]
