"""Sends one message: `python -m vrooli.main.sender`, a process of its own for each.

Standard input is one JSON object: `way` (a file of `notify/channels`), `url` (a secret), `message`
and `seconds`. Standard output is one JSON object: `ok`, and `text`, what was answered. It ends by
itself after `seconds`, also when whoever started it has gone.
"""

import json
import signal
import sys
from typing import Any

import vrooli.notify.channels
from vrooli.core import discover
from vrooli.notify.channel import Answer, Way
from vrooli.notify.message import Message


def main() -> int:
    """Send what standard input says; the exit code, 0 also when it was refused."""
    asked: dict[str, Any] = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, float(asked["seconds"]))
    answer = _send(asked)
    sys.stdout.write(json.dumps({"ok": answer.ok, "text": answer.text}))
    return 0


def _send(asked: dict[str, Any]) -> Answer:
    way = discover.load(vrooli.notify.channels, str(asked["way"]), "WAY", Way)
    return way.send(str(asked["url"]), Message.from_json(asked["message"]))


if __name__ == "__main__":
    raise SystemExit(main())
