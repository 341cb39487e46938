"""What is on its way when parts change hands or a turn is lost, and who may begin next."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.unit.notifier.telling import NOW
from wangge_notifier.agenda import Agenda, Entry
from wangge_notifier.channels import Channels
from wangge_notifier.delivering import Outcome
from wangge_notifier.flying import Flights
from wangge_notifier.pacing import Lane, Pace, Tally
from wangge_notifier.picking import AT_A_TURN, picks
from wangge_notifier.sending import Channel, Flight, Parcel
from wangge_notifier.store_deliveries import Waiting

PACE = Pace(burst=4, per_s=1.0)


class Hanging(Channel):
    """A receiver that never answers, and what it was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, parcel: Parcel) -> Outcome:
        self.sent.append(parcel.notice_id)
        await asyncio.Event().wait()
        raise AssertionError

    async def query(self, parcel: Parcel) -> Outcome:
        return await self.send(parcel)


@pytest.fixture
def receiver() -> Hanging:
    return Hanging()


@pytest.fixture
async def flights(receiver: Hanging) -> Flights:
    return Flights({"webhook": receiver}, landed=lambda: None, steady=lambda: 100.0)


def books(*lanes: Lane, **sending: int) -> Waiting:
    return Waiting(sending, [], list(lanes))


def marked(flights: Flights, notice_id: str, *, asks: bool = False, attempt: int = 1) -> Flight:
    parcel = Parcel(notice_id, attempt, "", "", "", "", b"", Channels())
    return flights.mark(Flight(parcel, "webhook", flights.lanes["a"], asks), PACE)


async def test_a_new_owner_begins_with_an_empty_bucket(flights: Flights) -> None:
    flights.lanes["a"].full_at_s = 100.0
    flights.lanes["a"].tally = Tally(0.0, 5)
    flights.take_over(books(Lane("b", failures=2)), surely=False)

    assert "a" not in flights.lanes
    assert flights.lanes["b"].failures == 2


@pytest.mark.parametrize("known", [False, True])
async def test_who_had_the_part_all_the_time_goes_on_counting(flights: Flights, known: bool) -> None:
    before = flights.lanes["a"]
    before.full_at_s, before.tally, before.people = 107.0, Tally(0.0, 5), {"bob": Tally(0.0, 2)}
    flights.take_over(books(*([Lane("a", failures=3, disabled=True)] if known else [])), surely=True)

    after = flights.lanes["a"]
    assert (after.full_at_s, after.tally.counted, after.people["bob"].counted) == (107.0, 5, 2)
    # Whether it fails or is gone, the books know better: how our last turn ended may not be known here.
    assert (after.failures, after.disabled) == ((3, True) if known else (0, False))


async def test_an_endpoint_to_which_nothing_has_begun_for_a_day_is_forgotten(flights: Flights) -> None:
    flights.lanes["a"].full_at_s, flights.lanes["b"].full_at_s = 100.0 - 86_400, 101.0 - 86_400
    flights.take_over(books(), surely=True)
    assert list(flights.lanes) == ["b"]


@pytest.mark.parametrize("surely", [False, True])
@pytest.mark.parametrize("known", [False, True])
async def test_what_is_on_its_way_counts_once_at_its_endpoint_and_keeps_its_rate(
    flights: Flights, surely: bool, known: bool
) -> None:
    flight = marked(flights, "n")
    flights.launch(flight)
    rate = flight.lane.full_at_s
    left = flights.take_over(books(*([Lane("a")] if known else []), n=1, gone=4), surely=surely)

    assert left == {"gone": 4}
    assert flight.lane is flights.lanes["a"]
    assert (flight.lane.flying, flight.lane.full_at_s) == (1, rate)


@pytest.mark.parametrize(
    ("asks", "sending", "goes"),
    [(False, {"n": 1}, True), (False, {}, False), (False, {"n": 2}, False), (True, {}, True)],
)
async def test_what_was_marked_goes_if_the_books_have_it_and_a_question_always(
    flights: Flights, receiver: Hanging, asks: bool, sending: dict[str, int], goes: bool
) -> None:
    marked(flights, "n", asks=asks)
    flights.take_over(books(**sending), surely=True)
    await asyncio.sleep(0)

    assert ("n" in flights, receiver.sent) == (goes, ["n"] if goes else [])


async def test_to_who_is_gone_all_may_begin_because_nothing_is_sent(flights: Flights) -> None:
    flights.lanes["a"].disabled = True
    flights.lanes["b"].closed_until = NOW + timedelta(seconds=1)
    room = {key: flights.room(Entry("n", key, NOW), Channels(), now=NOW) for key in ("a", "b")}

    assert room == {"a": AT_A_TURN, "b": 0}


def test_what_was_not_even_tried_says_nothing_of_its_endpoint() -> None:
    lane = Lane("a", failures=4)
    learnt = lane.learn(Pace(opens_after=5), Outcome("name-not-asked", untried=True), now=NOW)

    assert (learnt, lane.failures, lane.closed_until) == (False, 4, None)


def test_who_asked_for_a_long_rest_has_it_though_a_shorter_one_follows() -> None:
    lane = Lane("a")
    lane.learn(Pace(opens_after=1), Outcome("429", sick=True, retry_after=timedelta(hours=6)), now=NOW)
    lane.learn(Pace(opens_after=1), Outcome("500", sick=True), now=NOW)

    assert lane.closed_until == NOW + timedelta(hours=6)


def test_failures_are_counted_in_a_row() -> None:
    lane = Lane("a")
    for sick in (True, False, True):
        lane.learn(Pace(opens_after=2), Outcome("500" if sick else "200", sick=sick), now=NOW)

    assert (lane.failures, lane.closed_until) == (1, None)


def test_an_endpoint_of_which_a_person_says_that_it_works_begins_anew() -> None:
    lane = Lane("a", failures=7, closed_until=NOW, disabled=True)
    lane.enable()

    assert lane == Lane("a")


def test_a_flood_is_counted_anew_in_every_window() -> None:
    tally, hour = Tally(), timedelta(hours=1)
    floods = [tally.flooded_until(most=1, within=hour, now=at) is not None for at in (NOW, NOW, NOW + hour)]

    assert floods == [False, True, False]


def agenda(*entries: Entry) -> Agenda:
    made = Agenda()
    made.fill(list(entries))
    return made


def keys(found: Iterator[list[Entry]]) -> list[str]:
    return [group[0].endpoint_key for group in found]


def test_who_was_served_comes_last_next_time() -> None:
    many = [Entry(f"n{number}", f"e{number:03}", NOW) for number in range(AT_A_TURN + 100)]
    waiting = agenda(*many)
    first = keys(picks(waiting, NOW, lambda _: 1))
    second = keys(picks(waiting, NOW, lambda _: 1))

    assert len(first) == len(second) == AT_A_TURN
    assert set(second[:100]) == {each.endpoint_key for each in many} - set(first)


def test_a_long_backlog_takes_its_room_and_no_more_than_that() -> None:
    long = [Entry(f"n{number}", "long", NOW - timedelta(hours=1)) for number in range(500)]
    waiting = agenda(*long, Entry("s", "short", NOW))

    assert Counter(keys(picks(waiting, NOW, lambda _: 3))) == {"long": 3, "short": 1}


def test_who_has_no_room_keeps_its_place() -> None:
    waiting = agenda(*(Entry(name, name, NOW) for name in ("a", "b")))
    first, _ = waiting.endpoints(NOW)
    list(picks(waiting, NOW, lambda entry: int(entry.endpoint_key != first)))

    assert waiting.endpoints(NOW)[0] == first


def test_what_gathers_goes_as_one_and_the_rest_by_itself() -> None:
    gathering = [Entry(f"g{number}", "a", NOW, gathers=True) for number in range(5)]
    alone = [Entry(f"s{number}", "a", NOW, rank=2) for number in range(3)]

    (group,) = picks(agenda(*gathering, *alone), NOW, lambda _: 8)
    assert {entry.notice_id for entry in group} == {f"g{number}" for number in range(5)}
    # While what goes by itself is graver, what gathers waits for its turn and is not sent one by one.
    grave = [Entry(f"e{number}", "a", NOW, rank=0) for number in range(3)]
    groups = list(picks(agenda(*gathering, *grave), NOW, lambda _: 8))
    assert [[entry.notice_id for entry in found] for found in groups] == [["e0"], ["e1"], ["e2"]]


def test_what_has_no_room_until_its_time_is_over_is_ended() -> None:
    late = Entry("n", "a", NOW, until=NOW - timedelta(seconds=1))
    early = Entry("m", "b", NOW, until=NOW + timedelta(seconds=1))

    assert keys(picks(agenda(late, early), NOW, lambda _: 0)) == ["a"]


def test_an_entry_that_was_put_off_is_not_due_at_its_old_time() -> None:
    waiting = agenda(Entry("n", "a", NOW))
    waiting.put(Entry("n", "a", NOW + timedelta(minutes=5)))

    assert waiting.endpoints(NOW) == []
    assert waiting.endpoints(NOW + timedelta(minutes=5)) == ["a"]
    # And what was ready when it was put off is ready no more.
    waiting.put(Entry("n", "a", NOW + timedelta(minutes=9)))
    assert waiting.first("a") is None
    waiting.fill([])
    assert waiting.endpoints(NOW + timedelta(hours=1)) == []


def test_of_what_was_replaced_the_rest_still_fills_the_room() -> None:
    waiting = agenda(*(Entry(f"n{number:02}", "a", NOW) for number in range(40)))
    waiting.endpoints(NOW)
    for number in range(20):
        waiting.drop(f"n{number:02}")

    assert [entry.notice_id for entry in waiting.ready("a", 2)] == ["n20", "n21"]


def test_who_looks_afresh_has_nothing_twice() -> None:
    waiting = agenda(Entry("n", "a", NOW))
    waiting.endpoints(NOW)
    waiting.fill([Entry("n", "a", NOW)])
    waiting.endpoints(NOW)

    assert [entry.notice_id for entry in waiting.ready("a", 8)] == ["n"]
