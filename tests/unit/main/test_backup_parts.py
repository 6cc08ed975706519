"""What a restore takes, and a drill practises: of each part the newest good one."""

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup.proof import Proof
from vrooli.main.backup_parts import parts

KEYS = new_keys()
IDS = [f"20261128t07521{number}z-3f09ab" for number in range(3)]


def test_what_was_taken_of_one_service_in_between_is_the_newest_of_it() -> None:
    store, _ = new_store(KEYS)
    db, cache = (part_of(stored(name.encode(), store, KEYS), name) for name in ("db", "cache"))
    for id, held in zip(IDS, ((db, cache), (cache,), (db,)), strict=True):
        store.keep(point_of(*held, id=id))

    def found(wanted: str = "latest", *only: str) -> set[tuple[str, str]]:
        chosen = parts(store, {"db", "cache"}, wanted, only)
        return {(point.id, part.service) for point, part in chosen}

    assert found() == {(IDS[2], "db"), (IDS[1], "cache")}
    assert found("latest", "cache") == {(IDS[1], "cache")}
    assert found(IDS[0]) == {(IDS[0], "db"), (IDS[0], "cache")}
    store.keep_proof(Proof(IDS[2], 1000.0, "failed"))
    assert found() == {(IDS[0], "db"), (IDS[1], "cache")}
