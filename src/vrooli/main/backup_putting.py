"""Puts files back, or undoes that: `python -m vrooli.main.backup_putting`, a process of its own
that the watchdog has the keeper start.

Standard input is one JSON object: `name`, and `point` or `undo`. Standard output has a line for
each thing done; the last one is `{"error": {message, where, next_step}}` where it could not be.
"""

import json
import os
import sys
from typing import Any

from vrooli.cli.backup_words import to_program
from vrooli.core.errors import EXIT_FAILURE, VrooliError
from vrooli.main.backup import StackBackups
from vrooli.main.places import find_home
from vrooli.stack.names import DEFAULT_NAME


def main() -> int:
    """Do what standard input asks; the exit code."""
    asked: dict[str, Any] = json.load(sys.stdin)
    name = str(asked["name"])
    try:
        home = find_home(DEFAULT_NAME, os.environ)
        backups = StackBackups(home, os.environ).only("", to_program)
        if asked["undo"]:
            backups.undo_files(name, to_program)
        else:
            backups.restore_files(str(asked["point"]), name, to_program)
    except VrooliError as error:
        told = {"message": error.what, "where": error.where, "next_step": error.next_step}
        to_program(json.dumps({"error": told}))
        return EXIT_FAILURE
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
