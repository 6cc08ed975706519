"""The disk under the home hangs, as that of an NFS server which is gone: what runs goes on and is
watched, what ends is noticed, and all is healed when the disk is back.
"""

import json
import os
import urllib.request
from typing import Any

from tests.support.hung_disk import hung_disk
from tests.support.root import mounts
from tests.support.stack import LiveStack

pytestmark = mounts


class Seen:
    """The watchdog's status without a look at the home: reading the token would hang as well."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack, self._token = stack, stack.token()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._ask("/status", None))
        return found

    def look(self) -> None:
        """Have all looked at now."""
        self._ask("/tick?force=1", b"")

    def stop(self, name: str) -> dict[str, Any]:
        """How the operation ended."""
        body = json.dumps({"action": "stop", "names": [name]}).encode()
        last: dict[str, Any] = json.loads(self._ask("/operations", body).strip().split(b"\n")[-1])
        return last

    def service(self, name: str) -> dict[str, Any]:
        rows = self.status()["services"]
        return next(row for row in rows if row["name"] == name)

    def _ask(self, path: str, body: bytes | None) -> bytes:
        request = urllib.request.Request(self._stack.url("autoheal", path), body)
        request.add_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def problem(self, check: str) -> str:
        found = [row["message"] for row in self.status()["problems"] if row["check"] == check]
        return found[0] if found else ""


def test_a_home_that_hangs_hides_no_failure_and_is_healed_when_it_is_back(
    stack: LiveStack,
) -> None:
    for name in ("one", "two", "three", "four"):
        stack.add(name)
    for check in ("system-disk", "system-inode"):
        stack.check(check, warning=99, critical=100, interval=3)
    stack.check("vrooli-stale-locks", interval=3)
    stack.write()
    stack.up()
    stack.until_ok()
    seen, before = Seen(stack), stack.pids("autoheal", "keeper", "three")
    killed = [stack.pid(name) for name in ("one", "two")]
    with hung_disk(stack.home):
        for name, pid in zip(("one", "two"), killed, strict=True):
            os.kill(pid, 9)
            _until(stack, lambda name=name: "hangs" in seen.service(name)["message"])
            assert seen.service(name)["state"] == "failed"
        assert seen.service("three")["health"] == "ok"
        seen.look()
        for check in ("system-disk", "system-inode", "vrooli-stale-locks"):
            assert "no answer" in seen.problem(check)
        assert seen.status()["watchdog"]["pid"] == before["autoheal"]
        ended = seen.stop("four")
        assert ended["ok"]
        assert "no answer" in ended["note"]
        assert seen.service("four")["state"] == "stopped"
    for name in ("one", "two"):
        assert stack.until_healed(name)["symptom"] == "exited"
    assert stack.pids("autoheal", "keeper", "three") == before
    assert json.loads((stack.home / "wanted.json").read_bytes())["stopped"] == ["four"]
    assert "Traceback" not in stack.log("autoheal")
    assert not list(stack.home.glob("spool.db.corrupt*"))


def _until(stack: LiveStack, condition: Any) -> None:
    """`stack.until` tells its story from the logs, which hang."""
    try:
        stack.until(condition, "it is said", seconds=45)
    except OSError as error:
        raise AssertionError("the watchdog does not answer") from error
