"""What this process keeps in memory: counts and sizes, never contents."""

import gc
import tracemalloc
from collections import Counter
from typing import Any

import psutil

DEFAULT_TYPES = 25
MAX_TYPES = 200


def facts(top: int = DEFAULT_TYPES) -> dict[str, Any]:
    """RSS in bytes, traced heap, collector generations, and the `top` types by number of live
    objects.

    Walks all objects that the collector knows: some 100 ms per million; call it in a thread.
    """
    memory = psutil.Process().memory_info()
    return {
        "rss_bytes": memory.rss,
        "vms_bytes": memory.vms,
        "heap": heap(),
        "gc": generations(),
        "top_types": census(top),
    }


def heap() -> dict[str, Any]:
    """Bytes allocated through Python's allocators since tracing began; None while tracemalloc is
    off.
    """
    tracing = tracemalloc.is_tracing()
    current, peak = tracemalloc.get_traced_memory() if tracing else (None, None)
    return {"tracing": tracing, "current_bytes": current, "peak_bytes": peak}


def generations() -> list[dict[str, int]]:
    """For each generation: objects allocated since the last collection, its threshold, and totals
    of its collections.
    """
    return [
        {"generation": number, "count": count, "threshold": threshold, **stats}
        for number, (count, threshold, stats) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), gc.get_stats(), strict=False)
        )
    ]


def census(top: int) -> list[dict[str, Any]]:
    """The `top` (1 to `MAX_TYPES`) types with the most live objects, most first."""
    gc.unfreeze()  # else what was set aside for long is not among them
    counts: Counter[type] = Counter(type(item) for item in gc.get_objects())
    return [
        {"type": f"{kind.__module__}.{kind.__qualname__}", "count": count}
        for kind, count in counts.most_common(min(max(top, 1), MAX_TYPES))
    ]
