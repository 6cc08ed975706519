"""The server's API about swarms, typed. They are started, watched and read as runs as well."""

from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client.wire import said_in
from vrooli.client.work import BadRoutine, WorkClient
from vrooli.core.errors import UsageError


class BadSwarm(BadRoutine):
    """The server names what is wrong with a swarm, or with what was to be written on it."""

    def __init__(self, mistakes: list[dict[str, Any]], advice: str = "") -> None:
        what = "; ".join(f"{one['field']}: {one['problem']}" for one in mistakes)
        UsageError.__init__(self, what, next_step=advice or "correct it, and say it again")
        self.mistakes = mistakes


class SwarmClient(WorkClient):
    """One server; errors as `ApiClient` says, and `BadSwarm` with what is wrong with a swarm."""

    __slots__ = ()

    def put_swarm(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Store the routine that drives it: `{name, version, changed}`."""
        return self._ask("POST", "/swarms", definition)

    def swarms(self, **query: Any) -> dict[str, Any]:
        """`{swarms, next_cursor}`, newest first; the query is that of `GET /swarms`."""
        return self._ask("GET", f"/swarms?{urlencode(query)}")

    def person_tasks(self, **query: Any) -> dict[str, Any]:
        """`{tasks, next_cursor}` of those that wait for somebody to do them, newest first."""
        return self._ask("GET", f"/swarm-tasks?{urlencode(query)}")

    def swarm(self, run: str) -> dict[str, Any]:
        """Its run, and how it stands."""
        return self._ask("GET", f"/swarms/{quote(run, safe='')}")

    def why_swarm(self, run: str) -> dict[str, Any]:
        """Why it is where it is."""
        return self._ask("GET", f"/swarms/{quote(run, safe='')}/why")

    def debug_swarm(self, run: str) -> dict[str, Any]:
        """Where each of its tiers stands."""
        return self._ask("GET", f"/swarms/{quote(run, safe='')}/debug")

    def export_swarm(self, run: str) -> dict[str, Any]:
        """All that is kept of it: its run with `definition`, `documents`, `messages`, `runs`,
        `steps` and `events`, outputs whole.
        """
        found, query = dict[str, Any](), urlencode({"limit": 500})
        while True:
            page = self._ask("GET", f"/swarms/{quote(run, safe='')}/export?{query}")
            found.update(self._whole(run, page["swarm"] or {}))
            whole = [
                self._whole(one.get("run") or one.get("id", run), one) for one in page["records"]
            ]
            found.setdefault(page["part"], []).extend(whole)
            if not page["next_cursor"]:
                return found
            query = urlencode({"limit": 500, "cursor": page["next_cursor"]})

    def swarm_versions(self, run: str, **query: Any) -> dict[str, Any]:
        """`{versions, next_cursor}` of what is written on it, newest first; the query is that of
        `GET /swarms/{run}/versions`.
        """
        return self._ask("GET", f"/swarms/{quote(run, safe='')}/versions?{urlencode(query)}")

    def say(self, run: str, text: Any) -> dict[str, Any]:
        """Have it hear a message."""
        return self._make(f"/swarms/{quote(run, safe='')}/messages", {"text": text})

    def write(self, run: str, name: str, value: Any, version: int | None) -> dict[str, Any]:
        """Change its plan, its policy or its blackboard: `{version}`."""
        body = {"name": name, "value": value, "version": version}
        return self._ask("PUT", f"/swarms/{quote(run, safe='')}/documents", body)

    def done(self, run: str, task: str, output: Any) -> dict[str, Any]:
        """A person has done that."""
        return self._make(f"/swarms/{quote(run, safe='')}/done", {"task": task, "output": output})

    def hand(self, run: str, task: str, what: str) -> dict[str, Any]:
        """A person does that from now on."""
        body = {"task": task, "what": what}
        return self._ask("POST", f"/swarms/{quote(run, safe='')}/hand", body)

    def take_back(self, run: str, task: str) -> dict[str, Any]:
        """The swarm does it itself again."""
        return self._ask("POST", f"/swarms/{quote(run, safe='')}/take-back", {"task": task})

    def pause_swarm(self, run: str) -> dict[str, Any]:
        """Begin nothing more in it, nor in any run that it started."""
        return self._ask("POST", f"/swarms/{quote(run, safe='')}/pause")

    def resume_swarm(self, run: str) -> dict[str, Any]:
        """Go on with it, and with all that it started."""
        return self._ask("POST", f"/swarms/{quote(run, safe='')}/resume")

    def stop_swarm(self, run: str) -> dict[str, Any]:
        """End it, with all that it started."""
        return self._ask("POST", f"/swarms/{quote(run, safe='')}/stop")

    def emergency_stop(self) -> list[str]:
        """End all swarms: their ids."""
        return list(self._ask("POST", "/emergency-stop")["stopped"])

    def _refused(self, status: int, body: Any, place: str) -> Exception:
        said = said_in(body)
        if said.get("code") == "bad_swarm":
            return BadSwarm(list(said["details"]), str(said.get("next_step", "")))
        return super()._refused(status, body, place)
