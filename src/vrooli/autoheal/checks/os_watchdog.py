"""Whether the operating system would bring this stack back."""

from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result, not_applicable, ok, unknown, warning
from vrooli.core.status import Status


def _run(look: Look) -> Result:
    trouble, seen = look.facts.ping_trouble, look.facts.protection()
    sight = seen.sight
    if trouble:
        return warning(trouble, unit=sight.unit.name)
    if not sight.manager:
        return not_applicable(seen.message)
    if not sight.installed and not sight.installed_here:
        return not_applicable(f"{seen.message}; {seen.problems[0].next_step}")
    if seen.status is Status.UNKNOWN:
        return unknown(seen.message)
    problems = [problem.what for problem in seen.problems]
    if problems:
        return warning(seen.message, problems=problems, next_step=seen.problems[0].next_step)
    return ok(seen.message, main_pid=sight.seen.main_pid)


CHECK = Check(
    id="os-watchdog",
    title="Protection against reboot",
    why="What nobody starts after a reboot stays down until a person comes.",
    category="watchdog",
    interval=60.0,
    unit="",
    thresholds=None,
    run=_run,
    timeout=30.0,
    platforms=("linux", "darwin", "win32"),
)
