"""Which rows of the journal are about steps, for statements: `flow.notes.is_note` in SQL."""

from vrooli.flow.notes import WITHIN


def is_step(path: str) -> str:
    """The condition on the column `path`; the others are about what steps noted inside."""
    return f"position('{WITHIN}' in {path}) = 0"
