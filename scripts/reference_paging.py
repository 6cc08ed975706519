"""The page on pages: the words are here, rules and numbers come from the code that obeys them."""

import re
from types import ModuleType

from scripts.reference_markdown import table
from vrooli.autoheal import pager, paging
from vrooli.core import breaker
from vrooli.notify import delivery, outbox, postbox, sending, silence
from vrooli.notify.delivery import State
from vrooli.stack.model import NotifySettings

STATES = {
    State.PENDING: "to be sent: new, waiting for its next try, or for its channel",
    State.SENT: "a channel took it",
    State.FOLDED: "it is a line of another message, because there were too many at once",
    State.DROPPED: (
        "not sent: acknowledged before it was out, or its channel is gone, and no other takes it "
        "that has not got it"
    ),
}

PAGE = """\
# Pages

Whom the watchdog tells what, and when. How to set it up: [be told](../how-to/be-told.md).

## What needs a person

What is healed pages nobody: it goes into the digest. A service is judged after every event and
every {every:g} s by the first rule that matches:

{rules}

Before a service pages, everything that it needs is looked at once more (for at most
{needs:g} s), so that the cause pages and not its victim. A check of the machine pages when
{looks} looks in a row say critical and nothing is done about it, or in vain, and when it is
[flapping](healing.md#flapping); `warning` goes into the digest. When so much fails at once
that it must have a common cause, or too many heals were needed on this host, that is one page for
all (`common-cause`, `heal-budget`). A check of one's own that cannot be
looked at in {blind_looks} looks in a row over {blind:g} min (its program is gone, its secret cannot
be read) is a page of its own, a warning (`NAME:unknown`). So is a service that was healed too often
in 24 hours, although each heal worked (`NAME:chronic`); heals that a person asked for do not count.

## One page, one end

An incident pages once, when it opens. It is over when its subject has been well in one piece for
`resolve_after` ({resolve:g} s), is stopped by an operator, or is no longer declared. That is told
exactly where the page went, also when it was acknowledged, and after the page. Both outlive the
watchdog: they are in `spool.db` before anybody is told, and are sent at least once. Each has a key
that stays the same however often it is sent; a hook (`json://`, `xml://`, `form://`) gets it as the
header `Idempotency-Key`.

What is silenced when it opens tells neither its beginning nor its end. When the silence is over and
it is still wrong, it is paged then. A silence lasts at most {silence:g} days. In maintenance
nothing is paged, nor what a person holds in quarantine.

## Sending

Every channel that takes the severity gets the message, one at a time each; nobody who looks or
heals waits for it. A try is a process of its own, given {deadline:g} s. The rules for a channel:

{sending}

A failed message is tried again after {retries}, and so on for ever. A channel that failed
{patience} times in a row is left alone for {first:g} s, then twice as long each time, at most
{longest:g} min; meanwhile its `second` stands in. When the disk takes nothing, people are told
without its being written down, and the status says so.

{states}

What is finished is kept for {kept:g} days.
"""


def paging_page() -> str:
    """The rules with their numbers."""
    retries = ", ".join(f"{seconds:g} s" for seconds in delivery.RETRIES)
    return PAGE.format(
        every=pager.EVERY,
        rules=_rules(paging),
        needs=pager.NEEDS_PATIENCE,
        looks=paging.CONFIRMED,
        blind_looks=paging.BLIND_LOOKS,
        blind=paging.BLIND / 60,
        resolve=NotifySettings().resolve_after,
        silence=silence.LONGEST / 86_400,
        deadline=sending.DEADLINE,
        sending=_rules(outbox),
        retries=retries,
        patience=breaker.PATIENCE,
        first=breaker.FIRST_PAUSE,
        longest=breaker.LONGEST_PAUSE / 60,
        states=table("state | meaning", ((f"`{state}`", STATES[state]) for state in State)),
        kept=postbox.KEPT / 86_400,
    ).replace("\n\n\n", "\n\n")


def _rules(module: ModuleType) -> str:
    """The numbered list in the docstring of a module."""
    found = re.findall(r"(?m)^\d+\. `([a-z-]+)` +(.+)$", module.__doc__ or "")
    if not found:
        raise ValueError(f"{module.__name__}: its docstring lists no rules")
    return table("rule | when", ((f"`{rule}`", when) for rule, when in found))
