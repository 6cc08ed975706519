"""`[backup]` in a stack file."""

from pathlib import Path

import pytest

from tests.support.kinds import machine
from tests.support.stackfile import PYTHON, StackFile
from vrooli.core.home import Home
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.stack.backup_settings import BackupSettings, FilesSettings, Objectives, StoreSettings
from vrooli.stack.diff import difference
from vrooli.stack.kind import Place
from vrooli.stack.model import Stack

KEY = "age1" + "q" * 58
STORE = '[backup.stores.off]\nurl = "s3://bucket/in"\n'


def test_without_it_nothing_is_done_by_itself(file: StackFile) -> None:
    stack = file.load("")
    assert stack.backup == BackupSettings()
    assert (stack.backup.enabled, stack.jobs) == (False, {})
    data = stack.to_json()
    del data["backup"]
    assert Stack.from_json(data).backup == BackupSettings()


def test_an_empty_one_switches_the_defaults_on(file: StackFile) -> None:
    stack = file.load("[backup]")
    assert stack.backup == BackupSettings(enabled=True)
    assert Stack.from_json(stack.to_json()) == stack
    off = file.load("[backup]\nenabled = false")
    assert (off.backup, off.jobs) == (BackupSettings(), {})


EVERYTHING = f"""\
[backup]
schedule = "every 12h"
incremental = "never"
redis = "5 * * * *"
drill = "0 5 1 * *"
prune = "30 3 * * *"
timezone = "Europe/Berlin"
wal = true
synchronous = true
wal_room = "2G"
keep_days = 7
keep_weeks = 4
keep_months = 6
keep_years = 1
rate = "50M"
nice = 19
reread_days = 14
recipients = ["{KEY}"]
system = false
[backup.stores.disk]
url = "file:///mnt/backups/"
[backup.stores.off]
url = "s3://bucket/in/"
endpoint = "https://s3.example.org:9000"
region = "eu"
access_key = "env:WRITE"
secret_key = "file:secrets/write"
prune_access_key = "env:PRUNE"
prune_secret_key = "env:PRUNE_SECRET"
lock_days = 30
[backup.files.uploads]
paths = ["uploads", "/srv/*.d"]
exclude = ["*.tmp"]
[backup.objectives]
postgres_rpo = "1h"
redis_rto = 60
"""


def everything(folder: Path) -> BackupSettings:
    """What it means for a file in `folder`."""
    return BackupSettings(
        enabled=True,
        schedule="every 12h",
        incremental="",
        redis="5 * * * *",
        drill="0 5 1 * *",
        prune="30 3 * * *",
        timezone="Europe/Berlin",
        synchronous=True,
        wal_room=2 * 2**30,
        keep_days=7,
        keep_weeks=4,
        keep_months=6,
        keep_years=1,
        rate=50 * 2**20,
        nice=19,
        reread_days=14,
        recipients=(KEY,),
        system=False,
        stores={
            "disk": StoreSettings("disk", "file:///mnt/backups"),
            "off": StoreSettings(
                name="off",
                url="s3://bucket/in",
                endpoint="https://s3.example.org:9000",
                region="eu",
                access_key="env:WRITE",
                secret_key=f"file:{folder}/secrets/write",
                prune_access_key="env:PRUNE",
                prune_secret_key="env:PRUNE_SECRET",
                lock=30 * 86_400.0,
            ),
        },
        files={"uploads": FilesSettings("uploads", (f"{folder}/uploads", "/srv/*.d"), ("*.tmp",))},
        objectives=Objectives(postgres_rpo=3600.0, redis_rto=60.0),
    )


def test_every_key_is_compiled(file: StackFile) -> None:
    stack = file.load(EVERYTHING)
    assert stack.backup == everything(file.path.parent)
    assert Stack.from_json(stack.to_json()).backup == stack.backup


def test_it_becomes_jobs_of_our_own(file: StackFile) -> None:
    stack = file.load('[backup]\nschedule = "every 6h"\nnice = 5\ntimezone = "UTC"')
    job = stack.jobs["backup"]
    assert job.command == (PYTHON, "-m", "vrooli", "backup", "run")
    assert (job.schedule, job.timezone, job.nice, job.catch_up) == ("every 6h", "UTC", 5, True)
    prune = stack.jobs["backup-prune"]
    assert prune.command[3:] == ("backup", "prune", "--yes")
    assert prune.schedule == "0 3 * * *"
    home = Home(file.path.parent, file.path.parent)
    as_root = Place(home, machine(root=True), MemorySecrets())
    assert as_root.user_of(job) is None, "the secrets of the home are root's then"
    only = file.load('[backup]\nschedule = "never"\n').jobs
    assert "backup" not in only
    late = file.load('[backup]\nschedule = "30 23 * * 1"')
    assert late.backup.prune == "30 0 * * *", "an hour after it, each day"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("backup = 3", "1: backup: expected a table, like [backup]"),
        ("[backup]\nkep_days = 3", "2: backup.kep_days: unknown key `kep_days`; did you mean"),
        ('[backup]\nschedule = "never ever"', "2: backup.schedule: expected five fields of cron"),
        ('[backup]\ndrill = "0 0 31 2 *"', "2: backup.drill: "),
        ("[backup]\nkeep_days = 0", "2: backup.keep_days: expected a whole number from 1 to 3660"),
        (
            '[backup]\nrate = "50MB"',
            '2: backup.rate: expected a number of bytes, or text like "512',
        ),
        ("[backup]\nwal_room = -1", "2: backup.wal_room: expected a whole number from 0"),
        ('[backup]\ntimezone = "Mars"', "2: backup.timezone: this machine knows no time zone"),
        (
            "[backup]\nwal = false\nsynchronous = true",
            "3: backup.synchronous: without `wal` there is no receiver to wait for",
        ),
        ('[backup]\nrecipients = ["x"]', "2: backup.recipients: expected a public key of age"),
        (
            '[backup]\nrecipients = ["AGE-SECRET-KEY-1X"]',
            "2: backup.recipients: this is a secret key; its public half belongs here",
        ),
        ("[backup.stores.x]", "1: backup.stores.x.url: missing; expected `file:///FOLDER`"),
        ('[backup.stores.x]\nurl = "file://x"', "2: backup.stores.x.url: expected `file:///FOLDER"),
        ('[backup.stores.x]\nurl = "file:///"', "2: backup.stores.x.url: expected `file:///FOLDER"),
        ('[backup.stores.x]\nurl = "s3://A_B"', "2: backup.stores.x.url: expected `file:///FOLDER"),
        ('[backup.stores.here]\nurl = "file:///b"', "1: backup.stores.here: `here` is the one in"),
        ('[backup.stores.Off]\nurl = "file:///b"', "1: backup.stores.Off: expected"),
        (
            '[backup.stores.a]\nurl = "file:///b"\n[backup.stores.b]\nurl = "file:///b/"',
            "4: backup.stores.b.url: it is that of [backup.stores.a]: one copy is no two",
        ),
        (
            '[backup.stores.a]\nurl = "file:///b"\nregion = "eu"',
            "3: backup.stores.a.region: a folder has no such thing; leave it out",
        ),
        (f'{STORE}access_key = "env:A"', "1: backup.stores.off.secret_key: missing: `access_key`"),
        (
            f'{STORE}access_key = "AKIA"\nsecret_key = "hunter2"',
            "4: backup.stores.off.secret_key: a secret in plain text; write `env:NAME`",
        ),
        (f'{STORE}endpoint = "host:9000"', "3: backup.stores.off.endpoint: expected a URL with"),
        (
            f'{STORE}endpoint = "https://me:hunter2@host"',
            "3: backup.stores.off.endpoint: a password in plain text",
        ),
        ("[backup.files.x]", "1: backup.files.x.paths: needs `paths`: folders and files"),
        ('[backup.files.x]\npaths = ["/"]', "2: backup.files.x.paths: the whole machine is no set"),
        ('[backup.files.x]\npaths = [""]', "2: backup.files.x.paths: a text that is no path"),
        (
            '[backup.files.web]\npaths = ["/a"]\n[scenarios.web]\ncommand = ["web"]',
            "1: backup.files.web: `web` is in the set already, as what it is",
        ),
        ('[backup.objectives]\npostgres_rpo = "2y"', "2: backup.objectives.postgres_rpo: expected"),
        (
            '[backup]\n[jobs.backup]\ncommand = ["x"]\nschedule = "every 1h"',
            "2: jobs.backup: [backup] brings a job of this name; rename yours",
        ),
        ("[autoheal]\nenabled = false\n[backup]", "3: backup: the watchdog runs its jobs"),
    ],
)
def test_what_is_wrong_is_said(file: StackFile, text: str, problem: str) -> None:
    said = file.problems(text)
    assert any(line.startswith(problem) for line in said), said
    assert not any("hunter2" in line for line in said)


def test_an_edit_is_seen_and_restarts_nothing(file: StackFile) -> None:
    service = '[scenarios.web]\ncommand = ["web"]\n'
    before = file.load(service)
    on = file.load(f"{service}[backup]")
    found = difference(before, on)
    assert found.settings == ("backup.enabled",)
    assert found.jobs.added == (
        "backup",
        "backup-prune",
        "backup-drill",
        "backup-reread",
    )
    edited = difference(on, file.load(f'{service}[backup]\nschedule = "every 1h"\nkeep_days = 5'))
    assert edited.settings == ("backup.schedule", "backup.keep_days")
    assert [(one.name, one.keys) for one in edited.jobs.changed] == [("backup", ("schedule",))]
    assert (found.changed, edited.changed) == ((), ())
    assert difference(on, before).jobs.removed == found.jobs.added
