"""Requests that may be sent again: what they were answered."""

from alembic import op

revision = "v012_requests"
down_revision = "v010_views"

_STATEMENTS = (
    # `status` is null while the request is under way, and for ever when the server was lost in the
    # middle of it. `answer` is null where it is too large to be kept; no secret stands in it.
    """
    CREATE TABLE requests (
        caller      text        NOT NULL,
        key         text        NOT NULL,
        seal        bytea       NOT NULL,
        began_at    timestamptz NOT NULL DEFAULT now(),
        status      integer,
        secret      boolean     NOT NULL DEFAULT false,
        answer      text,
        PRIMARY KEY (caller, key)
    )
    """,
    # For their removal: those of a caller beyond so many, and all that are old.
    "CREATE INDEX requests_caller ON requests (caller, began_at)",
    "CREATE INDEX requests_began ON requests (began_at)",
)


def upgrade() -> None:
    """Create them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them. What is sent again is done again from then on."""
    op.execute("DROP TABLE requests")
