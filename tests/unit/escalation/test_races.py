"""An answer races its rungs in every order of effect and arrival; what is heard again says the same again."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from tests.unit.escalation.bench import FULL, Bench, done
from tests.unit.escalation.builders import (
    FULL_LADDER,
    HOUR,
    MORNING,
    OVERDUE,
    PLACE,
    WARNING,
    almanac,
    limit,
    task,
)
from wangge_contracts.counting import count
from wangge_contracts.v1 import (
    Decision,
    DeskOrdered,
    Listing,
    NamedPlace,
    Names,
    OrderedParty,
    Suggestion,
    Task,
)
from wangge_escalation.clocks import ClockDocument

ELSEWHERE = PLACE.model_copy(
    update={"street": NamedPlace(code="110101010", names=Names(zh="东四", en="Dongsi"))}
)
DUES = {"warning": 8, "overdue": 10, "listed": 12, "supervised": 14}
SUPERVISION = task(2, incident_id=task().incident_id).task_id
DOES = {"listed": ("street", "district"), "supervised": (SUPERVISION,)}
"""What of a rung is in force when its orders are obeyed."""
EFFECTIVE = [7, 8, 9, 10, 11, 12, 13, 14, 15]
"""An answer before, at and after the time of each rung, in hours."""
BELLS = (9, 11, 13, 15)
"""When the bell is swung, if it is not late."""


def orders_of_arrival() -> Iterator[tuple[int | None, ...]]:
    """Every subset of bells before the answer (None) is read, and the others after it."""
    for number in range(len(BELLS) + 1):
        for before in combinations(BELLS, number):
            yield (*before, None, *(bell for bell in BELLS if bell not in before))


@pytest.mark.parametrize("effective", EFFECTIVE)
@pytest.mark.parametrize("obeys", [True, False], ids=["told of the supervision", "the answer was first"])
def test_every_reversal_happens_and_nothing_twice(effective: int, obeys: bool) -> None:
    for arrival in orders_of_arrival():
        bench = Bench(almanac=FULL).hears(task(), at=MORNING)
        revision, rang = 2, set[str]()
        for bell in arrival:
            if bell is None:
                at = MORNING + effective * HOUR
                bench.hears(done(revision), at=at, now=MORNING + 16 * HOUR)
                continue
            bench.swings(MORNING + bell * HOUR)
            if revision == 2 and obeys:
                revision = supervised(bench, revision)
            if "stopped" not in bench.story:
                rang |= {name for name, due in DUES.items() if due <= bell}

        stands = [name for name, due in DUES.items() if due <= effective]
        assert bench.standing == [(1, name) for name in stands], arrival
        expected = {what for name in rang.intersection(stands) for what in DOES.get(name, ())}
        assert in_force(bench.orders, obeys=obeys) == expected - (set() if obeys else {SUPERVISION}), arrival
        assert max(Counter(said.id for said in bench.said).values()) == 1
        assert max(Counter(order.order_id for order in bench.orders).values(), default=1) == 1


def supervised(bench: Bench, revision: int) -> int:
    """The router tells which task came of the supervision, once it was ordered, unless all is over."""
    ordered = [order for order in bench.orders if order.order == "supervise"]
    if not ordered or "stopped" in bench.story:
        return revision
    decision = Decision(order_id=ordered[0].order_id, reason="ladder")
    spoken = task(2, incident_id=task().incident_id, kind="supervise", decision=decision)
    bench.hears(task(revision=revision, change="supervised"), spoken, at=ordered[0].effective_at)
    return revision + 1


def in_force(orders: list[DeskOrdered], *, obeys: bool) -> set[str]:
    """Which boards it is on and what is supervised after the router heard these: undoing twice would fail."""
    there: set[str] = set()
    for order in orders:
        match order.order:
            case "list":
                assert order.board not in there
                there.add(str(order.board))
            case "unlist":
                there.remove(str(order.board))
            case "supervise" if obeys:
                there.add(SUPERVISION)
            case "withdraw":
                there.remove(order.task_ids[0])
    return there


# Histories: what the router may tell of one task, one after the other; gaps in minutes.
WHAT = st.sampled_from(
    ["suspend", "resume", "extend", "forward", "return", "shuffle", "done", "rework", "list", "sign", "move"]
)
HISTORIES = st.lists(st.tuples(WHAT, st.integers(0, 900)), max_size=10)


def history(events: list[tuple[str, int]]) -> list[Task]:
    """The snapshots that the router tells when these things happen; what cannot happen then does not."""
    now = task(limit=limit(10, "working-hours"))
    found, at = [now], MORNING
    for what, gap in events:
        at += timedelta(minutes=gap)
        fields: dict[str, Any] | None = None
        lives = now.state not in ("done", "returned")
        match what:
            case "suspend" if lives and now.state != "suspended":
                fields = {"state": "suspended", "change": "suspended", "suspended_until": at + 30 * HOUR}
            case "resume" if now.state == "suspended":
                fields = {"state": "working", "change": "resumed", "suspended_until": None}
            case "extend" if lives:
                longer = limit(now.limit.value + 5, "working-hours")
                fields = {"change": "extended", "limit": longer}
            case "forward" if lives:
                other = {"department:water": "department:gas"}.get(now.holder, "department:water")
                fields = {"change": "forwarded", "holder": other}
            case "return" if lives:
                fields = {"state": "returned", "change": "returned"}
            case "shuffle" if now.state == "returned":
                fields = {"state": "working", "change": "request-refused", "reason_code": "shuffling"}
            case "done" if lives:
                fields = {"state": "done", "change": "done"}
            case "rework" if now.state == "done":
                fields = {"state": "assigned", "change": "rework", "round": now.round + 1}
            case "list" if lives and not now.listed:
                fields = {"change": "listed", "listed": (Listing(board="street", since=at),)}
            case "move":
                fields = {"change": "revised", "place": ELSEWHERE if now.place == PLACE else PLACE}
            case "sign" if now.state == "assigned":
                fields = {"change": "acknowledged", "state": "acknowledged"}
        if fields is not None:
            told = {"revision": now.revision + 1, "effective_at": at, "reason_code": None, **fields}
            now = now.model_copy(update=told)
            found.append(now)
    return found


def lives_through(snapshots: list[Task], swings: list[int], *, late: int = 0) -> Bench:
    """Hear these snapshots, each *late* minutes after its time, with bells between."""
    bench = Bench(almanac=FULL)
    for number, told in enumerate(snapshots):
        heard_at = told.effective_at + timedelta(minutes=late)
        bench.hears(told, at=told.effective_at, now=heard_at)
        for minutes in swings[number : number + 1]:
            bench.swings(heard_at + timedelta(minutes=minutes))
            assert bench.clock is not None
            document = ClockDocument.dump_json(bench.clock, exclude_defaults=True)
            assert ClockDocument.validate_json(document) == bench.clock
    return bench


@settings(max_examples=150)
@given(HISTORIES, st.lists(st.integers(0, 1200), max_size=10), st.integers(0, 2000))
@example([("move", 356), ("done", 73)], [300], 1700)
@example([("suspend", 120), ("extend", 3600), ("resume", 60)], [0, 3500, 0], 0)
def test_facts_heard_again_rebuild_the_same_segments_standing_rungs_and_listings(
    events: list[tuple[str, int]], swings: list[int], late: int
) -> None:
    snapshots = history(events)
    first = lives_through(snapshots, [])
    again = lives_through(snapshots, swings, late=late)

    end = snapshots[-1].effective_at + 2000 * HOUR
    for bench in (first, again):
        bench.swings(end)
    assert first.clock is not None
    assert again.clock is not None
    assert again.clock.segments == first.clock.segments
    assert standing(again) == standing(first)
    assert max(Counter(said.id for said in again.said).values()) == 1
    for bench in (first, again):
        assert bench.clock is not None
        assert listed(bench.orders) == {
            (board, step.due_at)
            for step in bench.clock.steps
            if step.stands and not step.owes_orders
            for board in DOES["listed"]
            if step.rung == "listed"
        }


def listed(orders: list[DeskOrdered]) -> set[tuple[str, datetime]]:
    """What was listed and since when, on whatever place's board, and not taken back."""
    places: dict[tuple[str, datetime], str | None] = {}
    for order in orders:
        if order.order == "list":
            places[str(order.board), order.effective_at] = order.board_place
        if order.order == "unlist":
            assert order.board_place in (None, places.pop((str(order.board), order.effective_at)))
    return set(places)


def standing(bench: Bench) -> list[tuple[int, str, datetime]]:
    assert bench.clock is not None
    return sorted((step.round, step.rung, step.due_at) for step in bench.clock.steps if step.stands)


@settings(max_examples=150)
@given(HISTORIES)
def test_in_every_history_the_holders_time_sums_to_the_whole(events: list[tuple[str, int]]) -> None:
    bench = lives_through(history(events), [])

    assert bench.clock is not None
    worktime = FULL.worktime(bench.clock.limit)
    counted = count(bench.clock.lap, bench.clock.limit, worktime, at=MORNING + 500 * HOUR)
    assert sum(counted.by_holder.values(), timedelta()) == counted.elapsed
    assert bench.facts[-1].segments == bench.clock.segments


SUGGESTED = OrderedParty(holder="department:gas", kind="handle", role="lead")
ASKED: dict[str, Any] = {
    "kind": "dispatch",
    "role": "dispatch",
    "holder": "desk:110101009",
    "limit": limit(1),
    "suggestion": Suggestion(parties=(SUGGESTED,), automatic_at=MORNING + 0.9 * HOUR),
}
"""A desk has an hour to decide; after 54 minutes it is dispatched by itself, a warning comes after 48."""
DISPATCH_LADDER = {
    **FULL_LADDER,
    "ladders": [
        {
            "name": "dispatch",
            "kinds": ["dispatch"],
            "rungs": [
                WARNING,
                {"name": "automatic", "at": "automatic-at", "effects": ["dispatch"]},
                OVERDUE,
            ],
        },
        *(each for each in FULL_LADDER["ladders"] if each["name"] != "dispatch"),
    ],
}


@pytest.mark.parametrize(
    ("decided", "stands"),
    [
        (0.5, []),
        (0.8, [(1, "warning")]),
        (0.85, [(1, "warning")]),
        (0.9, [(1, "warning"), (1, "automatic")]),
    ],
)
@pytest.mark.parametrize("told", ["desk first", "ladder first", "only the last", "again"])
def test_a_desk_that_was_first_has_no_rung_of_what_was_dispatched_by_itself(
    decided: float, stands: list[tuple[int, str]], told: str
) -> None:
    bench = Bench(almanac=almanac(ladder=DISPATCH_LADDER)).hears(task(**ASKED), at=MORNING)
    automatic, at, now = MORNING + 0.9 * HOUR, MORNING + decided * HOUR, MORNING + HOUR
    if told != "desk first":
        bench.swings(MORNING + 0.95 * HOUR)
        assert [order.order for order in bench.orders] == ["dispatch"]
    if told in ("ladder first", "again"):
        bench.hears(done(**ASKED), at=automatic, now=now)
        assert bench.standing == [(1, "warning"), (1, "automatic")]
    bench.hears(done(3, **ASKED), at=at, now=now)
    if told == "again":
        bench.hears(done(2, **ASKED), at=automatic, now=now).hears(done(3, **ASKED), at=at, now=now)
    bench.swings(MORNING + 9 * HOUR)

    assert bench.standing == stands
    assert bench.clock is not None
    assert [segment.ended_at for segment in bench.clock.segments] == [at]
    assert [order.order for order in bench.orders] == ([] if told == "desk first" else ["dispatch"])
    assert max(Counter(said.id for said in bench.said).values()) == 1
