"""A tar of our own making: whole, and the same pieces where nothing changed."""

import io
import random
import tarfile
from collections.abc import Iterator

import pytest

from vrooli.backup import taring
from vrooli.core.errors import StartFailed
from vrooli.stack.backing import Member, Members

DICE = random.Random(6)


def _file(name: str, data: bytes, *, grows: bool = False, size: int | None = None) -> Member:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data) if size is None else size, 0o600
    return Member(info, io.BytesIO(data), grows)


def _pieces(*members: Member, before: tuple[int, ...] = ()) -> list[bytes]:
    def all_() -> Iterator[Member]:
        yield from members

    found = taring.pieces(Members("lay it up", all_), before, lambda: None)
    return [bytes(piece) for piece in found]


def _ends(pieces: list[bytes]) -> tuple[int, ...]:
    return tuple(sum(map(len, pieces[: at + 1])) for at in range(len(pieces)))


def test_it_is_a_tar_of_what_went_in() -> None:
    odd = b"caf\xe9/\n".decode("utf-8", "surrogateescape")
    large = DICE.randbytes(taring.LARGE + 7)
    pieces = _pieces(_file(odd, b"x"), _file("n" * 300, b""), _file("large", large))
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        found = {member.name: tar.extractfile(member) for member in tar}
        read = {name: file.read() for name, file in found.items() if file is not None}
    assert read == {odd: b"x", "n" * 300: b"", "large": large}
    assert large in pieces


def test_a_file_that_comes_leaves_the_pieces_of_others_as_they_are() -> None:
    data = {f"{number:03}": DICE.randbytes(20_000) for number in range(200)}
    before = _pieces(*(_file(name, one) for name, one in data.items()))
    data["100"] = b"grown" * 9999
    after = _pieces(*(_file(name, one) for name, one in sorted({**data, "050a": b"new"}.items())))
    assert len(before) > 5
    assert len(set(after) - set(before)) <= 4, (len(before), len(after))


def test_what_grew_is_cut_where_it_ended() -> None:
    base, log = DICE.randbytes(300_000), DICE.randbytes(500_000)
    before = _pieces(_file("base", base), _file("log", log, grows=True), _file("small", b"1"))
    grown = _file("log", log + b"more" * 500, grows=True)
    after = _pieces(_file("base", base), grown, _file("small", b"2"), before=_ends(before))
    new = set(after) - set(before)
    assert sum(map(len, new)) < 10_000, sorted(map(len, new))
    assert {base, log, b"more" * 500} <= set(after)


def test_what_moved_is_in_the_pieces_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taring, "PIECE", 100_000)
    first, second = DICE.randbytes(250_000), DICE.randbytes(350_000)
    before = _pieces(_file("1", first, grows=True), _file("2", second, grows=True))
    grown = _file("1", first + b"more" * 30_000, grows=True)
    after = _pieces(grown, _file("2", second, grows=True), before=_ends(before))
    moved = {second[at : at + 100_000] for at in range(0, 350_000, 100_000)}
    assert moved <= set(before) & set(after)
    assert {first[:100_000], first[100_000:200_000]} <= set(after)


def test_a_file_that_ends_too_early_is_an_error() -> None:
    with pytest.raises(StartFailed, match="7 bytes before its end"):
        _pieces(_file("cut", b"abc", size=10))
