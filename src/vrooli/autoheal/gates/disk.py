"""A disk on which nothing could start: full, read-only, or hanging."""

from vrooli.autoheal.gate import Around, Gate
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import DeadlineExceeded, StorageError

MIN_FREE_BYTES = 32 * 2**20
"""PostgreSQL writes WAL in 16 MiB segments and needs room for the next one to start: two of them.
"""

MIN_FREE_INODES = 16


def _look(around: Around) -> str:
    home = str(around.home.root)
    try:
        disk = around.system.disk(home)
    except StorageError as error:
        return f"the disk of {home} cannot be read: {error.what}"
    except DeadlineExceeded as error:
        return _hung(around, error)
    if disk.read_only:
        return f"the file system of {home} is read-only: nothing could start"
    if disk.available < MIN_FREE_BYTES:
        return f"disk full: {disk.available / 2**20:.0f} MiB left at {home}, nothing could start"
    if disk.inodes_total and disk.inodes_available < MIN_FREE_INODES:
        return f"no free inodes at {home}: nothing could start"
    return ""


def _hung(around: Around, error: DeadlineExceeded) -> str:
    return f"the disk of {around.home.root} hangs ({error.what}): nothing could start"


def _judge(tracked: Tracked, said: str, _: Around) -> str:
    """What a manager holds needs nothing of our home, unless we make it."""
    return "" if tracked.service.is_held and not tracked.service.is_made else said


GATE = Gate(
    id="disk",
    when=f"the disk of the home has less than {MIN_FREE_BYTES // 2**20} MiB or {MIN_FREE_INODES} "
    "inodes left, is read-only, or hangs",
    look=_look,
    patience=10.0,  # the port itself waits for 2 s; a busy machine is no hanging disk
    hung=_hung,
    judge=_judge,
    starts=True,
)
