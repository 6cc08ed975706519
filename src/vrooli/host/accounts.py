"""The system user that runs services when we are root."""

import pwd
import shutil
import subprocess

from vrooli.core.errors import StartFailed

_SECONDS = 60


def ensure_service_user(name: str) -> None:
    """Make the system user `name` (no password, no shell, no home) unless there is one.

    Raises:
        StartFailed: it could not be made.
    """
    if exists(name):
        return
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise _failed(name, "there is no useradd here")
    command = [program, "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={"LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(name, str(error)) from error
    # Another `up` may have been faster: what counts is that the user is there.
    if run.returncode != 0 and not exists(name):
        raise _failed(name, run.stderr.strip()[:200])


def exists(name: str) -> bool:
    """Whether the system knows `name`."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _failed(name: str, reason: str) -> StartFailed:
    return StartFailed(
        f"the system user `{name}` cannot be made: {reason}",
        next_step=f"make a system user `{name}` yourself, or start as an ordinary user",
    )
