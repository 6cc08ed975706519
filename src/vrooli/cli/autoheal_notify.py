"""`vrooli-autoheal notify`: who is told, what was told, and what somebody says to it."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, watchdog_of, watchdog_to_command
from vrooli.cli.length import seconds
from vrooli.cli.options import File, Json, Length
from vrooli.core.errors import EXIT_FAILURE

_GROUP_HELP = "Who is told when a person is needed, and what was told."

_TEST_HELP = """
Tell one channel (or all) a test now, and show what came back. Exit code 1: one of them failed.

Example:

  vrooli-autoheal notify test phone
"""

_LIST_HELP = """
Show open incidents, channels, silences, and what is to be sent or was: when, by which channel, and
why not.

Example:

  vrooli-autoheal notify list -n 20
"""

_ACK_HELP = """
Say that you are at an incident. What of its page is not out yet is not sent; its end is told.

Example:

  vrooli-autoheal notify ack web --why "looking at the disk"
"""

_SILENCE_HELP = """
Tell nobody about a service or check (or a pattern of them) for a while. What is still wrong
afterwards is paged then; what was paged before still gets its end told.

Example:

  vrooli-autoheal notify silence "web-*" --for 2h --why "being rebuilt"
"""

_UNSILENCE_HELP = """
End a silence. What is still wrong is paged now.

Example:

  vrooli-autoheal notify unsilence "web-*"
"""

Why = Annotated[str, typer.Option("--why", help="The reason, for those who find it later.")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    group = App(help=_GROUP_HELP)
    app.add_typer(group, name="notify")

    @group.command("list", help=_LIST_HELP)
    def listed(
        limit: Annotated[
            int, typer.Option("-n", "--limit", min=1, max=1000, help="How many deliveries.")
        ] = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        found = watchdog_of(kit, file).notifications(limit)
        render.print_json(found) if json else _show(found)

    @group.command(help=_TEST_HELP)
    def test(
        channel: Annotated[str, typer.Argument(help="Its name; all without one.")] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        results = watchdog_of(kit, file).test_channels(channel)
        if json:
            render.print_json(results)
        else:
            titles = ("CHANNEL", "RESULT", "TOOK", "ANSWER")
            render.table(titles, [_result_row(result) for result in results])
        if not all(result["ok"] for result in results):
            raise typer.Exit(EXIT_FAILURE)

    _register_answers(group, kit)


def _register_answers(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_ACK_HELP)
    def ack(
        incident: Annotated[str, typer.Argument(help="Its id, or what it is about.")],
        why: Why = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        found = watchdog_to_command(kit, file).acknowledge(incident, why)
        said = f"{found['subject']}: acknowledged; its end will be told"
        render.print_json(found) if json else render.out(said)

    @group.command(help=_SILENCE_HELP)
    def silence(
        subject: Annotated[str, typer.Argument(help="A service, a check, or a pattern.")],
        length: Length = "1h",
        why: Why = "no reason given",
        file: File = None,
        json: Json = False,
    ) -> None:
        made = watchdog_to_command(kit, file).silence(subject, seconds(length, "--for"), why)
        if json:
            render.print_json(made)
            return
        render.out(f"nobody is told about {subject} for {length}")
        render.out(f"  next: vrooli-autoheal notify unsilence {made['id']}")

    @group.command(help=_UNSILENCE_HELP)
    def unsilence(
        silence: Annotated[str, typer.Argument(help="Its id, or what it is about.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        ended = watchdog_to_command(kit, file).unsilence(silence)
        if json:
            render.print_json(ended)
            return
        for one in ended:
            render.out(f"people are told about {one['subject']} again")


def _show(found: Mapping[str, Any]) -> None:
    if not found["channels"]:
        render.out("nobody is told: there is no [notify.channels.NAME] in vrooli.toml")
    _part(
        ("INCIDENT", "SINCE", "SEVERITY", "TOLD", "WHAT"),
        [_incident_row(incident) for incident in found["incidents"]],
    )
    _part(
        ("CHANNEL", "STATE", "WAITING", "TAKES", "SECOND"),
        [_channel_row(channel) for channel in found["channels"]],
    )
    _part(
        ("SILENCE", "ABOUT", "ENDS IN", "BY", "WHY"),
        [_silence_row(silence) for silence in found["silences"]],
    )
    _part(
        ("WHEN", "KIND", "CHANNEL", "STATE", "TRIES", "WHAT"),
        [_delivery_row(delivery) for delivery in found["deliveries"]],
    )


def _part(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if rows:
        render.table(titles, rows)
        render.out()


def _incident_row(incident: Mapping[str, Any]) -> tuple[str, ...]:
    said, told = incident["acknowledged"], ", ".join(incident["told"]) or "nobody"
    if said is not None:
        told += f" (acknowledged by {said['by']})"
    elif incident["silenced"]:
        told += " (silenced)"
    since = f"{render.ago(incident['opened_at'])} ago"
    return (incident["id"], since, incident["severity"], told, incident["title"])


def _channel_row(channel: Mapping[str, Any]) -> tuple[str, ...]:
    state = "failing" if channel["failing"] else "ok"
    takes = ", ".join(channel["severities"]) or "as second only"
    return (channel["name"], state, str(channel["pending"]), takes, channel["second"] or "-")


def _silence_row(silence: Mapping[str, Any]) -> tuple[str, ...]:
    now = time.time()
    ends = render.ago(2 * now - silence["until"], now)
    return (silence["id"], silence["subject"], ends, silence["by"], silence["why"])


def _delivery_row(delivery: Mapping[str, Any]) -> tuple[str, ...]:
    message = delivery["message"]
    when = f"{render.ago(message['at'])} ago"
    channel = delivery["via"] or delivery["channel"]
    what = message["title"]
    if delivery["error"]:
        what += f" ({delivery['error']})"
    tries = str(delivery["attempts"])
    return (when, message["kind"], channel, delivery["state"], tries, what)


def _result_row(result: Mapping[str, Any]) -> tuple[str, ...]:
    word = "ok" if result["ok"] else "failed"
    return (result["channel"], word, f"{result['seconds']:.1f} s", result["answer"])
