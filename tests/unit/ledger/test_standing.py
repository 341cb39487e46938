"""How a matter stands follows from what was said, not from the order in which it was heard."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from tests.unit.ledger.telling import GAS, STORY, told
from wangge_ledger.standing import Standing

RANG = "clocks.changed.v1/clock-rang"
WHEN_IT_WAS_SAID = "2026-01-06T02:30:00.000Z"


def standing(*names: str) -> Standing:
    sheet = Standing()
    for name in names:
        sheet.take(told(name))
    return sheet


@given(st.permutations(STORY))
@settings(max_examples=60)
def test_every_order_of_hearing_ends_in_the_same_rows(order: list[str]) -> None:
    heard = standing(*order)

    expected = standing(*STORY)
    assert (heard.incidents, heard.tasks, heard.clocks, heard.notices, heard.had) == (
        expected.incidents,
        expected.tasks,
        expected.clocks,
        expected.notices,
        expected.had,
    )
    assert sorted(heard.entries, key=lambda entry: entry.message_id) == sorted(
        expected.entries, key=lambda entry: entry.message_id
    )


def test_all_that_was_said_of_a_matter_stands_in_its_chronicle() -> None:
    assert len(standing(*STORY).entries) == len(STORY)


def test_what_intake_accepted_never_overwrites_what_the_router_made_of_it() -> None:
    heard = standing("incidents.changed.v1/closed", "incidents.accepted.v1/gas-leak")

    assert (heard.incidents[GAS].state, heard.incidents[GAS].is_open) == ("closed", False)


def test_an_accepted_matter_is_open_before_the_router_has_spoken() -> None:
    row = standing("incidents.accepted.v1/gas-leak").incidents[GAS]

    assert (row.revision, row.state, row.is_open, row.street) == (0, "accepted", True, "110101009")


def test_a_matter_is_found_by_its_words_in_lower_case() -> None:
    row = standing("incidents.changed.v1/dispatched").incidents[GAS]

    assert all(word in row.search for word in ("110101-2026-0000123", "gas leak", "燃气泄漏", "38号楼"))


def test_a_matter_that_is_not_hidden_shows_its_place_and_description() -> None:
    row = standing("incidents.changed.v1/dispatched").incidents[GAS]

    assert (row.hidden, row.community) == (False, "110101009015")
    assert {"address", "description"} <= json.loads(row.card).keys()


def test_a_restricted_matter_tells_neither_place_nor_description() -> None:
    sheet = Standing()
    sheet.take(told("incidents.accepted.v1/gas-leak", sensitivity="restricted"))

    row = sheet.incidents[GAS]
    assert row.hidden
    assert "602" not in row.card + row.search


def test_a_hidden_matter_is_not_found_by_the_number_that_its_terminal_gave_it() -> None:
    found = []
    for confidential in (False, True):
        sheet = Standing()
        sheet.take(told("incidents.accepted.v1/gas-leak", confidential=confidential, report_id="12345-0042"))
        found.append("12345-0042" in sheet.incidents[GAS].search)

    assert found == [True, False]


def test_a_sensitivity_that_we_do_not_know_hides_as_well() -> None:
    sheet = Standing()
    sheet.take(told("incidents.accepted.v1/gas-leak", sensitivity="secret"))

    assert sheet.incidents[GAS].hidden


def test_a_confidential_reporter_hides_the_matter() -> None:
    sheet = Standing()
    sheet.take(told("incidents.accepted.v1/gas-leak", confidential=True))

    assert sheet.incidents[GAS].hidden


def overdue(sheet: Standing) -> bool:
    (clock,) = sheet.clocks.values()
    return clock.is_overdue


def test_a_clock_is_overdue_from_its_hundred_percent_rung_on() -> None:
    warned, rang = Standing(), Standing()
    warned.take(told(RANG))
    rang.take(told(RANG, rung="overdue", remaining_s=0, deadline=WHEN_IT_WAS_SAID))

    assert [overdue(sheet) for sheet in (warned, rang)] == [False, True]


@pytest.mark.parametrize(("deadline", "over"), [("02:30:00.090Z", True), ("02:30:00.091Z", False)])
def test_a_clock_is_overdue_at_the_very_instant_of_its_deadline(deadline: str, *, over: bool) -> None:
    sheet = Standing()
    sheet.take(told(RANG, deadline=f"2026-01-06T{deadline}"))

    assert overdue(sheet) is over


@pytest.mark.parametrize("change", ["recalculated", "rung-withdrawn"])
def test_what_is_told_of_an_earlier_instant_leaves_a_clock_overdue(change: str) -> None:
    sheet = Standing()
    sheet.take(
        told(
            RANG,
            change=change,
            effective_at="2026-01-06T02:10:00.000Z",
            remaining_s=1200,
            deadline=WHEN_IT_WAS_SAID,
        )
    )

    assert overdue(sheet)


def test_a_clock_that_has_a_later_deadline_is_not_overdue_any_more() -> None:
    sheet = Standing()
    sheet.take(told(RANG, rung="overdue", remaining_s=0, deadline=WHEN_IT_WAS_SAID))
    sheet.take(told(RANG, revision=3, change="extended", remaining_s=360))

    assert not overdue(sheet)


def test_a_limit_that_is_used_up_in_the_evening_and_ends_in_the_morning_is_not_overdue_at_night() -> None:
    sheet = Standing()
    sheet.take(told(RANG, change="recalculated", remaining_s=0))

    assert not overdue(sheet)


def test_a_clock_that_stopped_is_not_overdue_any_more() -> None:
    sheet = Standing()
    sheet.take(told("clocks.changed.v1/clock-stopped", remaining_s=-60, deadline="2026-01-06T02:23:10.000Z"))

    assert not overdue(sheet)


def test_a_notice_stands_as_the_courier_last_told_it() -> None:
    sheet = Standing()
    sheet.take(told("notices.changed.v1/delivered", sequence=3))
    sheet.take(told("notices.changed.v1/delivered", sequence=2, state="sending"))
    sheet.take(told("notices.composed.v1/attend"))

    (notice,) = sheet.notices.values()
    assert notice.sequence == 3
    assert '"state":"delivered"' in notice.document
