"""What waits for the disk: order, bounds, and who goes first when there is no room."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.backlog import BATCH, Backlog, Item


def item(durable: bool, alone: bool = False) -> Item:
    return Item(lambda connection: None, durable, alone=alone)


@given(st.lists(st.booleans(), max_size=200))
def test_items_leave_in_the_order_in_which_they_came(kinds: list[bool]) -> None:
    backlog = Backlog()
    items = [item(durable) for durable in kinds]
    for each in items:
        backlog.push(each)
    batch = backlog.take()
    assert [id(each) for each in batch] == [id(each) for each in items]
    backlog.give_back(batch)
    assert [id(each) for each in backlog.take()] == [id(each) for each in items]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 10))
def test_only_the_oldest_results_are_given_up(kinds: list[bool], limit: int) -> None:
    backlog = Backlog(limit)
    items = [item(durable) for durable in kinds]
    for each in items:
        backlog.push(each)
    kept = backlog.take()
    assert [each.order for each in kept if each.durable] == [
        each.order for each in items if each.durable
    ]
    results = [each.order for each in items if not each.durable]
    kept_results = [each.order for each in kept if not each.durable]
    assert kept_results == results[len(results) - len(kept_results) :]
    assert backlog.dropped == len(items) - len(kept)
    assert len(kept) <= max(limit, sum(kinds))


def test_batch_that_comes_back_is_bounded_as_well() -> None:
    backlog = Backlog(3)
    for _ in range(3):
        backlog.push(item(durable=False))
    batch = backlog.take()
    for _ in range(2):
        backlog.push(item(durable=False))
    backlog.give_back(batch)
    assert len(backlog) == 3
    assert [each.order for each in backlog.take()] == [3, 4, 5]
    assert backlog.dropped == 2


def test_item_that_wants_to_be_alone_is_alone() -> None:
    backlog = Backlog()
    for alone in (False, True, True, False):
        backlog.push(item(durable=True, alone=alone))
    assert [len(backlog.take()) for _ in range(5)] == [1, 1, 1, 1, 0]


def test_full_batch_is_urgent_without_anybody_waiting() -> None:
    backlog = Backlog()
    urgent = []
    for _ in range(BATCH):
        backlog.push(item(durable=False))
        urgent.append(backlog.urgent)
    assert urgent == [False] * (BATCH - 1) + [True]
    assert len(backlog.take()) == BATCH
    backlog.push(item(durable=True))
    assert backlog.urgent
