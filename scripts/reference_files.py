"""The page of the home folder, from the docstrings of `vrooli.core.home`."""

import inspect
import re
from collections.abc import Iterable
from pathlib import Path

from scripts.reference_markdown import table
from vrooli.core.home import Home

HEAD = """\
# Files

Everything that a stack keeps lies in one folder, its home: `$VROOLI_HOME`, or
`/var/lib/vrooli/STACK` for root, or `$XDG_STATE_HOME/vrooli/STACK`
(`~/.local/state/vrooli/STACK`). Sockets lie in a run folder with a short name, since the kernel
takes at most 107 bytes: below `/run/vrooli` for root, else below `$XDG_RUNTIME_DIR/vrooli` or
`/tmp/vrooli-UID`. `vrooli down` leaves the home as it is, and
takes the run folder away.

"""

INSIDE = """
## Secrets and data

Made at random when first needed, 32 bytes each. To replace one, stop the stack, remove the file
and bring the stack up; the passwords of a PostgreSQL cluster that exists are changed in the
cluster first.

"""

KNOWN: tuple[tuple[str, str, str], ...] = (
    ("HOME/secrets/operator.token", "Opens the watchdog's API.", "0600"),
    ("HOME/secrets/server.token", "Opens the server's API, and nothing of the watchdog's.", "0600"),
    (
        "HOME/secrets/signing-key",
        "Signs the tokens of sessions, and what tells requests apart that are sent again. With "
        "another one everybody logs in anew.",
        "0600",
    ),
    (
        "HOME/secrets/fingerprint.key",
        "Makes the digests by which an `up` knows that a secret has another value.",
        "0600",
    ),
    ("HOME/secrets/NAME-superuser", "Password of the superuser of PostgreSQL `NAME`.", "0600"),
    ("HOME/secrets/NAME-ROLE", "Password of its role.", "0600"),
    ("HOME/data/NAME", "Data of the service `NAME`, of the user who runs it.", "0700"),
    ("HOME/data/NAME.clusters.json", "Which folder holds the data of PostgreSQL `NAME`.", "0644"),
    (
        "HOME/data/NAME.clusters.json.before",
        "The same of before an upgrade, until that has ended.",
        "0644",
    ),
    (
        "HOME/data/NAME.upgrade",
        "What an upgrade works on; removed at its end, or by the next start.",
        "0711",
    ),
    (
        "HOME/data/NAME.restore, NAME.proof, NAME.rescue",
        "What a restore, a proof or the rescue of a table works on; removed at its end, or by the "
        "watchdog where whoever made it was killed.",
        "0711",
    ),
    (
        "HOME/data/NAME.beside",
        "A copy that serves until `vrooli restore --side-by-side --stop`.",
        "0711",
    ),
    ("HOME/data/NAME.18", "The same after an upgrade to 18; the one before is kept.", "0700"),
    ("HOME/data/server/server.token", "The server's copy of its token.", "0600"),
    ("HOME/data/server/signing-key", "The server's copy of that key.", "0600"),
    (
        "HOME/data/server/metrics.token",
        "Opens the server's `/metrics` alone. Yours to make, if you want one.",
        "0600",
    ),
    ("HOME/data/server/dumps", "Heap dumps of the server.", "0700"),
    (
        "HOME/data/server/work/RUN",
        "Files that the steps of a run wrote; they go some time after the run has gone.",
        "0700",
    ),
    ("HOME/host-id", "Name of this host, where the system has no `/etc/machine-id`.", "0644"),
    (
        "~/.config/vrooli/login.json",
        "The session of `vrooli login`, of each user of the machine; below `$XDG_CONFIG_HOME` where"
        " that is set.",
        "0600",
    ),
    ("RUN/pg-NAME", "Unix socket of PostgreSQL `NAME`.", "0700"),
)


def files() -> str:
    """What lies where, with modes."""
    heads = "path | what it is | mode"
    rows = [(f"`{path}`", text, mode) for path, text, mode in KNOWN]
    return HEAD + table(heads, _described()) + INSIDE + table(heads, rows)


def _described() -> Iterable[tuple[str, str, str]]:
    home = Home(Path("HOME"), Path("RUN"))
    for name, member in inspect.getmembers(Home):
        if name.startswith("_"):  # not ours: what stands there differs between Pythons
            continue
        value = home.log("NAME") if name == "log" else getattr(home, name)
        doc = " ".join((inspect.getdoc(member) or "").split())
        if name.startswith("_") or name in ("root", "run", "data") or not isinstance(value, Path):
            continue
        mode = re.search(r" Mode (0\d{3})\.$", doc)
        if mode is None:
            raise ValueError(f"core/home.py: `{name}` says no mode")
        yield f"`{value}`", doc[: mode.start()], mode[1]
