"""Who works on which run: queues, priorities, wake-ups, and runs at their times."""

from alembic import op

revision = "v006_dispatch"
down_revision = "v004_control"

_COLUMNS = """
ALTER TABLE runs
    ADD COLUMN queue    text     NOT NULL DEFAULT 'default',
    ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    -- Builds that cannot read its definition, and what the last of them said.
    ADD COLUMN unread_by  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN unread_why text
"""

# The first that waits of each person in each queue, without reading what lies behind it.
_WAITING = """
CREATE INDEX runs_waiting ON runs (queue, created_by, priority DESC, created_at, id)
WHERE status = 'pending'
"""

# Whatever makes a run free for whoever comes wakes those who serve its queue, whoever wrote it:
# a new one, one that is resumed, one that its owner lets go. Told at the commit, and once for all
# runs of a queue in it.
_WAKE = """
CREATE FUNCTION runs_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('vrooli_runs', NEW.queue);
    RETURN NULL;
END
$$
"""

_TRIGGERS = (
    """
    CREATE TRIGGER runs_wake_new AFTER INSERT ON runs
    FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION runs_wake()
    """,
    """
    CREATE TRIGGER runs_wake_free AFTER UPDATE OF status, lease_until ON runs
    FOR EACH ROW WHEN (
        (NEW.status = 'pending' AND OLD.status <> 'pending')
        OR (NEW.status = 'running' AND NEW.lease_until <= now() AND OLD.lease_until > now())
    ) EXECUTE FUNCTION runs_wake()
    """,
)

_SCHEDULES = """
CREATE TABLE schedules (
    name        text        PRIMARY KEY,
    routine     text        NOT NULL,
    inputs      json        NOT NULL,
    schedule    text        NOT NULL,
    timezone    text        NOT NULL,
    missed      text        NOT NULL CHECK (missed IN ('once', 'skip')),
    priority    smallint    NOT NULL CHECK (priority BETWEEN -100 AND 100),
    enabled     boolean     NOT NULL,
    created_by  text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- Due times up to this one have been dealt with.
    last_due    timestamptz NOT NULL,
    next_due    timestamptz,
    last_run    text,
    last_error  text
)
"""


def upgrade() -> None:
    """Add them."""
    for statement in (
        _COLUMNS,
        _WAITING,
        _WAKE,
        *_TRIGGERS,
        _SCHEDULES,
        "CREATE INDEX schedules_due ON schedules (next_due) WHERE enabled",
    ):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for statement in (
        "DROP TABLE schedules",
        "DROP TRIGGER runs_wake_free ON runs",
        "DROP TRIGGER runs_wake_new ON runs",
        "DROP FUNCTION runs_wake",
        "DROP INDEX runs_waiting",
        "ALTER TABLE runs DROP COLUMN unread_why, DROP COLUMN unread_by, DROP COLUMN priority,"
        " DROP COLUMN queue",
    ):
        op.execute(statement)
