"""The keeper's log: JSON lines on standard error, in the words of the Elastic Common Schema."""

from __future__ import annotations

import json
import os
import time


def log(level: str, message: str, **fields: str | int | float) -> None:
    """Write one line. A full disk under the log must not stop the keeper, so that is let go.

    Args:
        level: `info`, `warning` or `error`.
        message: one sentence; never a secret.
        **fields: further fields; `_` stands for the dot of an ECS name.
    """
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
    line: dict[str, object] = {
        "@timestamp": stamp,
        "log.level": level,
        "message": message,
        "log.logger": "vrooli.keeper",
        "process.pid": os.getpid(),
    }
    line.update({name.replace("_", "."): value for name, value in fields.items()})
    try:
        os.write(2, (json.dumps(line) + "\n").encode())
    except OSError:
        return
