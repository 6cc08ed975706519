"""What the settings tell."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.unit.console.test_gate import settings_in
from vrooli.console.parts.configuration import (
    blocks_of,
    boot_of,
    channels_of,
    own_of,
    results_of,
)
from vrooli.core.address import HostPort

BOOT: dict[str, Any] = {
    "status": "critical",
    "manager": "systemd",
    "unit": "vrooli.service",
    "scope": "system",
    "installed": False,
    "last_boot": None,
    "problems": [{"what": "nothing starts it", "next_step": "run `vrooli-autoheal install`"}],
}


def test_what_does_not_come_back_says_what_to_do() -> None:
    found = boot_of(BOOT)
    assert "does not come back" in found.verdict
    assert (found.unit, found.last) == ("", None)
    assert found.problems == (("nothing starts it", "run `vrooli-autoheal install`"),)
    well = {**BOOT, "status": "ok", "installed": True, "last_boot": {"at": 5, "seconds": 2.5}}
    assert boot_of(well).unit == "vrooli.service (systemd, system)"
    assert boot_of(well).last == (5.0, 2.5)


def test_each_part_of_the_stack_is_a_block() -> None:
    stack = {"name": "a", "autoheal": {"port": 1}, "services": {"web": {"port": 2}}, "jobs": {}}
    names = [name for name, _ in blocks_of(stack)]
    assert names == ["stack", "autoheal", "services.web"]
    assert '"port": 2' in dict(blocks_of(stack))["services.web"]


def test_a_channel_without_severities_is_told_everything() -> None:
    channels = {"phone": {"url": "file:a", "severities": [], "second": ""}}
    [found] = channels_of({"notify": {"channels": channels}})
    assert (found.told, found.url) == ("everything", "file:a")
    results = [{"channel": "phone", "ok": False, "seconds": 0.51, "answer": "no"}]
    assert results_of(results) == "phone: failed in 0.5 s (no)"


def test_the_console_tells_no_secret_of_its_own(tmp_path: Path) -> None:
    settings = replace(settings_in(tmp_path), server=HostPort("127.0.0.1", 1))
    text = str(own_of(settings))
    assert settings.console_key not in text
    assert settings.signing_key not in text
    assert "ssh -L 3003:127.0.0.1:3003" in text
