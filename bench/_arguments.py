"""The arguments of the scripts: each tells its usage, and refuses what it does not know."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path


def parser(about: str | None) -> ArgumentParser:
    """Of the script that runs, whose docstring this is."""
    return ArgumentParser(
        prog=f"python -m bench.{Path(sys.argv[0]).stem}",
        description=about,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def json_wanted(about: str | None) -> bool:
    """Whether a script whose only option that is wants data in the place of a table."""
    asked = parser(about)
    asked.add_argument("--json", action="store_true", help="print data in the place of the table")
    return bool(asked.parse_args().json)


def rounds_wanted(about: str | None, usual: int) -> int:
    """How often a script whose only option that is measures each."""
    asked = parser(about)
    asked.add_argument(
        "--rounds", type=_count, default=usual, metavar="N", help=f"how often each ({usual})"
    )
    return int(asked.parse_args().rounds)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"it must be a whole number from 1 on, not `{text}`")
    return int(text)
