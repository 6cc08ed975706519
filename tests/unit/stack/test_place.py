"""Who runs a service."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.kinds import USER, machine, place
from tests.support.memory_watchdog import scenario
from vrooli.core.errors import ConfigError
from vrooli.stack.kind import Place


def test_only_root_runs_a_service_as_another_user(tmp_path: Path) -> None:
    usual = place(tmp_path)
    ours = Place(usual.home, replace(machine(root=False), user="me"), usual.secrets)
    assert ours.user_of(scenario("web", 1)) is None
    assert ours.user_of(scenario("web", 1, user="me")) is None
    for other in ("root", "www-data"):
        with pytest.raises(ConfigError, match=f"only root can run it as `{other}`; we are `me`"):
            ours.user_of(scenario("web", 1, user=other))


def test_root_runs_it_as_who_is_written_or_as_the_service_user(tmp_path: Path) -> None:
    rooted = place(tmp_path, as_root=True)
    users = [rooted.user_of(scenario("web", 1, user=said)) for said in ("", "www-data", "root")]
    assert users == [USER, "www-data", None]
