"""Last words: said where somebody can still read them when the home, with its logs, is gone."""

from __future__ import annotations

import os
import socket
import time

from vrooli.host.keeper.log import log

LAST_WORDS = "last-words.log"  # in the run folder; the next `up` shows it
SYSTEM_LOG = "/dev/log"
CRITICAL = 1 << 3 | 2  # syslog(3): facility user, priority critical
PAUSE = 1.0  # seconds that the system's log may keep us


def shout(run: str, text: str) -> None:
    """Tell the log, the system's log and the run folder; whatever of it takes it."""
    log("error", text)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.settimeout(PAUSE)
            speaker.sendto(f"<{CRITICAL}>vrooli[{os.getpid()}]: {text}".encode(), SYSTEM_LOG)
    except OSError:  # no such log here
        pass
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(os.path.join(run, LAST_WORDS), flags, 0o600)
        try:
            os.write(fd, f"{stamp} {text}\n".encode())
        finally:
            os.close(fd)
    except OSError:  # the run folder is gone as well
        pass
