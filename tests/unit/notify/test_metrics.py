"""Whether people are told, as numbers."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.clocks import TurnedClock
from tests.support.notices import alert, settings
from vrooli.autoheal.metrics import prometheus_text
from vrooli.host.memory.notices import MemoryStore
from vrooli.notify.channel import Answer
from vrooli.notify.metrics import NotificationCollector
from vrooli.notify.postbox import Postbox

SENT, FAILED, WAITING = (
    f"vrooli_notifications_{name}" for name in ("sent_total", "failed_total", "waiting")
)


def numbers(box: Postbox) -> dict[tuple[str, str], float]:
    """Every sample by its name and channel."""
    text = prometheus_text(NotificationCollector(box)).decode()
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {(sample.name, sample.labels["channel"]): sample.value for sample in samples}


async def send(box: Postbox, via: str, answer: Answer) -> None:
    """One try."""
    taken = await box.take(via)
    assert taken is not None
    await box.ended(taken, via, answer)


async def test_what_was_sent_what_failed_and_what_waits_is_counted_by_channel() -> None:
    clock = TurnedClock()
    declared = settings(phone="", mail="")
    box = Postbox(MemoryStore(), lambda: declared, clock, "host")
    channels = ("phone", "mail")
    assert numbers(box) == {
        (name, channel): 0.0 for name in (SENT, FAILED, WAITING) for channel in channels
    }
    await box.open(alert())
    assert [numbers(box)[WAITING, channel] for channel in channels] == [1.0, 1.0]
    await send(box, "mail", Answer(True, "sent"))
    await send(box, "phone", Answer(False, "no"))
    assert [numbers(box)[SENT, channel] for channel in channels] == [0.0, 1.0]
    assert [numbers(box)[FAILED, channel] for channel in channels] == [1.0, 0.0]
    assert [numbers(box)[WAITING, channel] for channel in channels] == [1.0, 0.0]
    clock.pass_time(60.0)
    await send(box, "phone", Answer(True, "sent"))
    assert numbers(box)[SENT, "phone"] == 1.0
    assert numbers(box)[FAILED, "phone"] == 1.0
    assert numbers(box)[WAITING, "phone"] == 0.0
