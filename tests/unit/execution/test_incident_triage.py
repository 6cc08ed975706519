"""How the example swarm `incident-triage` judges: pure code, facts as the watchdog has them."""

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from vrooli.flow.yaml import parse

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "examples" / "swarms" / "incident-triage"
NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the code of the step defines."""
    routine = parse((FOLDER / "triage-judge.yaml").read_text(encoding="utf-8")).data
    path = tmp_path_factory.mktemp("judge") / "judge.py"
    path.write_text(routine["do"][0]["python"]["code"], encoding="utf-8")
    return runpy.run_path(str(path))


def service(name: str, message: str = "", *needs: str, **more: Any) -> dict[str, Any]:
    """One as `/status` has it, sick where it says something."""
    health, state = ("critical", "failed") if message else ("ok", "running")
    return {
        "name": name, "state": state, "health": health, "message": message, "held_back": "",
        "stopped_by": None, "stopped_with": [], "failing_since": NOW, "needs": list(needs), **more,
    }  # fmt: skip


def incident(check: str, cause: str, began: float = NOW) -> dict[str, Any]:
    """One as `/history` has it."""
    return {"check": check, "cause": cause, "began": began}


def facts(
    *services: dict[str, Any], logs: tuple[dict[str, Any], ...] = (), **past: Any
) -> dict[str, Any]:
    """What the judge is given."""
    nothing: dict[str, Any] = {"history": [], "heals": [], "events": [], "trends": []}
    return {
        "state": {"services": list(services), "problems": [], "checks": [], "plan": []},
        "past": {"since": NOW - 60, **nothing, **past},
        "logs": list(logs),
    }


def log(name: str, *lines: str) -> dict[str, Any]:
    """The end of a log."""
    return {"path": f"/services/{name}/log", "lines": list(lines)}


FULL = "2027-01-15 08:00:00.000 UTC [7] PANIC:  could not write to file: No space left on device"


def test_the_full_disk_of_a_database_is_named_before_what_suffers(
    judge: Mapping[str, Any],
) -> None:
    given = facts(
        service("db", "killed by signal 6"),
        service("web", "HTTP 503", "db"),
        history=[incident("resource-db", "killed by signal 6"),
                 incident("scenario-web", "HTTP 503", NOW + 1)],
        logs=(log("db", FULL), log("web")),
    )  # fmt: skip
    first, *others = judge["main"](given)["causes"]
    assert (first["cause"], first["subject"], first["affected"]) == ("disk-full", "db", ["web"])
    assert FULL in [one["says"] for one in first["evidence"]]
    assert "vrooli restart db" in first["playbook"]
    assert [one["subject"] for one in others] == ["db", "web"]


def test_a_line_of_a_log_from_before_is_no_evidence(judge: Mapping[str, Any]) -> None:
    old = FULL.replace("08:00:00", "07:00:00")
    given = facts(
        service("db"),
        history=[incident("resource-db", "killed by signal 9")],
        logs=(log("db", old),),
    )
    assert [one["cause"] for one in judge["main"](given)["causes"]] == ["killed"]


def test_who_stopped_a_service_is_told_as_long_as_it_is_stopped(judge: Mapping[str, Any]) -> None:
    stop = {"what": "stop", "names": ["db"]}
    event = {"subject": "operator", "words": "stop db, by ann", "at": NOW, "data": stop}
    stopped = service("db", state="stopped", health="unknown")
    (cause,) = judge["main"](facts(stopped, events=[event]))["causes"]
    assert (cause["cause"], cause["subject"]) == ("stopped-by-operator", "db")
    assert "stop db, by ann" in [one["says"] for one in cause["evidence"]]
    assert judge["main"](facts(service("db"), events=[event]))["causes"] == []


def test_what_a_check_says_of_a_service_is_a_cause_of_that_service(
    judge: Mapping[str, Any],
) -> None:
    said = "1 statements run for over 5 minutes; the longest, 900 s, is that of ann (backend 7)"
    given = facts(service("db"), service("web", "", "db"))
    given["state"]["checks"] = [
        {
            "id": "postgres-long-queries-db",
            "category": "resource",
            "looked_at": NOW,
            "result": {"status": "warning", "message": said},
        }
    ]
    (cause,) = judge["main"](given)["causes"]
    assert (cause["cause"], cause["subject"], cause["now"]) == ("long-query", "db", True)
    assert "vrooli-autoheal history postgres-long-queries-db" in cause["playbook"]


SAID = {
    "vrooli may not execute /srv/mail/mailer": "program-gone",
    "the interpreter in the first line of /srv/mail/mailer does not exist": "program-gone",
    "working directory /srv/mail does not exist": "program-gone",
    "exited with code 127": "program-gone",
    "gate: file:/srv/key: not a file": "secret-gone",
    "file:/srv/key: every user of this host can get at the secret": "secret-gone",
    "DATABASE_URL is not set": "secret-gone",
    "KeyError: 'DATABASE_URL'": "secret-gone",
    "FileNotFoundError: [Errno 2] No such file or directory: 'shop.json'": "bad-config",
    "IsADirectoryError: [Errno 21] Is a directory: '/etc/shop.toml'": "bad-config",
    "FileNotFoundError: [Errno 2] No such file or directory: 'ledger.csv'": "",
    "OSError: [Errno 24] Too many open files: 'shop.json'": "out-of-files",
    "DATABASE_URL is set": "",
}


@pytest.mark.parametrize(("said", "cause"), SAID.items())
def test_what_keeps_a_service_down_comes_before_what_ended_it(
    judge: Mapping[str, Any], said: str, cause: str
) -> None:
    past = [{"subject": "mail", "cause": "killed by signal 9", "note": "", "detected_at": NOW}]
    given = facts(service("mail", said), heals=past)
    first = judge["main"](given)["causes"][0]
    assert (first["cause"], first["subject"]) == (cause or "killed", "mail")


def test_a_disk_that_is_full_is_that_of_the_data_on_it(judge: Mapping[str, Any]) -> None:
    """While the service runs still, and nobody has written."""
    said = "/srv/home/data/shop-db: 99.9 % used, 0.0 GiB free, the fullest of 2 file systems"
    result = {"status": "critical", "message": said}
    given = facts(service("shop"), service("shop-db"), service("web", "", "shop-db"))
    given["state"]["checks"] = [{"id": "system-disk", "looked_at": NOW, "result": result}]
    (cause,) = judge["main"](given)["causes"]
    assert (cause["cause"], cause["subject"], cause["affected"]) == (
        "disk-full", "shop-db", ["web"]
    )  # fmt: skip


READING = "critical", "/srv/home/data/shop-db: 100.0 % used, 0.0 GiB free, the fullest of 2"


def disk_check(status: str, message: str) -> dict[str, Any]:
    """As `/checks` has that of the disks."""
    return {
        "id": "system-disk",
        "looked_at": NOW,
        "result": {"status": status, "message": message},
    }


def test_what_was_told_and_tried_about_a_disk_speaks_for_the_same_cause(
    judge: Mapping[str, Any],
) -> None:
    """No second cause that is only about the telling."""
    told = {"subject": "system-disk", "at": NOW, "data": {}}
    heal = {"subject": "system-disk", "cause": READING[1], "note": "", "detected_at": NOW}
    given = facts(
        service("shop-db", "killed by signal 6"),
        events=[{**told, "words": f"not paged: system-disk is critical: {READING[1]}"}],
        heals=[heal],
        logs=(log("shop-db", FULL),),
    )
    given["state"]["checks"] = [disk_check(*READING)]
    full, *others = judge["main"](given)["causes"]
    assert (full["cause"], full["subject"], full["now"]) == ("disk-full", "shop-db", True)
    assert {"log", "checks", "heals", "events"} <= {one["source"] for one in full["evidence"]}
    assert [one["cause"] for one in others] == ["crashed"]


def test_a_disk_of_no_service_has_its_reading_and_commands_that_fit_a_check(
    judge: Mapping[str, Any],
) -> None:
    said = "/: 99.9 % used, 0.0 GiB free, the fullest of 2 file systems"
    given = facts(service("web"))
    given["state"]["checks"] = [disk_check("critical", said)]
    (cause,) = judge["main"](given)["causes"]
    assert (cause["cause"], cause["subject"], cause["now"]) == ("disk-full", "system-disk", True)
    assert [one["says"] for one in cause["evidence"]] == [f"check: {said}"]
    assert [line for line in cause["playbook"] if not line.startswith("#")] == [
        "df -h", "vrooli-autoheal history system-disk", "vrooli-autoheal checks"
    ]  # fmt: skip


def test_a_job_has_the_commands_of_jobs(judge: Mapping[str, Any]) -> None:
    full = "No space left on device"
    given = facts(service("web"), history=[incident("job-report", full)])
    (cause,) = judge["main"](given)["causes"]
    assert (cause["cause"], cause["subject"]) == ("disk-full", "report")
    assert "vrooli job logs report" in cause["playbook"]
    assert cause["playbook"][-1] == "vrooli job run report"


def test_a_service_whose_name_ends_like_another_keeps_what_is_said_of_it(
    judge: Mapping[str, Any],
) -> None:
    event = {"subject": "shop-db", "words": FULL, "at": NOW, "data": {}}
    (cause,) = judge["main"](facts(service("db"), service("shop-db"), events=[event]))["causes"]
    assert cause["subject"] == "shop-db"


def test_a_log_that_says_the_same_again_and_again_is_shown_once(judge: Mapping[str, Any]) -> None:
    given = facts(service("db", "exited"), logs=(log("db", FULL, FULL.replace("[7]", "[8]")),))
    (cause,) = judge["main"](given)["causes"]
    assert [one["source"] for one in cause["evidence"]] == ["log", "last words"]


def test_every_cause_has_a_playbook_of_commands_that_there_are(judge: Mapping[str, Any]) -> None:
    reference = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert {name for name, _, _ in judge["SIGNS"]} == set(judge["SAYS"])
    others = [*judge["OF_JOBS"].values()], [*judge["OF_CHECKS"].values()]
    for steps in (*(steps for _, steps in judge["SAYS"].values()), *others):
        for step in steps:
            words = step.partition(" {")[0].partition(" -")[0].split()
            known = f"## `{' '.join(words[:3])}`" in reference or words[0] in ("#", "df")
            assert known or f"## `{' '.join(words[:2])}`" in reference, step


def test_a_model_proves_what_it_names_word_by_word(tmp_path: Path) -> None:
    """What the facts do not say is dropped, and a cause of which nothing is left then."""
    steps = parse((FOLDER / "triage-model.yaml").read_text(encoding="utf-8")).data["do"]
    pure = {one["step"]: one["python"]["code"] for one in steps if "python" in one}
    mains = {}
    for name, text in pure.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        mains[name] = runpy.run_path(str(tmp_path / f"{name}.py"))["main"]
    given = facts(service("api"), service("db", "no room left"), logs=(log("db", FULL),))
    text = mains["facts"](given)["text"]
    assert text.startswith('service {"name": "db"')
    named = {"cause": "disk-full", "subject": "db", "says": "x", "playbook": []}
    made_up = {**named, "subject": "api", "evidence": ["the disk is full"]}
    causes = [{**named, "evidence": [FULL, "the disk is full"]}, made_up]
    services = given["state"]["services"]
    given = {"causes": causes, "text": text, "services": services, "checks": [], "usage": {}}
    found = mains["judged"](given)
    assert [[one["says"] for one in cause["evidence"]] for cause in found["causes"]] == [[FULL]]
    assert (found["causes"][0]["now"], found["dropped"]) == (True, 1)
