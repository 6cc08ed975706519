"""Receivers of WAL: a scenario for each PostgreSQL that the stack runs, while `[backup]` wants it.
Pure.
"""

from collections.abc import Mapping
from dataclasses import replace

from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.model import Health, Service
from vrooli.stack.postgres.wal.names import SLOT
from vrooli.stack.problem import KeyPath, Problems

_MIB = 1024 * 1024


def with_receivers(
    services: Mapping[str, Service], backup: BackupSettings
) -> Mapping[str, Service]:
    """The services, with those that receive; their servers keep WAL for them, and not more than
    they may. What the file says of a setting itself counts instead.
    """
    if not (backup.enabled and backup.wal):
        return services
    found: dict[str, Service] = {}
    receivers: dict[str, Service] = {}
    for name, service in services.items():
        if not _is_received(service):
            found[name] = service
            continue
        found[name] = _kept(service, backup)
        receiver = _receiver(service, backup)
        if receiver.name not in services:
            receivers[receiver.name] = receiver
    return {**found, **receivers}


def check_receivers(
    services: Mapping[str, Service],
    backup: BackupSettings,
    paths: Mapping[str, KeyPath],
    problems: Problems,
) -> None:
    """Whether nothing of the file is called like a receiver: in its place WAL would not be
    received, and nobody would be told.
    """
    if not (backup.enabled and backup.wal):
        return
    groups = {service.group for service in services.values()}
    for service in services.values():
        name = receiver_name(service.name)
        if _is_received(service) and name in groups:
            text = f"`{name}` is what receives the WAL of `{service.name}`; choose another name"
            problems.add(paths[name], f"{text}, or `wal = false` in [backup]")


def _is_received(service: Service) -> bool:
    return service.kind == "postgres" and service.role == "resource" and service.managed


def receiver_name(resource: str) -> str:
    """How the receiver of a resource is called."""
    return f"wal-{resource}"


def _kept(service: Service, backup: BackupSettings) -> Service:
    ours = {"max_slot_wal_keep_size": f"{max(1, backup.wal_room // _MIB)}MB"}
    if backup.synchronous:
        ours["synchronous_standby_names"] = SLOT
    settings = {**ours, **service.options.get("settings", {})}
    return replace(service, options={**service.options, "settings": settings})


def _receiver(service: Service, backup: BackupSettings) -> Service:
    settings = service.options.get("settings", {})
    options = {
        "of": service.name,
        "port": service.port,
        "installation": service.options.get("installation", "embedded"),
        # Whose commits wait for others is asked by nobody here.
        "synchronous": backup.synchronous and "synchronous_standby_names" not in settings,
    }
    name = receiver_name(service.name)
    return Service(
        name=name,
        group=name,
        role="scenario",
        kind="wal",
        user=service.user,
        health=Health(type="kind", interval=2.0, timeout=1.8, failures=3, over=5.0),
        needs=(service.group,),
        critical=False,
        start_timeout=30.0,
        stop_timeout=15.0,
        options=options,
    )
