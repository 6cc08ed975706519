"""The server's API about routines and runs, typed, with blocking sockets: for the command line."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client import http
from vrooli.client.api import ApiClient, rows_of
from vrooli.client.wire import said_in
from vrooli.core.errors import UsageError

OPEN = ("pending", "running", "waiting", "paused")
"""Statuses of a run that has not ended."""

ENDED = ("completed", "failed", "cancelled")
"""Statuses of a run that change no more."""

WAIT = 20.0
"""Seconds for which the server may hold an answer back until there is news."""


class WorkClient(ApiClient):
    """One server; errors as `ApiClient` says."""

    __slots__ = ()

    def routines(self) -> list[dict[str, Any]]:
        """All of them, by name."""
        return self._all("/routines", "routines")

    def routine(self, name: str, version: str = "") -> dict[str, Any]:
        """One version of one, by its hash; the newest where that is not said."""
        query = urlencode({"version": version})
        return self._ask("GET", f"/routines/{quote(name, safe='')}?{query}")

    def routine_versions(self, name: str) -> list[dict[str, Any]]:
        """`{version, stored_at}` of each of its versions, the one that was stored last first; 100
        at most.
        """
        return rows_of(self._ask("GET", f"/routines/{quote(name, safe='')}/versions"), "versions")

    def put_routine(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Store it: `{name, version, changed}`."""
        return self._ask("POST", "/routines", definition)

    def about(self) -> dict[str, Any]:
        """Which server it is, and what it keeps for how long."""
        return self._ask("GET", "/about")

    def models(self) -> list[dict[str, Any]]:
        """The providers of language models, by name."""
        return rows_of(self._ask("GET", "/models"), "providers")

    def tools(self) -> list[dict[str, Any]]:
        """What steps and models may use, by name."""
        return rows_of(self._ask("GET", "/tools"), "tools")

    def mcp_servers(self) -> list[dict[str, Any]]:
        """The servers of tools that `llm` steps may name, by name."""
        return rows_of(self._ask("GET", "/mcp"), "servers")

    def try_mcp(self, name: str, timeout: float) -> dict[str, Any]:
        """`{ok, tools, failure}` of one, which is started or asked now, for at most so many
        seconds.
        """
        longest = timeout + self.timeout
        return self._ask("POST", f"/mcp/{quote(name, safe='')}/try", timeout=longest)

    def start(
        self,
        routine: str,
        inputs: dict[str, Any],
        budget: dict[str, Any] | None = None,
        priority: int = 0,
        version: str = "",
    ) -> dict[str, Any]:
        """The new run. A request that went astray is sent once more, and makes no second run.

        Args:
            routine: name.
            inputs: as its schema says.
            budget: key by key instead of what the routine says.
            priority: from -100 to 100, the highest first.
            version: of the routine, by its hash; the newest where that is empty.

        Raises:
            NotTaken: the inputs do not fit, or the budget cannot be.
        """
        body = {"routine": routine, "inputs": inputs, "budget": budget or {}}
        # Servers of before know no `version`.
        chosen = {"version": version} if version else {}
        return self._make("/runs", {**body, "priority": priority, **chosen})

    def runs(self, **query: Any) -> dict[str, Any]:
        """`{runs, next_cursor}`, newest first; the query is that of `GET /runs`."""
        return self._ask("GET", f"/runs?{urlencode(query)}")

    def run(self, run: str) -> dict[str, Any]:
        """One run, its output whole."""
        return self._whole(run, self._ask("GET", f"/runs/{quote(run, safe='')}"))

    def steps(self, run: str, *, whole: bool = True) -> list[dict[str, Any]]:
        """The whole journal; without `whole` a large output stays where it is, and `artifact` tells
        which one it is.
        """
        found = self._all(f"/runs/{quote(run, safe='')}/steps", "steps")
        return [self._whole(run, step) for step in found] if whole else found

    def steps_page(self, run: str, cursor: str = "", limit: int = 200) -> dict[str, Any]:
        """A page of the journal, `{steps, next_cursor}`; large outputs stay where they are."""
        query = urlencode({"cursor": cursor, "limit": limit})
        return self._ask("GET", f"/runs/{quote(run, safe='')}/steps?{query}")

    def artifact(self, run: str, sha256: str) -> Any:
        """A large output that this run or one of its steps came to."""
        query = urlencode({"run": run})
        return self._send("GET", f"/artifacts/{quote(sha256, safe='')}?{query}").json()

    def files(self, run: str) -> list[dict[str, Any]]:
        """What its steps wrote: `{path, bytes, modified_at}` each."""
        return rows_of(self._ask("GET", f"/runs/{quote(run, safe='')}/files"), "files")

    def file(self, run: str, path: str) -> bytes:
        """One of them."""
        return self._send("GET", f"/runs/{quote(run, safe='')}/files/{quote(path)}").body

    def _whole(self, run: str, one: dict[str, Any]) -> dict[str, Any]:
        kept = one.get("artifact")
        return {**one, "output": self.artifact(run, kept["sha256"])} if kept else one

    def cancel(self, run: str) -> dict[str, Any]:
        """End it."""
        return self._ask("POST", f"/runs/{quote(run, safe='')}/cancel")

    def pause(self, run: str) -> dict[str, Any]:
        """Begin no new step of it: it is `paused`, or `pausing` while what runs in it ends."""
        return self._ask("POST", f"/runs/{quote(run, safe='')}/pause")

    def resume(self, run: str) -> dict[str, Any]:
        """Go on with it after a pause."""
        return self._ask("POST", f"/runs/{quote(run, safe='')}/resume")

    def retry(self, run: str, path: str | None = None) -> dict[str, Any]:
        """Go on with it after a failure: with the steps that failed, or from `path` on."""
        return self._make(f"/runs/{quote(run, safe='')}/retry", {"path": path})

    def fork(self, run: str, path: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """A new run that goes on at `path` of this one, with these inputs changed. A request that
        went astray is sent once more, and makes no second run.
        """
        body = {"path": path, "inputs": inputs}
        return self._make(f"/runs/{quote(run, safe='')}/fork", body)

    def approvals(self, **query: Any) -> dict[str, Any]:
        """`{approvals, next_cursor}`, newest first; the query is that of `GET /approvals`."""
        return self._ask("GET", f"/approvals?{urlencode(query)}")

    def open_approvals(self) -> dict[str, Any]:
        """`{count, newest, moves}` of those that wait for a decision of whoever asks; another one
        whenever others do.
        """
        return self._ask("GET", "/approvals/open")

    def approval(self, approval: str) -> dict[str, Any]:
        """One approval, with what is asked for."""
        return self._ask("GET", f"/approvals/{quote(approval, safe='')}")

    def decide(self, approval: str, approved: bool, hash: str, reason: str) -> dict[str, Any]:
        """Approve or reject what has this hash."""
        body = {"hash": hash, "reason": reason}
        if approved:
            return self._make(f"/approvals/{quote(approval, safe='')}/approve", body)
        return self._make(f"/approvals/{quote(approval, safe='')}/reject", body)

    def delegates(self, approval: str) -> list[str]:
        """Addresses of those that it can be handed on to."""
        found = self._ask("GET", f"/approvals/{quote(approval, safe='')}/delegates")
        return [str(one) for one in found["delegates"]]

    def delegate(self, approval: str, to: str, because: str = "") -> dict[str, Any]:
        """Hand it on to the user of that address; `me` takes it back."""
        body = {"to": to, "because": because}
        return self._make(f"/approvals/{quote(approval, safe='')}/delegate", body)

    def absences(self) -> list[dict[str, Any]]:
        """`{person, to, until, risk, made_at}` of each who is away, as far as one sees them."""
        return rows_of(self._ask("GET", "/approval-absence"), "absences")

    def be_away(self, to: str, until: float, risk: str) -> dict[str, Any]:
        """Have another asked until then (unix seconds), up to a class of risk; the rule."""
        body = {"to": to, "until": until, "risk": risk}
        return self._ask("PUT", "/approval-absence", body)

    def be_back(self) -> dict[str, Any]:
        """End it; the rule that ended."""
        return self._ask("DELETE", "/approval-absence")

    def decide_several(
        self, asked: list[tuple[str, str]], approved: bool, reason: str
    ) -> list[dict[str, Any]]:
        """Id and hash of each, at most 100: `{id, status, problem}` of each."""
        chosen = [{"id": one, "hash": hash_} for one, hash_ in asked]
        body = {"approvals": chosen, "approved": approved, "reason": reason}
        return rows_of(self._ask("POST", "/approval-decisions", body), "decided")

    def why(self, run: str, step: str = "") -> dict[str, Any]:
        """Why it, or that step of it, is where it is."""
        query = urlencode({"step": step})
        return self._ask("GET", f"/runs/{quote(run, safe='')}/why?{query}")

    def effects(self, **query: Any) -> dict[str, Any]:
        """`{effects, next_cursor}`: attempts of unknown effect that wait for a decision, oldest
        first; the query is that of `GET /effects`.
        """
        return self._ask("GET", f"/effects?{urlencode(query)}")

    def effects_of(self, run: str) -> dict[str, Any]:
        """`{undecided, decided}` of one run."""
        return self._ask("GET", f"/runs/{quote(run, safe='')}/effects")

    def decide_effect(
        self, run: str, path: str, decision: str, output: Any, why: str
    ) -> dict[str, Any]:
        """Say what became of an attempt of unknown effect, `done` or `again`; the run goes on."""
        body = {"path": path, "decision": decision, "output": output, "why": why}
        return self._make(f"/runs/{quote(run, safe='')}/effects", body)

    def signal(self, run: str, name: str, data: Any, *, keep: bool = False) -> dict[str, Any]:
        """Send a run the signal that a step of it waits for, or will; with `keep` also one for
        which none does. The run, and a `warning` then.
        """
        # Servers of before know no `keep`.
        body = {"name": name, "data": data, **({"keep": True} if keep else {})}
        return self._make(f"/runs/{quote(run, safe='')}/signals", body)

    def schedules(self) -> list[dict[str, Any]]:
        """All of them, by name."""
        return rows_of(self._ask("GET", "/schedules"), "schedules")

    def schedule(self, name: str) -> dict[str, Any]:
        """One of them."""
        return self._ask("GET", f"/schedules/{quote(name, safe='')}")

    def add_schedule(self, new: dict[str, Any]) -> dict[str, Any]:
        """Have a routine run at its times, as `POST /schedules` takes it."""
        return self._make("/schedules", new)

    def remove_schedule(self, name: str) -> dict[str, Any]:
        """Forget it; its runs stay."""
        return self._ask("DELETE", f"/schedules/{quote(name, safe='')}")

    def switch_schedule(self, name: str, *, enabled: bool) -> dict[str, Any]:
        """Have it start runs, or not."""
        action = "enable" if enabled else "disable"
        return self._ask("POST", f"/schedules/{quote(name, safe='')}/{action}")

    def change_budget(self, run: str, budget: dict[str, Any]) -> dict[str, Any]:
        """Other limits, for the keys that are said; the run."""
        return self._ask("POST", f"/runs/{quote(run, safe='')}/budget", budget)

    def events(self, run: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """What happens in its tree, from the beginning or after a sequence number, until it ends.

        Ends with an error where the server goes away: whoever goes on after the last event that
        came misses none and gets none twice.
        """
        name = quote(run, safe="")
        while True:
            page = self._ask(
                "GET",
                f"/runs/{name}/events?after={after}&wait={WAIT:g}",
                timeout=WAIT + self.timeout,
            )
            for event in rows_of(page, "events"):
                after = event["seq"]
                yield event
                if event["run"] == run and event["kind"].removeprefix("run.") in ENDED:
                    return

    def latest_events(self, run: str, count: int) -> list[dict[str, Any]]:
        """The last so many of its tree, in their order; 1000 at most."""
        return rows_of(
            self._ask("GET", f"/runs/{quote(run, safe='')}/events?latest={count}"), "events"
        )

    def follow(self, run: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """The same, and what models say just now: `{run, kind: "model.text", path, attempt, from,
        text}`, without a number. Ends with the run, and also when the server ends.
        """
        path = f"/api/v1/runs/{quote(run, safe='')}/events?after={after}&texts=true"
        accept = {"Accept": "text/event-stream", **self._meant}
        yield from http.stream_events(self.target, path, token=self.bearer.token(), headers=accept)

    def _all(self, path: str, key: str) -> list[dict[str, Any]]:
        """The rows of all pages."""
        found, cursor = list[dict[str, Any]](), ""
        while True:
            one_page = f"{path}?{urlencode({'cursor': cursor, 'limit': 500})}"
            answer = self._ask("GET", one_page)
            found += rows_of(answer, key)
            cursor = answer.get("next_cursor") or ""
            if not cursor:
                return found

    def _refused(self, status: int, body: Any, place: str) -> Exception:
        said = said_in(body)
        if said.get("code") == "bad_routine":
            return BadRoutine(str(said["detail"]), list(said["details"]))
        error = super()._refused(status, body, place)
        if status == 422 and isinstance(error, UsageError):
            return NotTaken(error, str(said.get("code", "")), said.get("details") or [])
        return error


class NotTaken(UsageError):
    """The server says what is wrong with what it was sent.

    Attributes:
        code: in one word, like `bad_inputs`.
        mistakes: what is wrong, by the place in what was sent.
    """

    def __init__(self, error: UsageError, code: str, details: list[dict[str, Any]]) -> None:
        super().__init__(error.what, where=error.where, next_step=error.next_step)
        self.code = code
        told = (one for one in details if "field" in one and "problem" in one)
        self.mistakes = {str(one["field"]): str(one["problem"]) for one in told}


class BadRoutine(UsageError):
    """The server names what is wrong with a routine.

    Attributes:
        mistakes: `{place, field, problem}` each.
    """

    def __init__(self, what: str, mistakes: list[dict[str, Any]]) -> None:
        super().__init__(what, next_step="correct the routine")
        self.mistakes = mistakes
