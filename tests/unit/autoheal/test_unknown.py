"""The selftest notices a heal that nothing justified."""

from pathlib import Path

import pytest

from tests.support.seeded import looks, seed
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.selftest.unknown import healed_on_unknown

NOW = 1_750_000_000.0


def heal(symptom: str = "unresponsive", rule: str = "heal") -> Record:
    data = {"id": "1-web", "subject": "web", "symptom": symptom, "rule": rule}
    return Record(Kind.HEAL, "web", "in flight", data=data, at=NOW + 3)


def past(status: str) -> list[Record]:
    """Well, then a look that says `status`, after which it counts as failed, and is well again."""
    return [
        *looks("scenario-web", NOW - 10, NOW, 1.0),
        *looks("scenario-web", NOW, NOW + 1, 1.0, status),
        Record(Kind.TRANSITION, "web", "failed", at=NOW + 1),
    ]


@pytest.mark.parametrize(
    ("status", "begun", "guilty"),
    [
        ("critical", heal(), []),
        ("unknown", heal(), ["web"]),
        ("unknown", heal(symptom="stopped"), ["web"]),
        ("unknown", heal(symptom="exited"), []),  # its end was told, not looked at
        ("unknown", heal(rule="by-hand"), []),
    ],
)
def test_only_a_look_that_saw_something_justifies_a_heal(
    tmp_path: Path, status: str, begun: Record, guilty: list[str]
) -> None:
    # A later look is unknown: the machine is busy with the heal.
    later = looks("scenario-web", NOW + 2, NOW + 3, 1.0, "unknown")
    seed(tmp_path / "spool.db", [*past(status), *later, begun])
    assert healed_on_unknown(tmp_path / "spool.db") == guilty


def test_what_a_heal_left_behind_was_decided_by_the_heal(tmp_path: Path) -> None:
    in_vain = Record(Kind.HEAL, "web", "ineffective", data={"id": "0-web"}, at=NOW)
    well, look, failed = past("unknown")[:-2], *past("unknown")[-2:]
    seed(tmp_path / "spool.db", [*well, look, in_vain, failed, heal()])
    assert healed_on_unknown(tmp_path / "spool.db") == []


def test_no_spool_and_a_broken_one_say_nothing(tmp_path: Path) -> None:
    assert healed_on_unknown(tmp_path / "spool.db") == []
    (tmp_path / "spool.db").write_bytes(b"nonsense" * 1000)
    assert healed_on_unknown(tmp_path / "spool.db") == []
