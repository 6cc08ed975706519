"""Failed units of a real systemd: told, ignored, and mended where that is allowed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosted_stack import FOLDER, HostedStack
from tests.support.systemd_host import systemd_host

CHECK = "system-units"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[HostedStack]:
    """A stack on a machine of its own, with one service, that looks at units."""
    with systemd_host(tmp_path) as host:
        made = HostedStack(host)
        for name in ("scenarios.web", "scenarios.extra"):
            del made.sections[name]
        for name in ("needed", "other"):
            host.add_unit(f"{name}.service", f"ExecStart=test -e {FOLDER}/mended")
        yield made


def _look_at_units(stack: HostedStack, **keys: Any) -> None:
    stack.sections[f"checks.{CHECK}"] = {"interval": 0.5, **keys}
    stack.write()
    stack.vrooli("up")


def _until(stack: HostedStack, status: str, says: str) -> None:
    def fits() -> bool:
        result = stack.result(CHECK)
        return result.get("status") == status and says in result["message"]

    stack.until(fits, f"{CHECK} is {status}: {says}")


def test_failed_units_are_told_and_only_needed_ones_are_restarted_where_that_is_allowed(
    stack: HostedStack,
) -> None:
    _look_at_units(stack)
    _until(stack, "ok", "no unit has failed")
    for name in ("needed", "other"):
        stack.host.run("systemctl", "start", f"{name}.service", check=False)
    _until(stack, "warning", "failed: needed.service, other.service")
    said = stack.autoheal("heal", CHECK, check=False)
    assert "no unit that `needed` of [checks.system-units] names has failed" in said.stderr

    _look_at_units(stack, needed=["needed.service"], ignore=["oth*"])
    _until(stack, "critical", "failed: needed.service")
    assert stack.heals(CHECK) == []
    assert "systemctl" not in stack.autoheal("sudoers").stdout

    stack.host.write(f"{FOLDER}/mended", "")
    stack.sections["autoheal"]["allow"] = {"actions": ["restart-units"]}
    _look_at_units(stack, needed=["needed.service"], ignore=["oth*"])
    stack.until(lambda: [x["outcome"] for x in stack.heals(CHECK)] == ["healed"], "it is healed")
    _until(stack, "ok", "no unit has failed")
    states = [stack.host.show(f"{x}.service", "ActiveState") for x in ("needed", "other")]
    assert [state["ActiveState"] for state in states] == ["inactive", "failed"]
    allowed = stack.autoheal("sudoers").stdout
    assert "/usr/bin/systemctl restart needed.service\n" in allowed
    assert "other" not in allowed


def test_what_is_no_units_name_is_an_error_of_the_file(stack: HostedStack) -> None:
    stack.sections[f"checks.{CHECK}"] = {"needed": ["*"]}
    stack.write()
    ended = stack.vrooli("config", "check", check=False)
    assert ended.returncode == 2
    assert "'*' is no unit's name, like `nginx.service`" in ended.stderr
