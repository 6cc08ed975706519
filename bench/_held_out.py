"""Faults that whoever wrote the first rules of triage did not know. The rules were widened since,
in general and by whoever knew these: how triage judges what it was not written for, `_fresh` says.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._faults import Fault, Seed, Shop

Breaking = Callable[[Path], None]
"""Does harm to a file or folder."""


@contextmanager
def _harmed(open_: Shop, path: Path, subject: str, harm: Breaking) -> Iterator[None]:
    """A file is not as it was when a service that was killed is to start again."""
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    try:
        harm(path)
        open_.stack.kill(subject)
        time.sleep(3)  # it has failed as soon as it is killed; what is to be seen comes after that
        open_.until(subject, "failed")
        yield
    finally:
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        kept.rename(path)


def _copy(path: Path, change: Callable[[str], str], mode: int = 0o755) -> None:
    """What stood there, changed."""
    kept = path.with_name(f"{path.name}.kept")
    path.write_text(change(kept.read_text(encoding="utf-8")), encoding="utf-8")
    path.chmod(mode)


def in_folder(name: str, subject: str, harm: Breaking) -> Seed:
    """A file in the folder of the stack."""
    return lambda open_: _harmed(open_, open_.stack.folder / name, subject, harm)


def in_data(name: str, harm: Breaking) -> Seed:
    """Something in the data of `shop-db`."""
    return lambda open_: _harmed(
        open_, open_.stack.home / "data" / "shop-db" / name, "shop-db", harm
    )


def _not_executable(path: Path) -> None:
    _copy(path, lambda text: text, 0o644)


def _no_interpreter(path: Path) -> None:
    _copy(path, lambda text: "#!/usr/bin/python9\n" + text)


def _no_module(path: Path) -> None:
    _copy(path, lambda text: text.replace("\n", "\nimport ledgerlib\n", 1))


def _does_nothing(path: Path) -> None:
    _copy(path, lambda text: "#!/bin/sh\necho nothing to send\nexit 0\n")


def _bad_setting(path: Path) -> None:
    """As somebody tunes a database by hand."""
    path.write_text("shared_buffers = lots\n", encoding="utf-8")
    path.chmod(0o644)


def _nothing(path: Path) -> None:
    """It is gone."""


@contextmanager
def _asked_to_end(open_: Shop) -> Iterator[None]:
    before = len(open_.stack.outcomes("web"))
    open_.stack.kill("web", signal.SIGTERM)
    open_.stack.until(
        lambda: [one for one in open_.stack.outcomes("web")[before:] if one], "web is healed"
    )
    yield


@contextmanager
def _folder_for_a_job(open_: Shop) -> Iterator[None]:
    path = open_.stack.folder / "ledger.csv"
    kept = path.rename(path.with_suffix(".kept"))
    path.mkdir()
    open_.stack.run("job", "run", "report")
    yield
    path.rmdir()
    kept.rename(path)
    open_.stack.run("job", "run", "report")


HELD_OUT = (
    Fault("killed", "web", "signal 15", _asked_to_end, also=("ended",)),
    Fault(
        "program-gone", "mailer", "[Pp]ermission|executable",
        in_folder("mailer", "mailer", _not_executable),
    ),
    Fault(
        "program-gone", "mailer", "python9|No such file",
        in_folder("mailer", "mailer", _no_interpreter),
    ),
    Fault(
        "crash-loop", "mailer", "ledgerlib", in_folder("mailer", "mailer", _no_module),
        also=("crashed",),
    ),
    Fault(
        "crash-loop", "mailer", "code 0", in_folder("mailer", "mailer", _does_nothing),
        also=("ended",),
    ),
    Fault("bad-config", "shop", "No such file", in_folder("shop.json", "shop", _nothing)),
    Fault("bad-config", "shop-db", "lots", in_data("postgresql.conf", _bad_setting)),
    Fault(
        "crash-loop", "shop-db", "pg_control|database system",
        in_data("global/pg_control", _nothing),
    ),
    Fault("secret-gone", "search", "api-key", in_folder("api-key", "search", Path.mkdir)),
    Fault("job-failed", "report", "[Ii]s a directory", _folder_for_a_job),
)  # fmt: skip
"""What is seeded with `--held-out`, in this order."""
