"""What a person may ask for over HTTP: a destructive action only by the name of its subject."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from vrooli.autoheal import byhand
from vrooli.autoheal.byhand import ByHand, Wish
from vrooli.autoheal.catalogue import HostCheck
from vrooli.core.errors import UsageError


class Taken:
    """Stands where an action would be taken; counts."""

    def __init__(self) -> None:
        self.times, self.tools = 0, None

    def facts_of(self, check: object) -> None:
        """Nothing is known."""

    async def act(self, *asked: Any) -> Any:
        self.times += 1
        return SimpleNamespace(to_json=lambda: {"outcome": "healed"})


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    monkeypatch.setattr(byhand, "commands_of", lambda name, facts: ["remove images"])
    return Taken()


def by_hand(taken: Taken) -> ByHand:
    check = SimpleNamespace(id="system-disk", ladder=("clean-cache", "prune-images"))
    item = HostCheck(cast(Any, check), "system-disk", cast(Any, None))
    board = SimpleNamespace(tracked={}, checks={"system-disk": item})
    return ByHand(cast(Any, board), cast(Any, None), cast(Any, taken), cast(Any, taken))


@pytest.mark.parametrize("confirm", ["", "yes", "prune-images", "system-disk "])
async def test_a_destructive_action_is_refused_without_the_name(taken: Taken, confirm: str) -> None:
    wish = Wish("system-disk", "prune-images", confirm=confirm)
    with pytest.raises(UsageError, match="destructive") as refused:
        await by_hand(taken).run(wish)
    assert "system-disk" in refused.value.next_step
    assert taken.times == 0


async def test_it_is_taken_with_the_name_and_never_by_a_dry_run(taken: Taken) -> None:
    hand = by_hand(taken)
    dry = await hand.run(Wish("system-disk", "prune-images", dry_run=True))
    assert (dry["danger"], dry["heal"], taken.times) == ("destructive", None, 0)
    done = await hand.run(Wish("system-disk", "prune-images", confirm="system-disk"))
    assert (done["heal"], taken.times) == ({"outcome": "healed"}, 1)
