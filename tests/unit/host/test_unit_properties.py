"""What systemd is told of a unit that we make, and what it tells of its end."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.held_units import unit_spec
from vrooli.core.errors import ConfigError
from vrooli.core.limits import Limits
from vrooli.host.unit_properties import environment_file, mark_of, out_of_memory, properties

ALL = Limits(2**30, 20, 150, 77, True, True, True, ("/etc",))


def told(**change: Any) -> dict[str, Any]:
    """Of a unit that runs `web`."""
    spec = unit_spec(Path("/logs"), "web", "web", "$HOME", env={"TOKEN": "secret"}, **change)
    found = properties(spec, "/usr/bin/web", "/run/web.env")
    return {name: typed.value for name, typed in found}


def test_without_limits_nothing_is_limited_and_no_secret_is_told() -> None:
    plain = told()
    assert plain["ExecStartEx"] == [["/usr/bin/web", ["web", "$HOME"], ["no-env-expand"]]]
    assert plain["EnvironmentFiles"] == [["/run/web.env", False]]
    assert "secret" not in repr(plain)
    assert not {"MemoryMax", "User", "Before", "ProtectHome", "LimitNOFILE"} & plain.keys()
    assert mark_of(plain["Environment"]) == "abc123"
    assert mark_of(["A=VROOLI_MARK=x"]) == ""


def test_each_limit_is_a_property() -> None:
    before, limited = told(), told(limits=ALL)
    assert {name: value for name, value in limited.items() if name not in before} == {
        "MemoryMax": 2**30,
        "TasksMax": 20,
        "CPUQuotaPerSecUSec": 1_500_000,
        "LimitNOFILE": 77,
        "LimitNOFILESoft": 77,
        "NoNewPrivileges": True,
        "PrivateTmp": True,
        "ProtectHome": "yes",
        "ReadOnlyPaths": ["/etc"],
    }


def test_what_is_no_text_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="the variable TOKEN is no UTF-8 text") as caught:
        environment_file({"TOKEN": "s\udcffcret"})
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"Result": "success"}, ""),
        ({"Result": "signal", "MemoryMax": 2**20}, ""),
        ({"Result": "oom-kill", "MemoryMax": 2**64 - 1}, "out of memory"),
        (
            {"Result": "oom-kill", "MemoryMax": 64 * 2**20},
            "out of memory, of which it may have 64 MiB",
        ),
    ],
)
def test_a_want_of_memory_is_told_as_such(service: dict[str, Any], said: str) -> None:
    assert out_of_memory(service) == said
