"""Whether the extra `work` is installed: what the server and the workers are made of."""

from vrooli.core.discover import installed
from vrooli.core.errors import UsageError

INSTALL_WORK = "install it (in a checkout: `pipx install --force '.[work]'`)"


def work_half_installed() -> bool:
    """Whether the extra `work` is installed: a small host may run the keeping half alone."""
    return installed("fastapi") and installed("asyncpg")


def need_work_half() -> None:
    """Go on only where the extra `work` is installed.

    Raises:
        UsageError: it is not.
    """
    if not work_half_installed():
        raise UsageError(
            "this belongs to the work half, which is not installed", next_step=INSTALL_WORK
        )
