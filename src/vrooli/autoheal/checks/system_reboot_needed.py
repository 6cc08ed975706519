"""Whether an update waits for a restart of the machine."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result, not_applicable, ok, warning

_NEEDED, _BY = "/run/reboot-required", "/run/reboot-required.pkgs"
_KNOWN_BY = "/etc/debian_version"
"""Debian's packages, and Ubuntu's, leave the files above."""


def _run(look: Look) -> Result:
    files = look.facts.files
    if files.facts(_NEEDED) is None:
        if files.facts(_KNOWN_BY) is None:
            return not_applicable("this system does not tell")
        return ok("no restart is needed", 0, "packages")
    packages = sorted(set((procfs.text(files, _BY) or "").split()))
    named = f" for {', '.join(packages[:5])}" if packages else ""
    return warning(f"a restart is needed{named}", len(packages), "packages")


CHECK = Check(
    id="system-reboot-needed",
    title="Restart needed",
    why="An update of kernel or libraries protects nobody until it runs.",
    category="system",
    interval=3600.0,
    unit="packages",
    thresholds=None,
    run=_run,
)
