"""The table that keeps every host's history."""

from alembic import op

revision = "v001_history"
down_revision = None


def upgrade() -> None:
    """Create `history`."""
    op.execute(
        """
        CREATE TABLE history (
            host        text             NOT NULL,
            boot        text             NOT NULL,
            seq         bigint           NOT NULL,
            at          timestamptz      NOT NULL,
            kind        text             NOT NULL
                        CHECK (kind IN ('result', 'transition', 'heal', 'event')),
            subject     text             NOT NULL,
            status      text,
            value       double precision,
            data        jsonb            NOT NULL DEFAULT '{}',
            received_at timestamptz      NOT NULL DEFAULT now(),
            PRIMARY KEY (host, boot, seq)
        )
        """
    )
    # Pages over everything, newest first, and their cursor.
    op.execute("CREATE INDEX history_at ON history (at, host, boot, seq)")
    # Retention, and "all heals": rare kinds among many results.
    op.execute("CREATE INDEX history_kind_at ON history (kind, at)")
    # One subject's chart.
    op.execute("CREATE INDEX history_subject_at ON history (subject, at)")


def downgrade() -> None:
    """Drop `history` with all that it holds."""
    op.execute("DROP TABLE history")
