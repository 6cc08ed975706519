"""The work: routines, runs, the journal of their steps, and their events."""

from alembic import op

revision = "v002_work"
down_revision = "v001_history"

_TABLES = (
    """
    CREATE TABLE routine_versions (
        hash        text        PRIMARY KEY,
        name        text        NOT NULL,
        definition  json        NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE routines (
        name        text        PRIMARY KEY,
        hash        text        NOT NULL REFERENCES routine_versions,
        updated_at  timestamptz NOT NULL DEFAULT now()
    )
    """,
    # What changes with every step of a tree of runs, apart from what does not: a hot row must be
    # small, with room on its page for its next version.
    """
    CREATE TABLE run_trees (
        root        text        PRIMARY KEY,
        seq         bigint      NOT NULL DEFAULT 0
    ) WITH (fillfactor = 20)
    """,
    # The row is lease and fence in one: who owns it, until when, and the number that every write
    # of the owner carries.
    """
    CREATE TABLE runs (
        id          text        PRIMARY KEY,
        root        text        NOT NULL REFERENCES run_trees,
        routine     text        NOT NULL,
        version     text        NOT NULL REFERENCES routine_versions,
        inputs      json        NOT NULL,
        status      text        NOT NULL
                    CHECK (status IN ('pending', 'running', 'waiting', 'paused', 'completed',
                                      'failed', 'cancelled')),
        owner       text,
        fence       bigint      NOT NULL DEFAULT 0,
        lease_until timestamptz,
        output      json,
        failure     json,
        created_by  text        NOT NULL,
        request_key text,
        created_at  timestamptz NOT NULL DEFAULT now(),
        started_at  timestamptz,
        ended_at    timestamptz
    ) WITH (fillfactor = 70)
    """,
    # json, not jsonb, wherever expressions see a value: a replay must see what the run saw, with
    # the same order of keys and kind of numbers.
    """
    CREATE TABLE steps (
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        path        text        NOT NULL,
        attempt     integer     NOT NULL,
        n           bigint      GENERATED ALWAYS AS IDENTITY,
        type        text        NOT NULL,
        status      text        NOT NULL CHECK (status IN ('begun', 'completed', 'failed')),
        arguments   json,
        output      json,
        failure     json,
        begun_at    timestamptz,
        ended_at    timestamptz,
        PRIMARY KEY (run, path, attempt)
    )
    """,
    """
    CREATE TABLE run_events (
        root        text        NOT NULL REFERENCES run_trees ON DELETE CASCADE,
        seq         bigint      NOT NULL,
        run         text        NOT NULL,
        at          timestamptz NOT NULL,
        kind        text        NOT NULL,
        data        jsonb       NOT NULL,
        PRIMARY KEY (root, seq)
    )
    """,
)

_INDEXES = (
    # The guide's.
    "CREATE INDEX runs_status ON runs (status)",
    # The list, newest first, and its cursor.
    "CREATE INDEX runs_created ON runs (created_at, id)",
    # Runs whose owner is gone: few among many.
    "CREATE INDEX runs_leases ON runs (lease_until) WHERE status IN ('pending', 'running')",
    "CREATE INDEX runs_root ON runs (root)",
    # A request that is sent again makes no second run.
    "CREATE UNIQUE INDEX runs_request ON runs (created_by, request_key)",
    "CREATE INDEX routine_versions_name ON routine_versions (name, created_at)",
)


def upgrade() -> None:
    """Create them."""
    for statement in (*_TABLES, *_INDEXES):
        op.execute(statement)


def downgrade() -> None:
    """Drop them with all that they hold."""
    for table in ("run_events", "steps", "runs", "run_trees", "routines", "routine_versions"):
        op.execute(f"DROP TABLE {table}")
