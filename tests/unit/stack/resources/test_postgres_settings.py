"""The generated postgresql.conf."""

import dataclasses
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.kinds import machine
from vrooli.core.errors import ConfigError
from vrooli.stack.postgres.settings import OURS, generated, render, shared_buffers

GIB = 1 << 30


def text(major: int = 18, memory: int = 2 * GIB, extra: Mapping[str, str] | None = None) -> str:
    """The file for such a machine."""
    values = generated(
        major=major,
        host="127.0.0.1",
        port=5433,
        sockets="/run/x",
        name="postgres",
        machine=dataclasses.replace(machine(), memory_bytes=memory),
    )
    return render(values, extra or {})


@pytest.mark.parametrize(
    ("memory", "mebibytes"), [(GIB // 8, 32), (GIB, 128), (2 * GIB, 256), (64 * GIB, 1024)]
)
def test_shared_buffers_follow_memory_within_bounds(memory: int, mebibytes: int) -> None:
    assert shared_buffers(memory) == mebibytes
    assert f"shared_buffers = '{mebibytes}MB'" in text(memory=memory)


@given(st.integers(0, 1 << 50))
def test_every_machine_gets_sizes_that_postgresql_takes(memory: int) -> None:
    assert 32 <= shared_buffers(memory) <= 1024


def test_safety_is_on_and_the_disk_is_bounded() -> None:
    lines = text().splitlines()
    for line in ("fsync = on", "full_page_writes = on", "max_slot_wal_keep_size = '4GB'"):
        assert line in lines


def test_summaries_of_wal_are_asked_only_of_those_that_know_them() -> None:
    assert "summarize_wal = on" in text(17)
    assert "summarize_wal" not in text(16)


def test_lines_of_the_operator_come_last_and_are_quoted() -> None:
    assert text(extra={"work_mem": "8MB", "application_name": "it's \\"}).endswith(
        "work_mem = '8MB'\napplication_name = 'it''s \\\\'\n"
    )


@pytest.mark.parametrize("name", [*OURS, "PORT", "work mem", "", "a=b\nport", "x'"])
def test_what_must_not_be_set_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        text(extra={name: "1"})


def test_a_value_cannot_break_out_of_its_line() -> None:
    with pytest.raises(ConfigError):
        text(extra={"work_mem": "8MB\nport = 1"})
