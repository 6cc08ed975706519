"""What somebody's runs may spend in a month; views for people and dashboards, and a role that may
read them and nothing else.
"""

import logging
from typing import NamedTuple

from alembic import op
from sqlalchemy import text

revision = "v010_views"
down_revision = "v009_fleet"

READER = "vrooli_reader"

_log = logging.getLogger("vrooli.migrations")

_MONTHS = (
    # One more level of the ledger above the first run of a tree: a row for each month of those who
    # have a limit, whose key is `owner:OWNER:MONTH`. Those of runs still go with their run.
    "ALTER TABLE budgets DROP CONSTRAINT budgets_run_fkey",
    """
    ALTER TABLE budgets
        ADD COLUMN owner text,
        ADD COLUMN month date,
        ADD COLUMN of_run text GENERATED ALWAYS AS (CASE WHEN owner IS NULL THEN run END) STORED
            REFERENCES runs ON DELETE CASCADE,
        ADD CHECK ((owner IS NULL) = (month IS NULL))
    """,
    "CREATE INDEX budgets_of_run ON budgets (of_run)",
    # The month in which it was set aside is the one in which it counts, whenever it is settled.
    "ALTER TABLE budget_reservations ADD COLUMN purse text",
    """
    CREATE TABLE owner_limits (
        owner        text        PRIMARY KEY,
        micros_limit bigint      CHECK (micros_limit >= 0),
        tokens_limit bigint      CHECK (tokens_limit >= 0),
        set_by       text        NOT NULL,
        set_at       timestamptz NOT NULL DEFAULT now()
    )
    """,
)


class Column(NamedTuple):
    """Of a view.

    Attributes:
        name: as one asks for it.
        type: as PostgreSQL writes it.
        says: what it means; its comment in the database.
        value: where it comes from.
    """

    name: str
    type: str
    says: str
    value: str


class View(NamedTuple):
    """What one can read.

    Attributes:
        name: of the view.
        says: what a row is; its comment in the database.
        columns: in their order.
        rows: of which tables.
    """

    name: str
    says: str
    columns: tuple[Column, ...]
    rows: str

    @property
    def statements(self) -> tuple[str, ...]:
        """That make it, with its comments."""
        values = ", ".join(f"({one.value})::{one.type} AS {one.name}" for one in self.columns)
        comments = (
            f"COMMENT ON COLUMN {self.name}.{one.name} IS {_quoted(one.says)}"
            for one in self.columns
        )
        return (
            f"CREATE VIEW {self.name} AS SELECT {values} FROM {self.rows}",
            f"COMMENT ON VIEW {self.name} IS {_quoted(self.says)}",
            *comments,
        )


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


_TIME, _DOUBLE = "timestamp with time zone", "double precision"


def _same(name: str, type_: str, says: str, of: str) -> Column:
    return Column(name, type_, says, f"{of}.{name}")


def _seconds(name: str, says: str, since: str, until: str) -> Column:
    return Column(name, _DOUBLE, says, f"extract(epoch FROM {until} - {since})")


def _dollars(name: str, says: str, micros: str) -> Column:
    return Column(name, "numeric", says, f"round({micros} / 1000000.0, 6)")


def _failure(of: str) -> tuple[Column, Column]:
    return (
        Column(
            "failure_kind", "text", "in one word; null when it did not", f"{of}.failure->>'kind'"
        ),
        Column("failure_reason", "text", "in a sentence", f"{of}.failure->>'reason'"),
    )


RUNS = View(
    "view_runs",
    "A run, without what went in and came out",
    (
        _same("id", "text", "names it for ever", "r"),
        _same("root", "text", "the first run of its tree; itself when nobody started it", "r"),
        _same("parent", "text", "the run that started it; null for the first of a tree", "r"),
        _same("parent_path", "text", "the step of that run which started it", "r"),
        _same("routine", "text", "name of its routine", "r"),
        _same("version", "text", "hash of the definition that it follows", "r"),
        _same(
            "status",
            "text",
            "pending, running, waiting, paused, completed, failed or cancelled",
            "r",
        ),
        _same("created_by", "text", "whose it is: an e-mail address, or operator", "r"),
        _same("queue", "text", "names the processes that may take it", "r"),
        _same("priority", "smallint", "from -100 to 100, the highest first", "r"),
        Column("worker", "text", "process that works on it; null when none does", "r.owner"),
        _same("forked_from", "text", "the run that it goes on from, if it is a fork", "r"),
        _same("created_at", _TIME, "when it was asked for", "r"),
        _same("started_at", _TIME, "when a process first took it", "r"),
        _same("ended_at", _TIME, "when it ended; null while it has not", "r"),
        _seconds(
            "queue_seconds",
            "from the request until a process took it, or until now",
            "r.created_at",
            "coalesce(r.started_at, r.ended_at, now())",
        ),
        _seconds(
            "seconds",
            "from then until its end, or until now",
            "r.started_at",
            "coalesce(r.ended_at, now())",
        ),
        *_failure("r"),
        Column(
            "tokens",
            "bigint",
            "that it and all below it spent, in and out together",
            "coalesce(b.tokens_spent, 0)",
        ),
        _dollars(
            "cost", "that it and all below it spent, US dollars", "coalesce(b.micros_spent, 0)"
        ),
    ),
    "runs r LEFT JOIN budgets b ON b.run = r.id",
)

# What a model was paid for is set aside under `RUN:STEP/model[N]:HASH:NUMBER`. It is told with the
# last attempt alone, so that a sum over the attempts is right.
_SPENT = """
    LEFT JOIN LATERAL (
        SELECT sum(q.real_tokens) AS tokens, sum(q.real_micros) AS micros
        FROM budget_reservations q
        WHERE q.run = s.run AND q.status = 'settled' AND starts_with(
                q.key, s.run || ':' || s.path || CASE WHEN s.path LIKE '%/%' THEN ':' ELSE '/' END)
            AND NOT EXISTS (
                SELECT FROM steps later
                WHERE later.run = s.run AND later.path = s.path AND later.attempt > s.attempt)
    ) spent ON true
"""

STEPS = View(
    "view_steps",
    "An attempt of a step, or of something that it did inside itself (a request to a model, a use "
    "of a tool), without what went in and came out",
    (
        _same("run", "text", "the run that it belongs to", "s"),
        _same("path", "text", "its id, after those of the maps and loops around it", "s"),
        _same("attempt", "integer", "from 1", "s"),
        _same("type", "text", "of the step: llm, http, python, ...; or model, tool", "s"),
        Column(
            "inside",
            "text",
            "path of the step that did it inside itself; null for a step",
            "CASE WHEN s.path LIKE '%/%' THEN split_part(s.path, '/', 1) END",
        ),
        _same("status", "text", "begun, completed or failed", "s"),
        Column(
            "given_up",
            "boolean",
            "counts no more: a retry of the run does it again",
            "EXISTS (SELECT FROM retries g WHERE g.run = s.run AND g.path = s.path"
            " AND g.attempt >= s.attempt)",
        ),
        _same(
            "begun_at",
            _TIME,
            "null for a short one that may be repeated: only its end is written down",
            "s",
        ),
        _same("ended_at", _TIME, "null while it has not", "s"),
        _seconds(
            "seconds",
            "from its beginning to its end, or until now; null without begun_at",
            "s.begun_at",
            "coalesce(s.ended_at, now())",
        ),
        *_failure("s"),
        Column(
            "tokens",
            "bigint",
            "that all attempts spent, told with the last one; a step tells those of what it did"
            " inside itself too, so sum rows where inside is null",
            "coalesce(spent.tokens, 0)",
        ),
        _dollars("cost", "likewise, US dollars", "coalesce(spent.micros, 0)"),
    ),
    "steps s" + _SPENT,
)

EVENTS = View(
    "view_events",
    "Something that happened in a tree of runs",
    (
        _same("root", "text", "the first run of the tree", "e"),
        _same("seq", "bigint", "its number in the tree, from 1, without a gap", "e"),
        _same("run", "text", "where in the tree", "e"),
        _same("at", _TIME, "when", "e"),
        _same("kind", "text", "what: run.created, step.completed, run.paused, ...", "e"),
        Column("path", "text", "of a step, its path", "e.data->>'path'"),
        Column("attempt", "integer", "of a step, its attempt", "e.data->>'attempt'"),
        Column("by", "text", "who did it, where somebody did", "e.data->>'by'"),
        Column("why", "text", "for what reason", "coalesce(e.data->>'reason', e.data->>'why')"),
    ),
    "run_events e",
)

APPROVALS = View(
    "view_approvals",
    "A question of a step to a person, without what is asked for",
    (
        _same("id", "text", "names it", "a"),
        _same("run", "text", "the run that asks", "a"),
        _same("path", "text", "the step that asks", "a"),
        _same("attempt", "integer", "of that step", "a"),
        _same("status", "text", "pending, approved, rejected or expired", "a"),
        _same("asked_at", _TIME, "since when", "a"),
        _same("expires_at", _TIME, "until when it can be decided; null for ever", "a"),
        _same("decided_at", _TIME, "null while nobody has", "a"),
        _same("decided_by", "text", "who", "a"),
        _same("reason", "text", "what that person said; may be empty", "a"),
        _seconds(
            "seconds",
            "from the question to the decision, or until now",
            "a.asked_at",
            "coalesce(a.decided_at, now())",
        ),
    ),
    "approvals a",
)

_MONEY = (
    _dollars("cost_limit", "US dollars; null limits nothing", "b.micros_limit"),
    _dollars("cost_spent", "US dollars", "b.micros_spent"),
    _dollars("cost_reserved", "set aside for what is under way", "b.micros_reserved"),
    _dollars(
        "cost_remaining",
        "null when nothing limits it",
        "(b.micros_limit - b.micros_spent - b.micros_reserved)",
    ),
    _same("tokens_limit", "bigint", "in and out together; null limits nothing", "b"),
    _same("tokens_spent", "bigint", "in and out together", "b"),
    _same("tokens_reserved", "bigint", "set aside for what is under way", "b"),
    Column(
        "tokens_remaining",
        "bigint",
        "null when nothing limits them",
        "b.tokens_limit - b.tokens_spent - b.tokens_reserved",
    ),
)

BUDGETS = View(
    "view_budgets",
    "What a run with all below it may spend, has spent and has set aside; only runs that limit or "
    "spend something have one",
    (
        _same("run", "text", "whose", "b"),
        _same("on_limit", "text", "stop or pause; null when nothing is limited", "b"),
        *_MONEY,
        _same("steps_limit", "bigint", "attempts of steps; null limits nothing", "b"),
        Column(
            "steps_spent",
            "bigint",
            "attempts so far; null below the first run of a tree, where it has no limit on them",
            "CASE WHEN r.id = r.root THEN t.steps WHEN b.steps_limit IS NOT NULL"
            " THEN b.steps_spent END",
        ),
        _same("seconds_limit", _DOUBLE, "from the request to the end; null limits nothing", "b"),
        _same("unpriced", "bigint", "requests whose price nobody knew: in no cost", "b"),
    ),
    "budgets b JOIN runs r ON r.id = b.run JOIN run_trees t ON t.root = r.root",
)

MONTHS = View(
    "view_owner_budgets",
    "What the runs of somebody who has a limit may spend in a month, have spent and have set aside",
    (
        _same("owner", "text", "the created_by of those runs", "b"),
        _same("month", "date", "its first day, in UTC", "b"),
        *_MONEY,
        _same("unpriced", "bigint", "requests whose price nobody knew: in no cost", "b"),
    ),
    "budgets b WHERE b.owner IS NOT NULL",
)

EFFECTS = View(
    "view_effects",
    "An attempt of which nobody knows, or knew, whether it was done",
    (
        _same("run", "text", "the run that it belongs to", "u"),
        _same("path", "text", "of the step", "u"),
        _same("attempt", "integer", "of the step", "u"),
        _same("type", "text", "of the step", "u"),
        _same("reason", "text", "why nobody knows", "u"),
        _same("begun_at", _TIME, "when it began, if that is known", "u"),
        _same("failed_at", _TIME, "when it was found", "u"),
        _same("decision", "text", "done or again; null while nobody has decided", "u"),
        _same("decided_by", "text", "who did", "u"),
        _same("decided_at", _TIME, "when", "u"),
        _same("why", "text", "for what reason", "u"),
    ),
    """(
        SELECT run, path, attempt, type, reason, begun_at, failed_at, decision, decided_by,
               decided_at, why
        FROM effects
        UNION ALL
        SELECT s.run, s.path, s.attempt, s.type, s.failure->>'reason', s.begun_at, s.ended_at, NULL,
               NULL, NULL, NULL
        FROM unknown_effects JOIN steps s USING (run, path, attempt)
        WHERE s.failure->>'kind' = 'unknown-effect'
    ) u""",
)

USERS = View(
    "view_users",
    "Somebody with an account, without what would let anybody in",
    (
        _same("email", "text", "names it; the created_by of its runs", "u"),
        _same("role", "text", "viewer, operator or admin", "u"),
        _same("disabled", "boolean", "it cannot log in", "u"),
        _same("created_at", _TIME, "since when", "u"),
        Column(
            "sessions",
            "bigint",
            "that are open",
            "SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.ended_at IS NULL"
            " AND s.expires_at > now()",
        ),
        Column(
            "api_keys",
            "bigint",
            "that are good",
            "SELECT count(*) FROM api_keys k WHERE k.user_id = u.id AND k.revoked_at IS NULL"
            " AND k.expires_at > now()",
        ),
        Column(
            "seen_at",
            _TIME,
            "when one of these was last used",
            "greatest((SELECT max(s.used_at) FROM sessions s WHERE s.user_id = u.id),"
            " (SELECT max(k.used_at) FROM api_keys k WHERE k.user_id = u.id))",
        ),
    ),
    "users u",
)

ROUTINES = View(
    "view_routines",
    "A routine, without its definition",
    (
        _same("name", "text", "names it", "r"),
        Column("version", "text", "hash of its newest definition", "r.hash"),
        Column(
            "versions",
            "bigint",
            "how many there have been",
            "SELECT count(*) FROM routine_versions v WHERE v.name = r.name",
        ),
        _same("updated_at", _TIME, "since when this one is the newest", "r"),
    ),
    "routines r",
)

SCHEDULES = View(
    "view_schedules",
    "When a routine runs by itself",
    (
        _same("name", "text", "names it", "s"),
        _same("routine", "text", "its newest version is taken each time", "s"),
        _same("schedule", "text", "when: a cron expression, or every ...", "s"),
        _same("timezone", "text", "by whose clocks", "s"),
        _same("missed", "text", "once or skip: what becomes of times that passed", "s"),
        _same("priority", "smallint", "of its runs", "s"),
        _same("enabled", "boolean", "whether it starts any", "s"),
        _same("created_by", "text", "whose its runs are", "s"),
        _same("created_at", _TIME, "since when", "s"),
        _same("last_due", _TIME, "times up to this one have been dealt with", "s"),
        _same("next_due", _TIME, "the next one; null when there is none", "s"),
        _same("last_run", "text", "the run that it started last", "s"),
        _same("last_error", "text", "why the last time got no run; null when it did", "s"),
    ),
    "schedules s",
)

HISTORY = View(
    "view_history",
    "A record of a watchdog: a look, a change, a heal or an event",
    (
        _same("host", "text", "whose watchdog", "h"),
        _same("at", _TIME, "when", "h"),
        _same("kind", "text", "result, transition, heal or event", "h"),
        _same("subject", "text", "the check or service that it is about", "h"),
        _same("status", "text", "ok, warning, critical or unknown; the outcome of a heal", "h"),
        _same("value", _DOUBLE, "what was measured, if anything", "h"),
    ),
    "history h",
)

OF_RUNS = RUNS, STEPS, EVENTS, APPROVALS, BUDGETS, MONTHS, EFFECTS
VIEWS = (*OF_RUNS, USERS, ROUTINES, SCHEDULES, HISTORY)

# Roles belong to the cluster: another database may have made it, or make it at this moment.
_MAKE_READER = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{READER}') THEN
        CREATE ROLE {READER} NOLOGIN;
    END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
END
$$
"""


def grants() -> str:
    """The statement that lets the reader read."""
    return f"GRANT SELECT ON {', '.join(view.name for view in VIEWS)} TO {READER}"


def upgrade() -> None:
    """Make room for months, the views, and the role where ours may."""
    for statement in _MONTHS:
        _execute(statement)
    for view in VIEWS:
        for statement in view.statements:
            _execute(statement)
    _execute(_MAKE_READER)
    found = op.get_bind().execute(
        text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :reader)"), {"reader": READER}
    )
    if found.scalar():
        _execute(grants())
    else:
        _log.warning(
            "the user of the server may not create roles, so that there is no %s; as a superuser: "
            "CREATE ROLE %s NOLOGIN; %s",
            *(READER, READER, grants()),
        )


def downgrade() -> None:
    """Drop them. The role stays: other databases may have given it something."""
    for statement in (
        *(f"DROP VIEW {view.name}" for view in reversed(VIEWS)),
        "DROP TABLE owner_limits",
        "ALTER TABLE budget_reservations DROP COLUMN purse",
        "DELETE FROM budgets WHERE owner IS NOT NULL",
        "ALTER TABLE budgets DROP COLUMN of_run, DROP COLUMN month, DROP COLUMN owner,"
        " ADD CONSTRAINT budgets_run_fkey FOREIGN KEY (run) REFERENCES runs ON DELETE CASCADE",
    ):
        op.execute(statement)


def _execute(statement: str) -> None:
    # A colon in a statement would be a parameter of SQLAlchemy's.
    op.get_bind().exec_driver_sql(statement)
