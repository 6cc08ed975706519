"""`[backup]` to its settings. Pure; all that is wrong is gathered."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import fields
from urllib.parse import urlsplit

from vrooli.stack import schedule, sizes
from vrooli.stack.backup_settings import BackupSettings, FilesSettings, Objectives, StoreSettings
from vrooli.stack.compile_process import Folders, absolute_reference
from vrooli.stack.compile_times import compile_timezone
from vrooli.stack.names import NAME_EXPECTED, valid_name
from vrooli.stack.plaintext import NEXT, carries_password, reference_problem
from vrooli.stack.problem import Problems, Section, usable
from vrooli.stack.references import is_reference
from vrooli.stack.sections_backup import (
    LARGEST,
    MOST_DAYS,
    MOST_KEPT,
    NEVER,
    BackupFilesSection,
    BackupObjectivesSection,
    BackupSection,
    BackupStoreSection,
)

DAY = 86_400.0

HERE = "here"
"""The name of the store in the home, where no other one is declared."""

SYSTEM = "system"
"""Under this name the set holds what is nobody's: stack file, secrets, unit files."""

_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}", re.ASCII)
"""Bech32 of 32 bytes (https://age-encryption.org/v1)."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_AT = re.compile(r"(\d+) (\d+) \S+ \S+ \S+", re.ASCII)
_FOLDER = "expected `file:///FOLDER`, or `s3://BUCKET[/PREFIX]`"
_SECRETS = ("access_key", "secret_key", "prune_access_key", "prune_secret_key")


def backup_settings(
    written: BackupSection | None, folders: Folders, services: Collection[str], problems: Problems
) -> BackupSettings:
    """With every default filled in.

    Args:
        written: the section; None where there is none, and nothing is done by itself.
        folders: where relative paths start.
        services: names that are taken.
        problems: takes what is wrong.
    """
    usual = BackupSettings()
    if written is None:
        return usual
    section = problems.at("backup")
    wal = usual.wal if written.wal is None else written.wal
    if written.synchronous and not wal:
        section.wrong("synchronous", "without `wal` there is no receiver to wait for")
    taken = _due("schedule", written.schedule, usual.schedule, section)
    return BackupSettings(
        enabled=written.enabled is not False,
        schedule=taken,
        incremental=_due("incremental", written.incremental, usual.incremental, section),
        redis=_due("redis", written.redis, usual.redis, section),
        drill=_due("drill", written.drill, usual.drill, section),
        prune=_due("prune", written.prune, _hour_after(taken) or usual.prune, section),
        timezone=compile_timezone(written.timezone, section),
        wal=wal,
        synchronous=bool(written.synchronous),
        wal_room=_size("wal_room", written.wal_room, usual.wal_room, section),
        keep_days=section.whole("keep_days", written.keep_days, usual.keep_days, (1, MOST_DAYS)),
        keep_weeks=_kept("keep_weeks", written.keep_weeks, usual.keep_weeks, section),
        keep_months=_kept("keep_months", written.keep_months, usual.keep_months, section),
        keep_years=_kept("keep_years", written.keep_years, usual.keep_years, section),
        rate=_size("rate", written.rate, usual.rate, section),
        nice=section.whole("nice", written.nice, usual.nice, (0, 19)),
        reread_days=section.whole(
            "reread_days", written.reread_days, usual.reread_days, (1, MOST_DAYS)
        ),
        recipients=_recipients(written.recipients or (), section),
        system=usual.system if written.system is None else written.system,
        stores=_stores(written.stores or {}, folders, problems),
        files=_files(written.files or {}, folders, services, problems),
        objectives=_objectives(written.objectives or BackupObjectivesSection(), problems),
    )


def _due(key: str, value: str | None, usual: str, section: Section) -> str:
    """The schedule; empty for never, and after a problem."""
    if value is None:
        return usual
    if value == NEVER:
        return ""
    try:
        return schedule.parse(value).text
    except ValueError as error:
        also = f", or `{NEVER}`" if schedule.EXPECTED in str(error) else ""
        section.wrong(key, f"{error}{also}")
        return ""


def _hour_after(schedule: str) -> str:
    """Daily, an hour after a daily or rarer time; empty where that is no such."""
    found = _AT.fullmatch(schedule)
    return f"{found[1]} {(int(found[2]) + 1) % 24} * * *" if found else ""


def _size(key: str, value: int | str | None, usual: int, section: Section) -> int:
    if value is None:
        return usual
    try:
        size = sizes.parse_size(value)
    except ValueError as error:
        section.wrong(key, str(error))
        return usual
    return section.whole(key, size, usual, (0, LARGEST))


def _kept(key: str, value: int | None, usual: int, section: Section) -> int:
    return section.whole(key, value, usual, (0, MOST_KEPT))


def _recipients(written: Collection[str], section: Section) -> tuple[str, ...]:
    for text in written:
        if text.upper().startswith("AGE-SECRET-KEY-"):
            section.wrong("recipients", "this is a secret key; its public half belongs here")
        elif not _RECIPIENT.fullmatch(text):
            expected = "a public key of age, which begins with `age1`; `age-keygen -y` prints it"
            section.wrong("recipients", f"expected {expected}")
    return tuple(dict.fromkeys(written))


def _stores(
    written: Mapping[str, BackupStoreSection], folders: Folders, problems: Problems
) -> dict[str, StoreSettings]:
    found: dict[str, StoreSettings] = {}
    for name, one in written.items():
        section = problems.at("backup", "stores", name)
        if not valid_name(name):
            problems.add(section.path, f"expected {NAME_EXPECTED}")
        elif name == HERE:
            problems.add(section.path, f"`{HERE}` is the one in the home; choose another name")
        store = _store(name, one, section, folders)
        same = [other.name for other in found.values() if store.url and other.url == store.url]
        if same:
            section.wrong("url", f"it is that of [backup.stores.{same[0]}]: one copy is no two")
        found[name] = store
    return found


def _store(
    name: str, written: BackupStoreSection, section: Section, folders: Folders
) -> StoreSettings:
    url = _url(written, section)
    keys = {key: _secret(key, getattr(written, key), section, folders) for key in _SECRETS}
    _check_pairs(keys, section)
    if url.startswith("file:"):
        reason = "a folder has no such thing; leave it out"
        section.reject(("endpoint", "region", *_SECRETS, "lock_days"), written, reason)
    return StoreSettings(
        name=name,
        url=url,
        endpoint=_endpoint(section.text("endpoint", written.endpoint, ""), section),
        region=section.text("region", written.region, ""),
        lock=DAY * section.whole("lock_days", written.lock_days, 0, (0, MOST_DAYS)),
        **keys,
    )


def _url(written: BackupStoreSection, section: Section) -> str:
    if written.url is None:
        section.wrong("url", f"missing; {_FOLDER}")
        return ""
    url = section.text("url", written.url, "")
    if carries_password(url):
        section.wrong("url", f"a password in plain text; {NEXT}, as `secret_key`")
        return ""
    scheme, _, rest = url.partition("://")
    if scheme == "file" and rest.startswith("/") and rest.strip("/"):
        return f"file://{os.path.normpath(rest)}"
    bucket, _, prefix = rest.partition("/")
    if scheme == "s3" and _BUCKET.fullmatch(bucket):
        prefix = prefix.strip("/")
        return f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
    if url:
        section.wrong("url", _FOLDER)
    return ""


def _endpoint(url: str, section: Section) -> str:
    if not url:
        return ""
    if carries_password(url):
        section.wrong("endpoint", f"a password in plain text; {NEXT}, as `secret_key`")
        return ""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        whole = False
    if not whole:
        section.wrong("endpoint", "expected a URL with http or https")
    return url


def _secret(key: str, value: str | None, section: Section, folders: Folders) -> str:
    reference = section.text(key, value, "")
    if not reference:
        return ""
    if not is_reference(reference):
        section.wrong(key, f"a secret in plain text; {NEXT}")
        return ""
    problem = reference_problem(reference)
    if problem or reference.startswith("resource:"):
        section.wrong(key, problem or "expected `env:NAME` or `file:PATH`")
    return absolute_reference(reference, folders)


def _check_pairs(keys: Mapping[str, str], section: Section) -> None:
    for one, other in (_SECRETS[:2], _SECRETS[2:]):
        if bool(keys[one]) != bool(keys[other]):
            missing = other if keys[one] else one
            section.wrong(missing, f"missing: `{one}` and `{other}` belong together")


def _files(
    written: Mapping[str, BackupFilesSection],
    folders: Folders,
    services: Collection[str],
    problems: Problems,
) -> dict[str, FilesSettings]:
    found = {}
    for name, one in written.items():
        section = problems.at("backup", "files", name)
        if not valid_name(name):
            problems.add(section.path, f"expected {NAME_EXPECTED}")
        elif name in services or name == SYSTEM:
            text = f"`{name}` is in the set already, as what it is; choose another name"
            problems.add(section.path, text)
        if not one.paths:
            section.wrong("paths", "needs `paths`: folders and files, or globs of them")
        for key in ("paths", "exclude"):
            if not all(text.strip() and usable(text) for text in getattr(one, key) or ()):
                section.wrong(key, "a text that is no path")
        paths = tuple(folders.absolute(path) for path in one.paths or ())
        if "/" in paths:
            section.wrong("paths", "the whole machine is no set of files; name its folders")
        found[name] = FilesSettings(name, paths, tuple(one.exclude or ()))
    return found


def _objectives(written: BackupObjectivesSection, problems: Problems) -> Objectives:
    section, usual, bounds = problems.at("backup", "objectives"), Objectives(), (1.0, 7 * DAY)

    def seconds(key: str) -> float:
        return section.seconds(key, getattr(written, key), getattr(usual, key), bounds)

    return Objectives(**{item.name: seconds(item.name) for item in fields(Objectives)})
