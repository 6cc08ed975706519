"""What is sent next, by which channel, and how many messages become one."""

from typing import Any

from tests.support.notices import delivery, settings
from vrooli.core.breaker import PATIENCE, Breaker
from vrooli.notify.delivery import Delivery, State
from vrooli.notify.message import MAX_BODY, Kind
from vrooli.notify.outbox import (
    FOLD_EVERY,
    TRIES,
    Fold,
    Line,
    Send,
    Situation,
    fold,
    next_step,
    route,
)

NOW = 1000.0
BROKEN = Line(Breaker(PATIENCE, NOW))


def situation(*pending: Delivery, **values: Any) -> Situation:
    values.setdefault("settings", settings())
    return Situation(pending, now=NOW, **values)


def many(count: int, first: int = 1) -> list[Delivery]:
    return [delivery(number, f"i{number}") for number in range(first, first + count)]


def test_the_oldest_is_sent_first() -> None:
    assert next_step("phone", situation(delivery(1), delivery(2))) == Send(delivery(1))


def test_nothing_is_sent_twice_at_once_nor_before_its_time() -> None:
    later = delivery(2, retry_at=NOW + 1)
    assert next_step("phone", situation(delivery(1), later, busy={1})) is None


def test_a_message_goes_only_by_its_own_channel() -> None:
    both = settings(phone="", mail="")
    assert next_step("mail", situation(delivery(1), settings=both)) is None


def test_the_end_of_an_incident_waits_for_its_page_also_while_that_is_on_its_way() -> None:
    page, end = delivery(1, "i"), delivery(2, "i", kind=Kind.RESOLVED)
    assert next_step("phone", situation(page, end)) == Send(page)
    assert next_step("phone", situation(page, end, busy={1})) is None
    assert next_step("phone", situation(end)) == Send(end)


def test_the_end_of_an_incident_waits_for_the_message_that_its_page_is_a_line_of() -> None:
    folded = delivery(3, kind=Kind.DIGEST, holds=2, covers=(("i", "phone"), ("j", "phone")))
    end = delivery(4, "i", kind=Kind.RESOLVED)
    assert next_step("phone", situation(folded, end, busy={3})) is None


def test_the_end_of_another_incident_does_not_wait() -> None:
    page, end = delivery(1, "i", retry_at=NOW + 9), delivery(2, "j", kind=Kind.RESOLVED)
    assert next_step("phone", situation(page, end)) == Send(end)


def test_what_a_failing_channel_cannot_take_goes_by_the_second() -> None:
    known = {"phone": BROKEN}
    pair = settings(phone="mail", mail="")
    seen = situation(delivery(1), lines=known, settings=pair)
    assert next_step("phone", seen) is None
    assert next_step("mail", seen) == Send(delivery(1))


def test_a_message_that_fails_again_and_again_takes_turns_between_both() -> None:
    pair = settings(phone="mail", mail="")
    routes = [
        route(delivery(1, attempts=tries), situation(settings=pair)) for tries in range(TRIES + 4)
    ]
    assert routes[:TRIES] == ["phone"] * TRIES
    assert set(routes[TRIES:]) == {"phone", "mail"}


def test_when_all_channels_fail_it_waits() -> None:
    pair = settings(phone="mail", mail="")
    seen = situation(delivery(1), lines={"phone": BROKEN, "mail": BROKEN}, settings=pair)
    assert next_step("phone", seen) is None
    assert next_step("mail", seen) is None


def test_a_flood_becomes_one_message() -> None:
    step = next_step("phone", situation(*many(6)))
    assert step == Fold(tuple(many(6)))


def test_what_is_within_the_limit_stays_single() -> None:
    assert next_step("phone", situation(*many(5))) == Send(many(1)[0])


def test_beyond_the_limit_news_come_by_the_minute() -> None:
    sent = tuple(NOW - FOLD_EVERY + at for at in range(5))
    busy = {"phone": Line(sent=(*sent, NOW - 1))}
    calm = {"phone": Line(sent=sent[:1] * 5)}
    assert next_step("phone", situation(*many(2), lines=busy)) is None
    assert isinstance(next_step("phone", situation(*many(2), lines=calm)), Fold)
    assert isinstance(next_step("phone", situation(*many(1), lines=calm)), Send)


def test_what_was_sent_before_the_window_does_not_count() -> None:
    old = {"phone": Line(sent=(NOW - 601,) * 50)}
    assert next_step("phone", situation(*many(5), lines=old)) == Send(many(1)[0])


def test_a_page_and_its_end_may_be_lines_of_the_same_message() -> None:
    news = [*many(5), delivery(6, "i1", kind=Kind.RESOLVED)]
    assert next_step("phone", situation(*news)) == Fold(tuple(news))


def test_the_end_of_what_is_on_its_way_is_no_line_yet() -> None:
    news = [*many(7), delivery(8, "i1", kind=Kind.RESOLVED)]
    assert next_step("phone", situation(*news, busy={1})) == Fold(tuple(news[1:7]))


def test_a_digest_is_no_line_of_another_message() -> None:
    news = [*many(5), delivery(6, kind=Kind.DIGEST)]
    assert next_step("phone", situation(*news)) == Fold(tuple(news[:5]))


def test_a_folded_message_names_all_and_covers_their_incidents() -> None:
    new, lines = fold(many(3), 9, settings(), 50.0)
    assert new.message.title == "3 notifications at once"
    assert [f"- title of i{n}:page" in new.message.body for n in (1, 2, 3)] == [True] * 3
    assert new.tells == (("i1", "phone"), ("i2", "phone"), ("i3", "phone"))
    assert [one.state for one in lines] == [State.FOLDED] * 3
    assert {one.inside for one in lines} == {new.message.key}


def test_folded_messages_fold_again_without_losing_count() -> None:
    first, _ = fold(many(300), 301, settings(), 50.0)
    second, _ = fold([first, *many(2, 302)], 304, settings(), 60.0)
    assert second.message.title == "302 notifications at once"
    assert second.holds == 302
    assert len(second.covers) == 302
    assert "more" in second.message.body
    assert len(second.message.body) < MAX_BODY
    assert second.message.key == "i1:page..i303:page"


def test_a_delivery_is_read_back_as_it_was_written_and_is_due_at_once() -> None:
    before, _ = fold(many(2), 3, settings(), 50.0)
    tried = before.failed("no", NOW)
    after = Delivery.from_json(tried.to_json())
    assert after.retry_at == 0.0
    assert (after.attempts, after.error, after.covers) == (1, "no", before.covers)
    assert after.message == before.message
