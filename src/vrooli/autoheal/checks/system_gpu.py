"""Memory of graphics processors, as their kernel driver tells it."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds

_CARDS = "/sys/class/drm"


def _run(look: Look) -> Result:
    files, shares = look.facts.files, {}
    for card in files.names(_CARDS):
        device = f"{_CARDS}/{card}/device"
        total = procfs.numbers(files, f"{device}/mem_info_vram_total")
        used = procfs.numbers(files, f"{device}/mem_info_vram_used")
        if "-" not in card and total and used and total[0]:
            shares[card] = 100.0 * used[0] / total[0]
    if not shares:
        # NVIDIA's driver tells only its own library, and the output of nvidia-smi is for people.
        return not_applicable("no graphics processor here tells its memory in sysfs")
    fullest = max(shares, key=shares.__getitem__)
    message = f"{fullest} has {shares[fullest]:.0f} % of its memory in use"
    return judge(shares[fullest], "%", look.limits, message)


CHECK = Check(
    id="system-gpu",
    title="Graphics memory",
    why="A model that does not fit any more fails or falls back to the processor.",
    category="system",
    interval=30.0,
    unit="%",
    thresholds=Thresholds(warning=90.0, critical=98.0),
    run=_run,
)
