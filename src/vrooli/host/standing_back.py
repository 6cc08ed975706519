"""Standing back for others who want the disk."""

from contextlib import suppress

import psutil


def stand_back() -> None:
    """Have this process, its threads and children to come, read and write only when nobody else
    wants to. Where the kernel's scheduler of a disk knows no such class (`none`, `mq-deadline`), or
    this is no Linux, nothing changes.
    """
    with suppress(psutil.Error, OSError, AttributeError):
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
