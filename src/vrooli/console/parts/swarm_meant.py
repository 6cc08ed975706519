"""What somebody should mean who writes a plan or a policy, shown before it is written."""

import time
from typing import Any

from vrooli.client.swarm_changes import POLICY, Meant, meant_by
from vrooli.console.parts.html import Tag
from vrooli.console.run_feed import RunFeed

NOTHING = "Nothing becomes looser by it, no question falls away, and nothing that goes on is ended."


def meant_now(feed: RunFeed, name: str, before: Any, after: Any) -> Meant:
    """By writing that in the place of `before`, as the tasks of the swarm stand."""
    seen = feed.answer
    if seen is None or seen.swarm is None:
        return Meant()
    swarm = dict(seen.swarm)
    if name == POLICY:  # what somebody looks at, which may be older than what the page knows
        swarm[POLICY] = {**swarm[POLICY], "value": before}
    return meant_by(swarm, name, after, time.time())


def show_meant(found: Meant) -> None:
    """Its lines, under what they are."""
    named = (
        ("What becomes looser:", found.looser),
        ("Questions that fall away:", found.unasked),
        ("What ends at once:", found.ended),
    )
    for lead, lines in named:
        if lines:
            Tag("strong", lead)
            with Tag("ul"):
                for line in lines:
                    Tag("li", line.replace("`", ""))
