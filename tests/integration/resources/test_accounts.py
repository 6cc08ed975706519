"""The system user that runs services."""

import os
import pwd

import pytest

from vrooli.core.errors import StartFailed
from vrooli.host.accounts import ensure_service_user, exists


def test_it_is_made_once_and_cannot_log_in() -> None:
    if os.geteuid() != 0:
        with pytest.raises(StartFailed) as caught:
            ensure_service_user("vrooli-not-there")
        assert caught.value.next_step
        return
    ensure_service_user("vrooli")
    ensure_service_user("vrooli")
    entry = pwd.getpwnam("vrooli")
    assert entry.pw_uid != 0
    assert entry.pw_shell.endswith(("nologin", "false"))
    assert exists("vrooli")


def test_a_name_that_the_system_refuses_is_a_clear_error() -> None:
    with pytest.raises(StartFailed, match="cannot be made"):
        ensure_service_user("no such: name")
