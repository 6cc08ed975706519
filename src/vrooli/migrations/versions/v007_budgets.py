"""Trees of runs, and what they may spend."""

from alembic import op

revision = "v007_budgets"
down_revision = "v006_dispatch"

_CHANGES = (
    # Ancestors from the root to the parent: one look finds all that lies above a run, and one all
    # that lies below it. `deadline` and `capped` come from budgets: `capped` is null where nothing
    # limits steps, and else the ids of the run and its ancestors that do, but for the root.
    """
    ALTER TABLE runs
        ADD COLUMN parent text REFERENCES runs ON DELETE CASCADE,
        ADD COLUMN parent_path text,
        ADD COLUMN ancestors text[] NOT NULL DEFAULT '{}',
        ADD COLUMN deadline timestamptz,
        ADD COLUMN capped text[]
    """,
    # Steps of a tree are counted in the row that its events are numbered in: one hot row, not two.
    """
    ALTER TABLE run_trees
        ADD COLUMN runs bigint NOT NULL DEFAULT 1,
        ADD COLUMN steps bigint NOT NULL DEFAULT 0,
        ADD COLUMN steps_limit bigint CHECK (steps_limit >= 0)
    """,
    # What a run and all below it spend. A limit that is not there limits nothing.
    """
    CREATE TABLE budgets (
        run             text    PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
        on_limit        text    CHECK (on_limit IN ('stop', 'pause')),
        micros_limit    bigint  CHECK (micros_limit >= 0),
        micros_spent    bigint  NOT NULL DEFAULT 0 CHECK (micros_spent >= 0),
        micros_reserved bigint  NOT NULL DEFAULT 0 CHECK (micros_reserved >= 0),
        tokens_limit    bigint  CHECK (tokens_limit >= 0),
        tokens_spent    bigint  NOT NULL DEFAULT 0 CHECK (tokens_spent >= 0),
        tokens_reserved bigint  NOT NULL DEFAULT 0 CHECK (tokens_reserved >= 0),
        steps_limit     bigint  CHECK (steps_limit >= 0),
        steps_spent     bigint  NOT NULL DEFAULT 0 CHECK (steps_spent >= 0),
        seconds_limit   float8  CHECK (seconds_limit > 0),
        unpriced        bigint  NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50)
    """,
    """
    CREATE TABLE budget_reservations (
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        key         text        NOT NULL,
        tokens      bigint      NOT NULL CHECK (tokens >= 0),
        micros      bigint      NOT NULL CHECK (micros >= 0),
        status      text        NOT NULL CHECK (status IN ('open', 'settled', 'released')),
        real_tokens bigint,
        real_micros bigint,
        made_at     timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (run, key)
    ) WITH (fillfactor = 70)
    """,
    "CREATE INDEX runs_parent ON runs (parent) WHERE parent IS NOT NULL",
)


def upgrade() -> None:
    """Add them."""
    for statement in _CHANGES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them with all that they hold."""
    op.execute("DROP TABLE budget_reservations")
    op.execute("DROP TABLE budgets")
    for column in ("steps_limit", "steps", "runs"):
        op.execute(f"ALTER TABLE run_trees DROP COLUMN {column}")
    for column in ("capped", "deadline", "ancestors", "parent_path", "parent"):
        op.execute(f"ALTER TABLE runs DROP COLUMN {column}")
