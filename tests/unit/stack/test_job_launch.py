"""From a job to a process."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.kinds import Vault, machine
from vrooli.core.command import EnsureDirectory
from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import Behaviour, MemoryKeeper
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.job_launch import end_jobs, is_job, job_spec, prepare
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import Job, Service, Stack

HOME = Home(Path("/home/of/stack"), Path("/run/of/stack"))
DATABASE = Service("db", "db", "resource", "tcp", host="10.0.0.1", port=5)
STACK = Stack("test", {"db": DATABASE})
JOB = Job("nightly", ("backup", "--all"), "every 6h", nice=7, cwd="/srv", env={"LEVEL": "3"})


def place(*, root: bool) -> Place:
    """Of a machine where we are root, or not."""
    return Place(HOME, machine(root=root), Vault(**{"env:KEY": "geheim"}))


def test_a_run_is_a_process_with_its_id_its_log_and_a_small_environment() -> None:
    spec = job_spec(JOB, STACK, place(root=False), {"PATH": "/bin", "SHELL": "x"}, "run 1")
    assert (spec.argv, spec.cwd, spec.nice) == (("backup", "--all"), "/srv", 7)
    assert (spec.service, spec.fingerprint) == ("job:nightly", "run 1")
    assert spec.log_path == "/home/of/stack/logs/job-nightly.log"
    assert (spec.user, spec.expose) == (None, ())
    env = dict(spec.env)
    assert env.pop("HOME")
    assert env == {
        "PATH": "/bin",
        "VROOLI_JOB": "nightly",
        "VROOLI_HOME": "/home/of/stack",
        "LEVEL": "3",
    }
    assert is_job(spec.service)
    assert not is_job("job-nightly")


def test_started_by_root_it_runs_as_the_service_user_with_a_home_of_its_own() -> None:
    spec = job_spec(JOB, STACK, place(root=True), {}, "run 1")
    data = "/home/of/stack/data/job-nightly"
    assert (spec.user, spec.env["HOME"], spec.expose) == ("vrooli", data, ("/srv", data))
    assert prepare(JOB, place(root=True)) == (EnsureDirectory(data, 0o700, "vrooli"),)
    assert prepare(JOB, place(root=False)) == ()
    rooted = replace(JOB, user="root")
    assert job_spec(rooted, STACK, place(root=True), {}, "run 1").user is None


def test_references_are_resolved() -> None:
    job = replace(JOB, env={"KEY": "env:KEY", "DB": "resource:db"})
    spec = job_spec(job, STACK, place(root=False), {}, "run 1")
    assert (spec.env["KEY"], spec.env["DB"]) == ("geheim", "tcp://10.0.0.1:5")
    with pytest.raises(ConfigError, match="names no resource"):
        job_spec(job, Stack("test", {}), place(root=False), {}, "run 1")


async def test_runs_of_jobs_are_ended_and_nothing_else() -> None:
    keeper = MemoryKeeper(SystemClock(), lambda spec: Behaviour(children=1))
    tools = ProbeTools(place(root=False), AsyncioStreams(), keeper, SystemClock())
    for name in ("a", "b"):
        job = replace(JOB, name=name)
        await keeper.spawn(job_spec(job, STACK, tools.place, {}, name))
    service = replace(job_spec(JOB, STACK, tools.place, {}, ""), service="job-a")
    await keeper.spawn(service)
    assert await end_jobs(tools, frozenset({"job:b"})) == ["job:a"]
    assert [launch.service for launch in await keeper.launches()] == ["job:b", "job-a"]
    assert await end_jobs(tools) == ["job:b"]
