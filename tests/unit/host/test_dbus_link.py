"""What a bus tells, and what anybody could have said."""

from dbus_fast import Message, MessageType

from vrooli.host.dbus_link import signal


def told(destination: str | None) -> Message:
    return Message(
        message_type=MessageType.SIGNAL,
        path="/org/freedesktop/systemd1",
        interface="org.freedesktop.systemd1.Manager",
        member="JobNew",
        destination=destination,
        signature="uos",
        body=[1, "/org/freedesktop/systemd1/job/1", "web.service"],
    )


def test_a_signal_to_all_is_heard_and_one_for_us_alone_is_not() -> None:
    heard = signal(told(None))
    assert heard is not None
    assert heard.body[2] == "web.service"
    assert signal(told(":1.5")) is None
