"""From a declared job to the process of one run."""

from collections.abc import Mapping, Sequence

from vrooli.core.command import Command, EnsureDirectory
from vrooli.core.launch import LaunchSpec
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.launching import base_environment, resolve
from vrooli.stack.model import JOB_LAUNCH, Job, Stack
from vrooli.stack.trees import end_tree

JOB = "VROOLI_JOB"
"""The variable that tells a run whose it is."""

GRACE = 10.0
"""Seconds between TERM and KILL for a run that has to end."""


def is_job(launch_name: str) -> bool:
    """Whether what the keeper recorded under this name is a run of a job."""
    return launch_name.startswith(JOB_LAUNCH)


def prepare(job: Job, place: Place) -> Sequence[Command]:
    """What must be there before a run: under another user, a folder that is its HOME."""
    user = place.user_of(job)
    return (EnsureDirectory(_data(job, place), 0o700, user),) if user else ()


def job_spec(
    job: Job, stack: Stack, place: Place, environment: Mapping[str, str], run_id: str
) -> LaunchSpec:
    """The process, secrets resolved. The keeper hands `run_id` back as the fingerprint, also to a
    watchdog that does not know the launch.

    Raises:
        SecretError: a reference cannot be resolved.
        ConfigError: it refers to something that the stack does not have.
    """
    user, data = place.user_of(job), _data(job, place)
    env = base_environment(environment, user, data)
    env |= {JOB: job.name, "VROOLI_HOME": str(place.home.root)}
    env |= {key: resolve(value, stack, place) for key, value in job.env.items()}
    return LaunchSpec(
        service=job.launch_name,
        argv=job.command,
        cwd=job.cwd,
        env=env,
        log_path=str(place.home.log(job.check_id)),
        user=user,
        expose=(job.cwd, data) if user else (),
        fingerprint=run_id,
        nice=job.nice,
    )


async def end_jobs(tools: ProbeTools, but: frozenset[str] = frozenset()) -> list[str]:
    """End every run of a job, except those recorded under names in `but`; whose they were.

    Raises:
        Busy: one does not end although it was killed.
    """
    launches = await tools.keeper.launches()
    found = [x for x in launches if is_job(x.service) and x.service not in but]
    for launch in found:
        await end_tree(launch, tools.keeper, tools.clock, GRACE)
    return [launch.service for launch in found]


def _data(job: Job, place: Place) -> str:
    return str(place.home.data(job.check_id))
