"""Write docs/reference/ from the source, or with `--check` say which page is out of date.

Every page is a projection of what the code says of itself: a check, a healer, a kind, a key or a
route that is not described cannot be rendered, and a page that was not written anew fails a test.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reference_api import api
from scripts.reference_commands import commands
from scripts.reference_environment import environment
from scripts.reference_files import files
from scripts.reference_healing import healing
from scripts.reference_jobs import jobs
from scripts.reference_metrics import metrics
from scripts.reference_paging import paging_page
from scripts.reference_plugins import checks, healers, resources, selftest
from scripts.reference_stack_file import stack_file
from scripts.reference_steps import steps
from scripts.reference_views import views_page

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make reference` from the source; edit that instead. -->\n\n"

PAGES: dict[str, Callable[[], str]] = {
    "api.md": api,
    "checks.md": checks,
    "commands.md": commands,
    "environment.md": environment,
    "files.md": files,
    "healers.md": healers,
    "healing.md": healing,
    "jobs.md": jobs,
    "metrics.md": metrics,
    "paging.md": paging_page,
    "resources.md": resources,
    "selftest.md": selftest,
    "steps.md": steps,
    "views.md": views_page,
    "vrooli-toml.md": stack_file,
}


def stale() -> list[str]:
    """Pages whose file differs from what the source says today."""
    found = []
    for page, render in PAGES.items():
        file = FOLDER / page
        if not file.exists() or file.read_text(encoding="utf-8") != NOTE + render():
            found.append(page)
    return found


def main() -> None:
    """Write the pages, or check them."""
    if sys.argv[1:] == ["--check"]:
        sys.exit(
            f"out of date: {', '.join(pages)}; run: make reference" if (pages := stale()) else 0
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page, render in PAGES.items():
        (FOLDER / page).write_text(NOTE + render(), encoding="utf-8")


if __name__ == "__main__":
    main()
