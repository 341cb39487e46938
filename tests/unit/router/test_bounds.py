"""
What a message cannot hold is refused to who wants it said; what a row keeps can be read again, however long.

Of either nobody would hear: an act that cannot be told becomes a dead letter, and so does everything that is
said of an incident whose row cannot be read.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.router.scenes import (
    HOUR,
    MANAGER,
    Play,
    accepted,
    answer,
    begun,
    directory,
    ladder as by_ladder,
    minutes,
    order,
)
from tests.unit.router.test_dividing import crowd
from tests.unit.router.test_outages import ladder, outage
from wangge_contracts.reckoning import Hours
from wangge_contracts.v1 import ActJudged, Attachment, DeskOrdered
from wangge_router.case import Case
from wangge_router.remembering import MOST, MOST_BYTES, Memory
from wangge_router.results import Then
from wangge_router.store import docket_of, row_of


def read_again(play: Play) -> Case | None:
    return docket_of("incident", row_of(play.docket), None).case


def limited(**limit: Any) -> DeskOrdered:
    """The street's order to handle it within that limit."""
    ordered = order("dispatch", "handle department:water", at=2)
    (party,) = ordered.model_dump(mode="json", exclude_none=True)["parties"]
    parties = [party | {"limit": HOUR | limit}]
    return DeskOrdered.model_validate_json(
        DeskOrdered.model_validate(dict(ordered) | {"parties": parties}).write()
    )


@pytest.mark.parametrize(
    "limit",
    [
        {"clock_kind": "working-days", "calendar": "never-published"},
        {"clock_kind": "working-days", "value": 3000.0},
        {"clock_kind": "natural-days", "value": 100_000.0},
    ],
)
@pytest.mark.parametrize("wants_reply", [False, True])
def test_a_limit_that_no_clock_can_count_is_refused(limit: dict[str, Any], wants_reply: bool) -> None:
    play = begun("0502", wants_reply=wants_reply).hear(limited(**limit))

    assert play.complaint == ("invalid", "/parties/0/limit")


def test_a_limit_that_a_clock_can_count_is_taken() -> None:
    assert begun("0502").hear(limited(value=3.0)).verdict == ("applied",)


def test_a_task_is_on_no_more_boards_than_it_can_tell() -> None:
    play = begun()
    for number in range(10):
        play.hear(order("list", at=number + 1, board="community", board_place=f"1101010090{number:02}"))
    assert play.verdict == ("applied",)

    play.hear(order("list", at=20, board="community", board_place="110101009099"))

    assert play.complaint == ("too-much", "/board")
    assert read_again(play) == play.case


def test_however_many_work_on_a_task_the_row_of_its_incident_can_be_read() -> None:
    play = begun()
    for number in range(1001):
        said = answer(play.task("handle"), "progress", at=1, by=f"session-{number}", answer_id=f"a{number}")
        play.hear(said)

    assert play.verdict == ("applied",)
    assert len(play.held("handle").hands) == 1001
    assert read_again(play) == play.case


def test_of_tasks_that_nobody_knows_as_many_are_named_as_a_verdict_holds() -> None:
    play = begun().hear(order("remind", task_ids=[f"unknown-{number}" for number in range(200)]))

    assert play.verdict == ("refused", *(["unknown-task"] * 50))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Play:
    """A matter of which as many tasks are open as may be, for they are few."""
    play = crowd(8)
    monkeypatch.setattr("wangge_router.ordering.MOST_OPEN", len(play.open_tasks))
    return play


@pytest.mark.parametrize(
    "one_more",
    [
        order("call", f"attend {MANAGER}", at=5),
        order("supervise", at=5, reply_by=minutes(500)),
        by_ladder("supervise", at=5, reply_by=minutes(500)),
        order("designate", "handle department:roads", "assist department:gas", at=5),
    ],
)
def test_whatever_would_open_more_is_refused_and_says_what_to_do(few: Play, one_more: DeskOrdered) -> None:
    before = few.case
    few.hear(one_more)

    assert few.complaint == ("too-much", "/order")
    _, judged = few.told[-1]
    assert isinstance(judged, ActJudged)
    (error,) = judged.errors
    assert all(told in error.text_en for told in ("10 tasks", "withdraw", "split"))
    assert few.case == before


def test_who_lets_some_go_gives_others(few: Play) -> None:
    few.hear(order("designate", "handle department:roads", at=5))
    assert few.verdict == ("applied",)

    few.hear(order("withdraw", at=6, task_ids=[few.task("assist").task_id]))
    few.hear(order("call", f"attend {MANAGER}", at=7))
    assert few.verdict == ("applied",)


def test_who_holds_one_of_as_many_as_may_be_open_may_still_ask_his_desk(few: Play) -> None:
    few.says("handle", "request-extension", at=5, requested_until=minutes(300))
    assert few.verdict == ("pending-approval",)

    few.hear(order("approve", at=6, task_ids=[few.task("approve").task_id]))
    assert few.case.incident.counts.extensions == 1


def test_a_reply_is_wanted_within_a_limit_that_can_be_told() -> None:
    play = begun().hear(order("supervise", reply_by=datetime(2062, 1, 7, tzinfo=UTC)))

    assert play.complaint == ("too-much", "/reply_by")


def test_a_rule_names_no_more_helpers_than_a_desk_can_be_asked_to_confirm() -> None:
    helpers = [f"unit-{number}" for number in range(49)]

    assert Then(lead="water", assists=tuple(helpers)).assists == tuple(helpers)
    with pytest.raises(ValidationError, match="more than 49 who assist or attend"):
        Then(lead="water", assists=(*helpers, "one-more"))


def photos(count: int) -> tuple[Attachment, ...]:
    photo = {"sha256": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "purpose": "before"}
    url = f"https://photos.example/{'x' * 1900}"
    return tuple(Attachment.model_validate(photo | {"slot": str(n), "url": url}) for n in range(count))


def test_of_large_incidents_fewer_are_remembered() -> None:
    memory, large = Memory(), begun(attachments=photos(50)).docket
    rows = []
    for number in range(MOST):
        large.incident_id = f"large-{number}"
        rows.append(row_of(large, memory))
    remembered = [
        number for number, row in enumerate(rows) if row and memory.recall(f"large-{number}", row) is not None
    ]

    each = sum(len(line) for _, line in large.written()[1].values())
    assert remembered == list(range(MOST - MOST_BYTES // each, MOST))


def test_a_kind_of_incident_is_remembered_without_what_was_reported() -> None:
    play = Play(directory()).hear(accepted(attachments=photos(50)))
    (ruled,) = play.directory.routes._ruled.values()

    assert ruled.moulds
    assert "photos.example" not in repr(ruled.moulds)
    again = Play(play.directory).hear(accepted(incident_id="incident", attachments=photos(1)))
    assert again.task("handle").attachments == photos(1)


def test_what_is_declared_again_and_again_is_counted_once() -> None:
    declared = [outage(at, at + 30) for at in range(0, 600, 60)]
    published = [ladder(*declared[:count]) for count in range(1, len(declared) + 1)]

    assert len(Hours.of([], published)._outages) == len(declared)
    back = [*published, ladder(*declared[:-1], declared[-1] | {"taken_back_at": minutes(700).isoformat()})]
    assert len(Hours.of([], [*back, published[-1]])._outages) == len(declared) + 2
