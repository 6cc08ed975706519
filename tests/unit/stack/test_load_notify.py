"""`[notify]` in a stack file."""

import pytest

from tests.support.stackfile import StackFile
from vrooli.stack.diff import difference
from vrooli.stack.model import ChannelSettings, NotifySettings, Stack

PHONE = '[notify.channels.phone]\nurl = "env:PHONE"\n'


def test_without_it_nobody_is_told(file: StackFile) -> None:
    assert file.load("").notify == NotifySettings()
    assert file.load("").notify.channels == {}


def test_every_key_is_compiled(file: StackFile) -> None:
    stack = file.load(
        """
        [notify]
        digest = "12h"
        flood = 3
        flood_window = "5m"
        resolve_after = "1m"
        [notify.channels.phone]
        url = "file:secrets/phone"
        severities = ["critical"]
        second = "hook"
        [notify.channels.hook]
        url = "json://127.0.0.1:9000/in"
        """
    )
    folder = file.path.parent
    assert stack.notify == NotifySettings(
        digest=43200.0,
        flood=3,
        flood_window=300.0,
        resolve_after=60.0,
        channels={
            "phone": ChannelSettings(f"file:{folder}/secrets/phone", ("critical",), "hook"),
            "hook": ChannelSettings("json://127.0.0.1:9000/in", ()),
        },
    )
    assert Stack.from_json(stack.to_json()).notify == stack.notify


def test_a_channel_takes_everything_unless_it_only_stands_in(file: StackFile) -> None:
    text = f'{PHONE}second = "mail"\n[notify.channels.mail]\nurl = "env:MAIL"\n'
    channels = file.load(text).notify.channels
    assert channels["phone"].severities == ("critical", "warning", "info")
    assert channels["mail"].severities == ()
    asked = file.load(f'{text}severities = ["info"]').notify.channels
    assert asked["mail"].severities == ("info",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[notify]\nflod = 3", "2: notify.flod: unknown key `flod`; did you mean `flood`?"),
        ("[notify]\nflood = 0", "2: notify.flood: expected a whole number from 1 to 1000"),
        ('[notify]\ndigest = "often"', "2: notify.digest: expected a number of seconds"),
        ("[notify.channels.phone]", "1: notify.channels.phone.url: missing"),
        (
            f'{PHONE}severity = "critical"',
            "3: notify.channels.phone.severity: unknown key `severity`; did you mean `severities`?",
        ),
        (
            f'{PHONE}severities = ["bad"]',
            '3: notify.channels.phone.severities[0]: expected a list of "critical"',
        ),
        (
            f'{PHONE}second = "fone"',
            "3: notify.channels.phone.second: `fone` is no channel of this file",
        ),
        (f'{PHONE}second = "phone"', "3: notify.channels.phone.second: a channel cannot stand"),
        (
            '[notify.channels.phone]\nurl = "tgram://123456:ABC-hunter2/7"',
            "2: notify.channels.phone.url: a `tgram` URL may hold a secret; write `env:NAME`",
        ),
        (
            '[notify.channels.mail]\nurl = "mailtos://me:hunter2@example.org"',
            "2: notify.channels.mail.url: a password in plain text",
        ),
        (
            '[notify.channels.hook]\nurl = "json://host/?token=hunter2"',
            "2: notify.channels.hook.url: a password in plain text",
        ),
        ('[notify.channels.hook]\nurl = "nothing"', "2: notify.channels.hook.url: expected `env:"),
        ('[notify.channels.hook]\nurl = "env:a b"', "2: notify.channels.hook.url: `env:` takes"),
        (
            '[notify.channels.hook]\nurl = "resource:db"',
            "2: notify.channels.hook.url: expected `env:NAME`",
        ),
        ('[notify.channels."A b"]\nurl = "env:X"', "1: notify.channels.A b: expected a name of"),
        ("[notify]\nchannels = 3", "2: notify.channels: expected tables of channels"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_no_secret(
    file: StackFile, text: str, problem: str
) -> None:
    (found,) = file.problems(text)
    assert found.startswith(problem), found
    assert "hunter2" not in found


def test_an_edit_of_it_is_a_difference(file: StackFile) -> None:
    before, after = file.load(PHONE), file.load(PHONE.replace("PHONE", "OTHER"))
    assert difference(before, after).settings == ("notify.channels",)
    assert not difference(before, before)


def test_a_compiled_stack_of_before_there_were_notifications_is_read(file: StackFile) -> None:
    data = file.load("").to_json()
    del data["notify"]
    assert Stack.from_json(data).notify == NotifySettings()
