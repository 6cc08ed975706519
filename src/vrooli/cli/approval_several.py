"""Several approvals decided by one command."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from vrooli.cli import render
from vrooli.core.errors import UsageError
from vrooli.core.plain import plain

if TYPE_CHECKING:
    from vrooli.client.work import WorkClient

MOST = 100
"""Of one request."""

RISKS = ("reading", "changing", "dangerous")
"""Classes, the mildest first."""

_ID = re.compile(r"[0-9a-f]{16}(:[0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which approvals somebody means.

    Attributes:
        of: a run with a path of it, or ids, as they were said.
        all: all of `swarm` that wait for `me`.
        swarm: id; empty without `all`.
        risk: only up to this class; empty for any.
        hash: of the only one.
        me: who decides; empty without `all`.
    """

    of: tuple[str, ...]
    all: bool
    swarm: str
    risk: str
    hash: str
    me: str = ""

    @property
    def several(self) -> bool:
        """Whether it is more than one, in the words of a batch.

        Raises:
            UsageError: it says two things, or none.
        """
        if self.all != bool(self.swarm) or (self.all and self.of):
            raise UsageError("expected `--all --swarm SWARM`, or which ones", next_step=_ADVICE)
        if self.risk and not (self.all and self.risk in RISKS):
            what = f"`--risk` goes with `--all`, and is one of {', '.join(RISKS)}"
            raise UsageError(what, where=self.risk, next_step=_ADVICE)
        if not self.of and not self.all:
            raise UsageError("expected a run, ids, or `--all`", next_step=_ADVICE)
        ids = [_ID.fullmatch(one) is not None for one in self.of]
        many = self.all or (len(ids) > 1 and all(ids)) or any(":" in one for one in self.of)
        if (many and not all(ids)) or (len(ids) > 2 and not many):
            raise UsageError("expected ids, each as ID or ID:HASH", next_step=_ADVICE)
        if many and self.hash:
            raise UsageError("`--hash` is of one: say ID:HASH", where="--hash", next_step=_ADVICE)
        return many


_ADVICE = "`vrooli approval list` shows those that wait, with their ids"


def decide_several(
    client: "WorkClient",
    chosen: Chosen,
    approved: bool,
    reason: str,
    *,
    show: Callable[[Mapping[str, Any]], None] | None,
) -> None:
    """Decide each, about what is shown first by `show` or by the hash that was said, and tell what
    became of it. Ends with code 1 where one does not count.
    """
    found = _waiting(client, chosen) if chosen.all else _named(client, chosen.of)
    if not found:
        if show is None:
            render.print_json([])
        else:
            render.note("none of them waits")
        return
    for one in found:
        if show is not None and "message" in one:
            show(one)
            render.out()
    pairs = [(one["id"], one["hash"]) for one in found]
    told = []
    for at in range(0, len(pairs), MOST):
        told += client.decide_several(pairs[at : at + MOST], approved, reason)
    if show is None:
        render.print_json(told)
    else:
        _tell(told, _names(client, found, told))
    if any(one["problem"] for one in told):
        raise typer.Exit(1)


def _tell(told: list[dict[str, Any]], names: Mapping[str, str]) -> None:
    """What became of each; then those that do not count, by name, with the reason whole."""
    rows = [(one["id"], one["status"] or "refused", names.get(one["id"], "-")) for one in told]
    render.table(("ID", "STATUS", "WHAT"), rows)
    wrong = [one for one in told if one["problem"]]
    if wrong:
        render.note(f"{len(wrong)} of {len(told)} did not count:")
    for one in wrong:
        render.note(plain(f"  {names.get(one['id'], one['id'])}: {one['problem']}"))


def _names(
    client: "WorkClient", found: list[dict[str, Any]], told: list[dict[str, Any]]
) -> dict[str, str]:
    """By id; of those that were said with their hash, only where something is wrong with them."""
    from vrooli.client.approval_texts import named

    names = {one["id"]: named(one) for one in found if "message" in one}
    for one in told:
        if one["problem"] and one["id"] not in names:
            with suppress(UsageError):  # it is not there: its id is all there is of it
                names[one["id"]] = named(client.approval(one["id"]))
    return names


def _named(client: "WorkClient", of: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each as it is asked now, or by the hash that was said. Of one that is not there the server
    says so, as of all others.
    """
    found = []
    for said in dict.fromkeys(of):
        one, _, hash_ = said.partition(":")
        if hash_:
            found.append({"id": one, "hash": hash_})
            continue
        try:
            found.append(client.approval(one))
        except UsageError:
            found.append({"id": one, "hash": "0" * 64})
    return found


def _waiting(client: "WorkClient", chosen: Chosen) -> list[dict[str, Any]]:
    """Those that wait for whoever decides. An admin sees those that wait for others as well, and
    decides them by their ids alone.
    """
    found = list[dict[str, Any]]()
    query = {"status": "pending", "swarm": chosen.swarm}
    while True:
        page = client.approvals(**query, limit=200)
        found += page["approvals"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    mild = [one for one in found if mild_enough(one["what"], chosen.risk)]
    mine = [one for one in mild if one["asked_of"] == chosen.me]
    if others := len(mild) - len(mine):
        render.note(f"{others} more asked of others: decide these by their ids")
    return mine


def mild_enough(what: Any, most: str) -> bool:
    """Whether the risk of what is asked is at most that; empty means any. Pure. What tells no class
    is chosen only where any is.
    """
    if not most:
        return True
    risk = what.get("risk") if isinstance(what, dict) else None
    return risk in RISKS[: RISKS.index(most) + 1]
