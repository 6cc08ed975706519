"""Who uses the server: users, their sessions and keys, and invitations to become one."""

from alembic import op

revision = "v003_accounts"
down_revision = "v002_work"

_ROLE = "text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin'))"

_TABLES = (
    # Nobody is deleted: runs name their owner by e-mail, and nobody else may get that name. The
    # epoch counts changes: a session of an earlier one is over, also one that began meanwhile.
    f"""
    CREATE TABLE users (
        id          text        PRIMARY KEY,
        email       text        NOT NULL,
        password    text        NOT NULL,
        role        {_ROLE},
        disabled    boolean     NOT NULL DEFAULT false,
        epoch       bigint      NOT NULL DEFAULT 0,
        created_at  timestamptz NOT NULL DEFAULT now()
    )
    """,
    # A family of refresh tokens, of which the last one alone is good. The tokens are signed and
    # carry their generation: one that was used before is told without keeping it.
    """
    CREATE TABLE sessions (
        id          text        PRIMARY KEY,
        user_id     text        NOT NULL REFERENCES users ON DELETE CASCADE,
        epoch       bigint      NOT NULL,
        generation  bigint      NOT NULL DEFAULT 0,
        address     text        NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        used_at     timestamptz NOT NULL DEFAULT now(),
        expires_at  timestamptz NOT NULL,
        ended_at    timestamptz,
        ended_why   text
    )
    """,
    f"""
    CREATE TABLE api_keys (
        id          text        PRIMARY KEY,
        user_id     text        NOT NULL REFERENCES users ON DELETE CASCADE,
        name        text        NOT NULL,
        role        {_ROLE},
        digest      bytea       NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        expires_at  timestamptz NOT NULL,
        used_at     timestamptz,
        revoked_at  timestamptz
    )
    """,
    f"""
    CREATE TABLE invitations (
        id          text        PRIMARY KEY,
        email       text        NOT NULL,
        role        {_ROLE},
        digest      bytea       NOT NULL,
        invited_by  text        NOT NULL,
        created_at  timestamptz NOT NULL DEFAULT now(),
        expires_at  timestamptz NOT NULL,
        accepted_at timestamptz,
        revoked_at  timestamptz
    )
    """,
    # Tries of passwords in the current window; nobody is harmed when a crash empties it.
    """
    CREATE UNLOGGED TABLE login_attempts (
        subject     text        PRIMARY KEY,
        began       timestamptz NOT NULL DEFAULT now(),
        count       integer     NOT NULL DEFAULT 1
    )
    """,
)

_INDEXES = (
    # The guide's; whatever the case of its letters, an address is one user.
    "CREATE UNIQUE INDEX users_email ON users (lower(email))",
    "CREATE INDEX sessions_user ON sessions (user_id, used_at)",
    "CREATE UNIQUE INDEX api_keys_digest ON api_keys (digest)",
    "CREATE INDEX api_keys_user ON api_keys (user_id, created_at)",
    "CREATE UNIQUE INDEX invitations_digest ON invitations (digest)",
    "CREATE INDEX login_attempts_began ON login_attempts (began)",
    # What somebody may see of the list of runs, newest first.
    "CREATE INDEX runs_owner ON runs (created_by, created_at, id)",
)


def upgrade() -> None:
    """Create them."""
    for statement in (*_TABLES, *_INDEXES):
        op.execute(statement)


def downgrade() -> None:
    """Drop them with all that they hold."""
    op.execute("DROP INDEX runs_owner")
    for table in ("login_attempts", "invitations", "api_keys", "sessions", "users"):
        op.execute(f"DROP TABLE {table}")
