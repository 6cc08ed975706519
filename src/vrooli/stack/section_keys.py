"""What the keys of a section are made of. Standard library only."""

from dataclasses import field
from typing import Any

from vrooli.stack import durations
from vrooli.stack.schedule import EXPECTED, PATTERN

FORBID = {"extra": "forbid"}
"""Read by pydantic: an unknown key is an error."""


SAID = "vrooli"
"""Where the words about a key lie in the metadata of its field; pydantic reads names like `default`
as its own."""

Duration = float | str
SECONDS = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": f"^{durations.TEXT}$"},
    ]
}
PORT = {"type": "integer", "minimum": 1, "maximum": 65535}


def key(doc: str, expects: str, *, default: str = "", example: str = "", schema: Any = None) -> Any:
    """A key of a section: a dataclass field that is None until written.

    Args:
        doc: what it means, one or two sentences.
        expects: what may be written, to be read after "expected".
        default: what holds when it is not written, in words.
        example: a value as TOML, for the commented file; empty leaves the key out of it.
        schema: JSON Schema of the value where the type says too little.
    """
    said = {"doc": doc, "expects": expects, "default": default, "example": example}
    return field(default=None, metadata={SAID: {**said, "schema": schema}})


def duration(doc: str, *, default: str = "", example: str = "") -> Any:
    """A key that takes seconds."""
    return key(doc, durations.EXPECTED, default=default, example=example, schema=SECONDS)


def flag(doc: str, *, default: str, example: str = "") -> Any:
    """A key that is on or off."""
    return key(doc, "`true` or `false`", default=default, example=example)


def whole(doc: str, *, between: tuple[int, int], default: str, example: str = "") -> Any:
    """A key that takes a whole number, the bounds included."""
    least, most = between
    return key(
        doc,
        f"a whole number from {least} to {most}",
        default=default,
        example=example,
        schema={"type": "integer", "minimum": least, "maximum": most},
    )


def service_names(doc: str, *, default: str) -> Any:
    """A key that takes services of the stack."""
    return key(
        doc,
        'a list of service names, like ["postgres"]',
        default=default,
        example='["postgres"]',
        schema={"type": "array", "items": {"type": "string"}},
    )


def port(doc: str, *, default: str, example: str = "") -> Any:
    """A key that takes a TCP port."""
    return key(doc, "a port from 1 to 65535", default=default, example=example, schema=PORT)


def env(doc: str, *, example: str) -> Any:
    """A key that takes the environment of a process."""
    return key(
        doc,
        'a table of texts, like { LOG_LEVEL = "info", API_KEY = "env:API_KEY" }',
        default="empty",
        example=example,
        schema={"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
    )


def references(doc: str, example: str = "") -> Any:
    """A key that takes secrets by their references alone."""
    return key(
        doc,
        'a table of references, like { TOKEN = "env:TOKEN" }',
        default="none",
        example=example,
        schema={
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": "^(env|file):.+"},
        },
    )


def user() -> Any:
    """A key that takes a system user."""
    return key(
        "System user that runs it, when the stack is started by root; root itself only if written "
        "here.",
        "a system user's name",
        default="`vrooli` when started by root, else whoever starts it",
        schema={"type": "string", "minLength": 1},
    )


def due_times(doc: str, *, example: str) -> Any:
    """A key that takes due times."""
    return key(
        f"{doc}: minute, hour, day of month, month and day of week as cron has them, or `every` "
        "and a duration, counted from 0 o'clock UTC.",
        EXPECTED,
        example=example,
        schema={"type": "string", "pattern": PATTERN},
    )


def zone() -> Any:
    """A key that takes the time zone of a schedule."""
    return key(
        "Time zone of the schedule.",
        'the IANA name of a time zone, like "Europe/Berlin"',
        default="the machine's local time",
        schema={"type": "string", "minLength": 1},
    )
