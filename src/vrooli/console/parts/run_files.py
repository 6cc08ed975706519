"""What a run left behind: the files of its steps, and outputs that are too large for a page. They
are read as the person who is signed in.
"""

import json
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from vrooli.console.acting import Acting
from vrooli.console.page import File
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.run_seen import size_of
from vrooli.console.run_feed import RunSeen
from vrooli.core.errors import UsageError

SHOWN = 200
"""Files that a page lists."""

LONGEST_HASH = 64


def show_files(run: str, seen: RunSeen) -> None:
    """The files that steps wrote; nothing where there are none."""
    if not seen.files:
        return
    Tag("h2", "Files")
    with Tag("ul", "", "files"):
        for one in seen.files[:SHOWN]:
            with Tag("li"):
                link(one["path"], f"/runs/{run}/files/{quote(one['path'])}")
                Tag("span", f" {size_of(one['bytes'])}, written ", "soft")
                moment(one["modified_at"], since=True)
    if len(seen.files) > SHOWN:
        Tag("p", f"{len(seen.files) - SHOWN} more: `vrooli run files {run}` lists them.", "soft")


def large_link(run: str, what: str, kept: tuple[str, int]) -> None:
    """Where all of a large output can be had."""
    sha256, count = kept
    text = f"Download the {what} ({size_of(count)} of JSON)"
    link(text, f"/runs/{run}/outputs/{sha256}")


async def send_file(acting: Acting, request: Request) -> Response:
    """One of the files, to be kept and never shown as a page of ours.

    Raises:
        VrooliError: there is none of that name, it is too large, or the server does not answer.
    """
    run, path = request.path_params["id"], request.path_params["path"]
    found = await acting.ask(lambda: acting.work.file(run, path))
    return _download(found, path.rpartition("/")[2] or "file", "application/octet-stream")


async def send_output(acting: Acting, request: Request) -> Response:
    """A large output, as JSON.

    Raises:
        VrooliError: the run has none of that hash, or the server does not answer.
    """
    run, sha256 = request.path_params["id"], request.path_params["sha256"]
    if len(sha256) != LONGEST_HASH or not sha256.isalnum():
        raise UsageError("this is no hash of an output", next_step="take the link on the run")
    found = await acting.ask(lambda: acting.work.artifact(run, sha256))
    text = json.dumps(found, ensure_ascii=False, indent=2).encode(errors="replace")
    return _download(text, f"{run}-{sha256[:12]}.json", "application/json")


def _download(data: bytes, name: str, kind: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type=kind, headers=headers)


FILES: dict[str, File] = {
    "/runs/{id}/files/{path:path}": send_file,
    "/runs/{id}/outputs/{sha256}": send_output,
}
