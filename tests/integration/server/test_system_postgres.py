"""The same server on the distribution's PostgreSQL: an installation of one's own is one line."""

from pathlib import Path

import pytest

from tests.support.postgres import running_postgres
from tests.support.server import server_process

BATCH = {
    "host": "h",
    "records": [
        {"boot": "b", "seq": n, "at": 1.0, "kind": "heal", "subject": "s"} for n in range(3)
    ],
}


def test_it_migrates_and_keeps_history_there_too(tmp_path: Path) -> None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL of the distribution is installed")
    with (
        running_postgres(programs=found[-1].parent) as cluster,
        server_process(tmp_path, cluster.dsn) as server,
    ):
        server.wait("/health")
        answers = [server.post("/api/v1/history", json=BATCH).json() for _ in range(2)]
        page = server.get("/api/v1/history", params={"limit": 2}).json()
    assert [answer["accepted"] for answer in answers] == [3, 0]
    assert [row["seq"] for row in page["records"]] == [2, 1]
    assert page["next_cursor"]
