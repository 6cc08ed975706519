"""What an incident makes people hear."""

from typing import Any

from tests.support.notices import alert, delivery, settings
from vrooli.notify.box import Box, Row
from vrooli.notify.delivery import Delivery, State
from vrooli.notify.incident import Acknowledgement, Incident
from vrooli.notify.message import Kind, Severity
from vrooli.notify.outbox import fold
from vrooli.notify.pages import (
    Stamp,
    acknowledge,
    arrived,
    close_incident,
    open_incident,
    stranded,
    to_tell,
)
from vrooli.notify.settings import Channel, Settings
from vrooli.notify.silence import Silence

AT = Stamp(100.0, "host")
SILENCE = Silence("s", "we*", 200.0, "ada", "known", 50.0)
BOTH = settings(phone="", mail="")


def opened(*silences: Silence, **values: Any) -> tuple[Box, Incident]:
    incident = open_incident(alert(**values), AT)
    return Box(silences={one.id: one for one in silences}).having([incident]), incident


def paged(declared: Settings = BOTH) -> tuple[Box, Incident]:
    box, incident = opened()
    box = box.having(to_tell(box, declared, AT))
    return box, box.incidents[incident.id]


def deliveries(rows: list[Row]) -> list[Delivery]:
    return [row for row in rows if isinstance(row, Delivery)]


def ends(box: Box, incident: Incident) -> list[Delivery]:
    return deliveries(close_incident(box, incident, ("over", "well"), AT))


def test_an_incident_pages_every_channel_that_takes_its_severity() -> None:
    only = {"mail": Channel("mail", "url", frozenset({Severity.INFO}))}
    declared = Settings({**settings().channels, **only})
    box, _ = opened()
    assert [one.channel for one in deliveries(to_tell(box, declared, AT))] == ["phone"]


def test_it_pages_once() -> None:
    box, _ = paged()
    assert to_tell(box, BOTH, AT) == []
    assert {one.message.key for one in box.deliveries.values()} == {"host:0000000100000-web:page"}
    assert sorted(box.deliveries) == [1, 2]


def test_its_end_goes_where_its_page_went() -> None:
    box, incident = paged()
    assert [one.origin for one in ends(box, incident)] == ["phone", "mail"]
    assert [one.number for one in ends(box, incident)] == [3, 4]
    went = box.having(arrived(box, box.deliveries[1].sent("mail", 110.0)))
    assert [one.channel for one in ends(went, went.incidents[incident.id])] == ["mail", "mail"]


def test_an_end_that_waits_follows_its_page_to_the_second_channel() -> None:
    box, incident = paged(settings())
    box = box.having(close_incident(box, incident, ("over", "well"), AT))
    box = box.having(arrived(box, box.deliveries[1].sent("mail", 110.0)))
    assert [(one.channel, one.origin) for one in box.deliveries.values()] == [("mail", "phone")]


def test_a_silenced_incident_tells_neither_its_page_nor_its_end() -> None:
    box, incident = opened(SILENCE)
    assert to_tell(box, BOTH, AT) == []
    assert ends(box, incident) == []


def test_what_is_still_wrong_when_the_silence_ends_is_paged_then() -> None:
    box, _ = opened(SILENCE)
    assert len(deliveries(to_tell(box, BOTH, Stamp(200.0, "host")))) == 2


def test_a_silence_that_comes_after_the_page_does_not_swallow_the_end() -> None:
    box, incident = paged()
    assert len(ends(box.having([SILENCE]), incident)) == 2


def test_a_silence_covers_its_subject_or_pattern_until_it_ends() -> None:
    assert SILENCE.covers("web-1", 199.0)
    assert not SILENCE.covers("web-1", 200.0)
    assert not SILENCE.covers("the-web", 100.0)


def test_what_is_acknowledged_before_its_page_is_out_is_not_paged_any_more() -> None:
    box, incident = paged()
    rows = acknowledge(box, incident, Acknowledgement("ada", 105.0))
    after = box.having(rows)
    assert not after.deliveries
    assert {one.state for one in deliveries(rows)} == {State.DROPPED}
    assert "ada" in deliveries(rows)[0].error


def test_the_end_is_told_although_it_was_acknowledged() -> None:
    box, incident = paged()
    after = box.having(acknowledge(box, incident, Acknowledgement("ada", 105.0)))
    assert len(ends(after, after.incidents[incident.id])) == 2


def test_without_a_channel_nobody_is_told_until_there_is_one() -> None:
    box, _ = opened()
    assert to_tell(box, Settings(), AT) == []
    assert len(deliveries(to_tell(box, settings(), AT))) == 1


def test_a_channel_that_is_only_a_second_is_not_addressed() -> None:
    spare = Channel("mail", "url", frozenset())
    declared = Settings({**settings(phone="mail").channels, "mail": spare})
    box, _ = paged(declared)
    assert [one.channel for one in box.deliveries.values()] == ["phone"]


def test_what_was_for_a_channel_that_is_gone_goes_where_such_news_goes_now() -> None:
    box, _ = paged()
    rows = deliveries(stranded(box, settings(desk=""), 120.0))
    assert [(one.channel, one.state) for one in rows] == [
        ("desk", State.PENDING),
        ("mail", State.DROPPED),
    ]
    assert stranded(box, BOTH, 120.0) == []
    dropped = deliveries(stranded(box, Settings(), 120.0))
    assert {one.state for one in dropped} == {State.DROPPED}


def test_what_was_for_a_channel_that_is_gone_does_not_go_where_it_has_gone_already() -> None:
    box, incident = paged()
    box = box.having(arrived(box, box.deliveries[2].sent("mail", 110.0)))
    box = box.having(close_incident(box, box.incidents[incident.id], ("over", "well"), AT))
    mail = settings(mail="")
    rows = deliveries(stranded(box, mail, 120.0))
    assert [(one.message.kind, one.state) for one in rows] == [
        (Kind.PAGE, State.DROPPED),
        (Kind.RESOLVED, State.DROPPED),
    ]
    assert {one.error for one in rows} == {"the other channels have got it"}
    (end,) = box.having(rows).deliveries.values()
    assert (end.message.kind, end.channel) == (Kind.RESOLVED, "mail")


def test_it_goes_to_each_of_the_new_ones_once_however_often_channels_go() -> None:
    box, _ = paged()
    box = box.having(stranded(box, settings(mail="", desk=""), 120.0))
    assert [one.channel for one in box.deliveries.values()] == ["desk", "mail"]
    box = box.having(stranded(box, settings(desk=""), 130.0))
    assert [one.channel for one in box.deliveries.values()] == ["desk"]


def test_many_that_were_folded_go_where_not_all_of_them_have_gone() -> None:
    box, incident = paged()
    box = box.having(close_incident(box, incident, ("over", "well"), AT))
    phone = [one for one in box.deliveries.values() if one.channel == "phone"]
    new, lines = fold(phone, 9, BOTH, 110.0)
    folded = box.having([new, *lines])
    rows = deliveries(stranded(folded, settings(mail=""), 120.0))
    assert [(one.number, one.state) for one in rows] == [(9, State.DROPPED)]
    more, lines = fold([*phone, delivery(8)], 9, BOTH, 110.0)
    folded = box.having([more, *lines])
    (row,) = deliveries(stranded(folded, settings(mail=""), 120.0))
    assert (row.channel, row.state) == ("mail", State.PENDING)


def test_a_delivery_of_before_channels_were_written_down_is_read() -> None:
    box, _ = paged()
    data = box.deliveries[1].to_json()
    del data["message"]["to"]
    assert Delivery.from_json(data).message.to == ()


def test_an_incident_is_read_back_as_it_was_written() -> None:
    _, incident = paged()
    said = Acknowledgement("ada", 105.0, "mine")
    for one in (incident, acknowledge(Box(), incident, said)[0]):
        assert isinstance(one, Incident)
        assert Incident.from_json(one.to_json()) == one


def test_a_message_is_cut_to_what_channels_show() -> None:
    box, _ = opened()
    long = open_incident(alert("x" * 500), AT)
    rows = deliveries(to_tell(box.having([long]), settings(), AT))
    assert all(len(one.message.title) <= 200 for one in rows)
    assert all(one.message.kind is Kind.PAGE for one in rows)
