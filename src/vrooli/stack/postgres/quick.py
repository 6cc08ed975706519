"""A server that is made for a look and thrown away: nothing of it has to outlast anything."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from vrooli.core.launch import LaunchSpec
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.stage import Stage

_SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    "checkpoint_timeout=1h",
    "maintenance_work_mem=256MB",
    "summarize_wal=off",
)


class QuickStage(Stage):
    """Where such a one works."""

    @classmethod
    def of(cls, stage: Stage) -> "QuickStage":
        """The same place."""
        return cls(**{field.name: getattr(stage, field.name) for field in fields(stage)})

    @property
    def made_in(self) -> Path:
        """The folder that its cluster is made in; `cluster` holds what is restored into it."""
        return self.folder / "made"

    def server(
        self, programs: Installation, data: Path, settings: Sequence[str] = ()
    ) -> LaunchSpec:
        """See the base."""
        known = [item for item in _SETTINGS if programs.major >= 17 or "summarize" not in item]
        return super().server(programs, data, (*known, *settings))
