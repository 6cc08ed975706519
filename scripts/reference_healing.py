"""The page on healing: the words are here, rules and numbers come from the code that obeys them."""

from scripts.reference_markdown import table
from vrooli.autoheal import flap, policy, suspicion
from vrooli.autoheal.gate import all_gates
from vrooli.autoheal.heal import Outcome
from vrooli.autoheal.healing import DEPENDENTS_PATIENCE
from vrooli.host import start_keeper
from vrooli.host.keeper import minder
from vrooli.stack import config_test
from vrooli.stack.kind import Kind
from vrooli.stack.model import AutohealSettings
from vrooli.stack.resources import postgres
from vrooli.stack.runtimes import process

SYMPTOMS = {
    policy.Symptom.EXITED: "its process ended: killed, crashed, or by itself with 0",
    policy.Symptom.MISSING: "it is meant to run, and there is no process",
    policy.Symptom.STOPPED: "its process is stopped (SIGSTOP, state T)",
    policy.Symptom.UNRESPONSIVE: "its process is there, and its probe fails",
    policy.Symptom.BREACHED: "a check of the machine finds something",
    policy.Symptom.ASKED: "nothing: a person asked for an action",
}

OUTCOMES = {
    Outcome.HEALED: "its probe passed again, its dependents too, and it stayed so",
    Outcome.INEFFECTIVE: "every action of the ladder was tried, and its probe still failed",
    Outcome.RELAPSED: "its probe passed, and it failed again before that had been stable",
    Outcome.REFUSED: "nothing was done, because it would not have helped or was not allowed",
    Outcome.UNVERIFIABLE: "its probe passes, but a dependent still fails, or an operator took over",
    Outcome.DONE: "nothing was wrong: a person asked for an action, and it answers after it",
}

PAGE = """\
# Healing

What the watchdog does about a service that fails, and what it never does.

## Noticing

- **It ended.** The keeper is the parent of every service and hears of its end from the kernel, at
  once; so does the watchdog. Exit code and signal are kept.
- **It is stopped, or answers wrongly or not at all.** Its probe looks every `interval`. Failing
  looks must be as many in a row as `failures` says, and span the time that `over` says:
  {failures} looks for most, {pg_failures} looks over at least {pg_over:g} s for databases,
  because slow is not dead. While a failure waits to be confirmed, looks come sooner.
- **No event told.** Every `sweep` ({sweep:g} s) everything is compared with what should be.

A look whose outcome is `unknown` counts for nothing, and never decides anything. A failing look
becomes `unknown` when the watchdog must suspect itself:

- its own loop was late by {late:g} % of what the look may take;
- its own machine cannot reach anybody: no interface has a link, the kernel knows no way to that
  address, or not even a connection to itself can be made (no descriptors or ports are left); unless
  somebody elsewhere answered meanwhile;
- the history cannot be written, and the check judges by it (`heartbeat`). No look at a service
  does: a full disk makes nothing look sick.

What the kernel tells is believed at once: that a process ended, when it ends; that it is stopped
(SIGSTOP), by the first look at it, which is within its `interval` or the `sweep`.

A resource that says that it is starting (crash recovery of PostgreSQL) is not failing as long as it
does any work; after {idle:g} s without any, it is.

## Flapping

What fails and passes by turns is never confirmed to fail. So every look counts towards this as
well: of the latest {flap_looks} that found something out, how many differ from the one before, the
recent ones weighing more (the method of Nagios). From {flap_high:g} % on the service flaps, below
{flap_low:g} % it is steady again. Meanwhile a look that passes is shown as a `warning` that says
so, nothing is restarted for it, and people are told once ([pages](paging.md)). Looks during a heal
or an operation do not count, nor what fails with what it needs; a start, stop or restart by an
operator begins the count anew. Checks of the machine, and one's own, flap in the same way.

## Deciding

The first rule that matches decides. `vrooli status` and the heal's record name it.

{rules}

Which need is failing is found by looking at it once more before a service is blamed. Of all that
fail, the deepest is healed; the others are `blocked` and are not restarted for it. When it is
back they are looked at again.

### Gates

A restart cannot help now, and is refused, when

{gates}

What ended is started all the same, but where the second column says no: it is down already, so
that a try costs nothing, and the backoff bounds the tries. What could not be found out closes no
gate.

Nor is anything started whose port is taken by somebody else, or whose `config_test` fails: that is
run before every start and restart, for at most {config_seconds:g} s, and what runs is left running
when it fails. One that cannot be run or does not end says nothing.

A refusal is recorded once, and looked at again every {gate_retry:g} s.

## Acting

{ladders}

What an earlier start left behind is ended first: TERM, after {grace:g} s KILL. The port must be
free, or its holder is named. A stop sends the service's `stop_signal`s in order, shares
`stop_timeout` among them, and ends with KILL for all that the service had started.

The next start after the first failure in a row comes at once, after the following ones it waits:
{delays}, and so on for ever. So a hopeless crasher is started {count} times in ten minutes, then
once in {slowest:g} minutes, and is back by itself when somebody mends it. {decay:g} minutes of
health in one piece take one failure off the count. The count survives restarts of the watchdog; a
start, stop or restart by an operator sets it to nothing.

At most `heal_budget` ({budget}) heals within `heal_window` ({window:g} s) happen on one host,
whatever fails.

## Verifying

{outcomes}

After its probe passes again, a heal must hold for `stability` ({stability:g} s); dependents get
{patience:g} s to pass again, but for those that failed before it and for no need's fault. A heal is
written down before it acts. When the watchdog is killed in the middle, the next one goes on with
the verification, and does nothing twice.

What a person asks for (`vrooli-autoheal heal`) is recorded with the rule `by-hand`, and counts in
no backoff. About what is well it is `done`, no heal and no restart after a failure; an action that
would do nothing, like `start` of what runs, is refused and not recorded.

## The watchers themselves

- The keeper starts the next watchdog when one ends, or is stopped, or sends no heartbeat in time;
  {first:g} s after the end, later only if one after another dies young (at most {longest:g} s). A
  watchdog that is merely starved of processor time gets {starved:g} s.
- The watchdog starts the next keeper: at once when it is gone or stopped, after {stuck:g} s when
  it does not answer. Services run on. How a service ended while there was no keeper is `unknown`,
  never guessed.
- Both are recorded as heals of `autoheal` and `keeper`.
- A socket that somebody removed (what cleans `/tmp` does) is there again within seconds.

**When both are gone at once**, nothing brings them back but a person, or what starts the stack at
boot. Services run on, and what ends stays ended. `vrooli status` tells of it from the keeper's
record: what lives is `running`, its health by its probe, "no watchdog is running". `vrooli up`
starts both and leaves alone what runs; so does `vrooli scenario start vrooli-autoheal`, which
starts nothing that was stopped. When both are stopped (SIGSTOP) or hang, it is the same: `up`,
`down` and every other operation replace them first. What runs by then is adopted, and how it ends
is `unknown` until its next start.

## What is never done

- Never a signal to a process that was not recorded with boot, pid and start time, nor to whoever
  holds a port.
- Never a restart of what was stopped by an operator, of an `external` service, or of one declared
  `heal = "watch"` or `"off"`.
- Never a restart of what is well because something else is not.
- Never a deletion: no `postmaster.pid`, no data, no lock file.
- Never "healed" without a probe that passed.
"""


def healing() -> str:
    """The rules of the policy with their numbers."""
    settings, database = AutohealSettings(), postgres.KIND
    delays = ", ".join(_duration(seconds) for seconds in settings.delays[1:])
    text = PAGE.format(
        failures=Kind.failures,
        pg_failures=database.failures,
        pg_over=database.over,
        sweep=settings.sweep,
        idle=process.IDLE_LIMIT,
        flap_looks=flap.LOOKS,
        flap_high=flap.HIGH,
        flap_low=flap.LOW,
        rules=_rules(),
        gates=_gates(),
        config_seconds=config_test.SECONDS,
        late=100 * suspicion.LATE,
        gate_retry=policy.GATE_RETRY,
        ladders=_ladders(),
        grace=process.LEFTOVER_GRACE,
        delays=delays,
        count=len(settings.delays),
        slowest=settings.delays[-1] / 60,
        decay=settings.decay / 60,
        budget=settings.heal_budget,
        window=settings.heal_window,
        outcomes=table("outcome | meaning", ((f"`{o}`", OUTCOMES[o]) for o in Outcome)),
        stability=settings.stability,
        patience=DEPENDENTS_PATIENCE,
        first=minder.FIRST_DELAY,
        longest=minder.LONGEST_DELAY,
        starved=minder.PATIENCE,
        stuck=start_keeper.STUCK,
    )
    return text.replace("\n\n\n", "\n\n")


def _rules() -> str:
    return table("rule | when", ((f"`{rule.name}`", rule.when) for rule in policy.RULES))


def _gates() -> str:
    rows = ((gate.when, "no" if gate.starts else "yes", f"`{gate.id}`") for gate in all_gates())
    return table("it is the case that | what ended is started | file in `autoheal/gates/`", rows)


def _ladders() -> str:
    rows = (
        (f"`{symptom}`", SYMPTOMS[symptom], _actions(symptom, ladder))
        for symptom, ladder in policy.LADDERS.items()
    )
    return table("symptom | what is wrong | actions, mildest first", rows)


def _actions(symptom: policy.Symptom, ladder: tuple[str, ...]) -> str:
    if symptom is policy.Symptom.ASKED:
        return "what was asked for"
    return ", then ".join(f"`{action}`" for action in ladder) or "those of the check, if allowed"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"
