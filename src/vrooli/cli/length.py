"""Lengths of time, as people say them on the command line."""

from vrooli.core.errors import UsageError


def seconds(length: str, option: str) -> float:
    """`30m`, `2h`, `7d` in seconds. Raises UsageError, with the option, for what is none."""
    from vrooli.stack.durations import parse_duration

    try:
        return parse_duration(length)
    except ValueError as error:
        raise UsageError(
            str(error), where=option, next_step="write a duration like 90s, 10m, 2h or 7d"
        ) from error
