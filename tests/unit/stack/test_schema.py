"""The JSON Schema says the same as the loader."""

import json
import tomllib
from typing import Any

import pytest

from tests.support.stackfile import StackFile, schema_errors
from vrooli.autoheal.catalogue import InstalledChecks
from vrooli.stack.schema import json_schema

GOOD = [
    "",
    '[resources.db]\nkind = "postgres"\ndatabase = "x"\nsettings = { work_mem = "8MB" }',
    '[resources.a]\nkind = "http"\nurl = "https://x"\nstatus = [200, 204]',
    '[scenarios.web]\ncommand = ["x"]\nport = 1\nhealth = { tcp = true, interval = "2s" }',
    '[scenarios.web]\ncommand = ["x"]\nstop_signal = ["INT"]\nheal = "off"\nstart_timeout = 5',
    "[checks.system-disk]\nwarning = 80\ncritical = 90\nenabled = false",
    '[checks.site]\nkind = "endpoint-http"\nurl = "https://x"\njson = { "a.b" = 1 }',
    '[jobs.a]\ncommand = ["x"]\nschedule = "*/5 1-3 * JAN,FEB MON#2"\ntimeout = "2h"',
    '[jobs.a]\ncommand = ["x"]\nschedule = "every 90s"\nnice = 19\nenv = { A = 1 }',
    '[jobs.a]\ncommand = ["x"]\nschedule = "every 1d"\ntimeout = "0.5d"',
]

BAD = [
    "[scenari]",
    '[resources.db]\nkind = "nothing"',
    '[resources.db]\nkind = "redis"\ndatabase = "x"',
    "[resources.db]\nport = 1",
    '[scenarios.web]\ncommand = "x"',
    '[scenarios.Web]\ncommand = ["x"]',
    '[scenarios.web]\ncommand = ["x"]\nport = 0',
    '[scenarios.web]\ncommand = ["x"]\nstart_timeout = "5 s"',
    '[scenarios.web]\ncommand = ["x"]\nhelth = {}',
    '[scenarios.web]\ncommand = ["x"]\nheal = "on"',
    '[scenarios.web]\ncommand = ["x"]\nruntime = "podman"',
    "[checks.system-disk]\nwarn = 80\nwarning = 1\ncritical = 2",
    "[checks.site]\nwarning = 1",
    '[checks.site]\nkind = "endpoint-http"\nurl = "https://x"\nstat = [1]',
    '[jobs.a]\ncommand = ["x"]',
    '[jobs.a]\nschedule = "every 6h"',
    '[jobs.A]\ncommand = ["x"]\nschedule = "every 6h"',
    '[jobs.a]\ncommand = ["x"]\nschedule = "hourly"',
    '[jobs.a]\ncommand = ["x"]\nschedule = "0 0 * * * *"',
    '[jobs.a]\ncommand = ["x"]\nschedule = "every 6h"\nnice = 20',
    '[jobs.a]\ncommand = ["x"]\nschedule = "every 6h"\ncatchup = true',
]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """As an editor gets it."""
    loaded: dict[str, Any] = json.loads(json.dumps(json_schema(InstalledChecks())))
    return loaded


@pytest.mark.parametrize("text", GOOD)
def test_what_the_loader_takes_the_schema_takes(
    file: StackFile, schema: dict[str, Any], text: str
) -> None:
    assert file.problems(text) == []
    assert schema_errors(tomllib.loads(text), schema) == []


@pytest.mark.parametrize("text", BAD)
def test_what_the_loader_refuses_the_schema_refuses(
    file: StackFile, schema: dict[str, Any], text: str
) -> None:
    assert file.problems(text)
    assert schema_errors(tomllib.loads(text), schema)


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    def undescribed(node: Any, path: str) -> list[str]:
        found = []
        for name, value in node.get("properties", {}).items():
            here = f"{path}.{name}"
            if "const" not in value and not value.get("description"):
                found.append(here)
            found += undescribed(value, here)
        for inner in (node.get("additionalProperties"), *node.get("oneOf", ())):
            found += undescribed(inner, path) if isinstance(inner, dict) else []
        return found

    assert undescribed(schema, "") == []
