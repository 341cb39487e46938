"""Whoever follows hears each line once, in order, and costs next to nothing while there is none."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from wangge_ledger import following, lookup
from wangge_ledger.counter import Counter
from wangge_ledger.following import Followers
from wangge_ledger.lookup import Position

Written = list[tuple[Position, bool, str]]


class Books:
    """Lines as they are written, told two at a time, and how often somebody asked."""

    def __init__(self, written: Written) -> None:
        self.written = written
        self.asked: list[Position] = []
        self.away = False

    async def after(self, _: object, after: Position) -> Sequence[tuple[Position, bool, str]]:
        if self.away:
            raise OSError("away")
        self.asked.append(after)
        return [line for line in self.written if line[0] > after][:2]

    async def begin(self, _: object) -> Position:
        return self.written[-1][0] if self.written else ("7", 0)


def lines(first: int, last: int, *, open_ones: Sequence[int] = ()) -> Written:
    return [(("7", number), number not in open_ones, f"line {number}") for number in range(first, last + 1)]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    made = Books([])
    monkeypatch.setattr(lookup, "stream", made.after)
    monkeypatch.setattr(lookup, "stream_position", made.begin)
    monkeypatch.setattr(following, "_LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(following, "_QUIET_S", 0.001)
    return made


def followers() -> Followers:
    async def as_it_is(_: object, line: str) -> str:
        return line

    books = SimpleNamespace(opened=nullcontext)
    return Followers(cast("Counter", SimpleNamespace(books=books, names=SimpleNamespace(told=as_it_is))))


async def heard(stream: AsyncIterator[str], many: int) -> list[str]:
    return [await anext(stream) for _ in range(many)]


async def test_a_follower_reads_on_behind_what_he_may_not_hear(books: Books) -> None:
    books.written = lines(1, 5, open_ones=[3])
    stream = followers().followed(("7", 0), all_told=False)

    assert await heard(stream, 1) == ["id: 7-0\n\n"]
    assert await events(stream, 1) == ["id: 7-3\ndata: line 3\n\n"]
    assert await heard(stream, 2) == [": nothing new\n\n"] * 2


async def test_many_who_hear_nothing_new_ask_no_oftener_than_one(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(following, "_QUIET_S", 0.05)
    all_of_them = followers()
    streams = [all_of_them.followed(("7", 0), all_told=True) for _ in range(100)]
    await asyncio.gather(*(heard(stream, 2) for stream in streams))
    before = len(books.asked)
    await asyncio.gather(*(heard(stream, 3) for stream in streams))

    assert len(books.asked) - before < 20


async def test_lines_that_come_are_told_to_all_who_follow_each_once(books: Books) -> None:
    all_of_them = followers()
    streams = [all_of_them.followed(("7", 0), all_told=True) for _ in range(3)]
    for stream in streams:
        await heard(stream, 2)
    books.written = lines(1, 5)

    assert await asyncio.gather(*(events(stream, 5) for stream in streams)) == [lines_told(1, 5)] * 3


async def test_who_is_behind_what_is_kept_reads_for_himself(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_KEPT", 2)
    all_of_them = followers()
    slow, quick = (all_of_them.followed(("7", 0), all_told=True) for _ in range(2))
    for stream in (slow, quick):
        await heard(stream, 2)
    books.written = lines(1, 9)

    assert await events(quick, 9) == await events(slow, 9) == lines_told(1, 9)


async def test_when_the_books_are_away_all_who_follow_are_cut_off_and_the_next_goes_on(books: Books) -> None:
    all_of_them = followers()
    stream = all_of_them.followed(("7", 0), all_told=True)
    await heard(stream, 2)
    books.away = True
    with pytest.raises(OSError, match="away"):
        await heard(stream, 9)
    books.away, books.written = False, lines(1, 3)

    assert await events(all_of_them.followed(("7", 0), all_told=True), 3) == lines_told(1, 3)


async def events(stream: AsyncIterator[str], many: int) -> list[str]:
    """The next lines of a stream, *many* of them."""
    told: list[str] = []
    while len(told) < many:
        text = await anext(stream)
        told += [text] if "data" in text else []
    return told


def lines_told(first: int, last: int) -> list[str]:
    return [f"id: 7-{number}\ndata: line {number}\n\n" for number in range(first, last + 1)]
