"""Who steers a run: approvals, pauses, new rounds of what failed, and forks."""

from alembic import op

revision = "v004_control"
down_revision = "v003_accounts"

_CHANGES = (
    # stirs: how often something was decided about the run. Whoever sets it down to wait compares
    # it with what its steps saw, so that no decision falls between the two.
    """
    ALTER TABLE runs
        ADD COLUMN stirs       bigint  NOT NULL DEFAULT 0,
        ADD COLUMN pausing     boolean NOT NULL DEFAULT false,
        ADD COLUMN forked_from text,
        ADD COLUMN forked_path text
    """,
    """
    CREATE TABLE approvals (
        id          text        PRIMARY KEY,
        run         text        NOT NULL,
        path        text        NOT NULL,
        attempt     integer     NOT NULL,
        n           bigint      GENERATED ALWAYS AS IDENTITY,
        hash        text        NOT NULL,
        status      text        NOT NULL DEFAULT 'pending'
                    CHECK (status IN ('pending', 'approved', 'rejected', 'expired')),
        asked_at    timestamptz NOT NULL DEFAULT now(),
        expires_at  timestamptz,
        decided_at  timestamptz,
        decided_by  text,
        reason      text        NOT NULL DEFAULT '',
        UNIQUE (run, path, attempt),
        FOREIGN KEY (run, path, attempt) REFERENCES steps ON DELETE CASCADE
    )
    """,
    # Attempts of a step up to this number count no more. They stay in the journal.
    """
    CREATE TABLE retries (
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        path        text        NOT NULL,
        attempt     integer     NOT NULL,
        at          timestamptz NOT NULL DEFAULT now(),
        n           bigint      NOT NULL DEFAULT nextval('steps_n_seq'),
        PRIMARY KEY (run, path, attempt)
    )
    """,
    # Runs that go on by themselves at their time: few among many.
    "CREATE INDEX runs_due ON runs (lease_until) WHERE status = 'waiting'",
    # The list, newest first, and what is open in it.
    "CREATE INDEX approvals_n ON approvals (n)",
    "CREATE INDEX approvals_pending ON approvals (n) WHERE status = 'pending'",
)


def upgrade() -> None:
    """Add them."""
    for statement in _CHANGES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them with all that they hold."""
    op.execute("DROP TABLE retries")
    op.execute("DROP TABLE approvals")
    op.execute("DROP INDEX runs_due")
    columns = ("stirs", "pausing", "forked_from", "forked_path")
    op.execute(f"ALTER TABLE runs {', '.join(f'DROP COLUMN {name}' for name in columns)}")
