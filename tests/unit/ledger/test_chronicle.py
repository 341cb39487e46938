"""Each message adds one line to its matter, and says in a few words what happened and who did it."""

import pytest

from tests.unit.ledger.telling import GAS, STORY, told
from wangge_contracts.schemas import ROOT
from wangge_ledger.chronicle import TOPICS, Entry, entry_of


def line(name: str, **changed: object) -> Entry:
    entry = entry_of(told(name, **changed))  # type: ignore[arg-type]
    assert entry is not None
    return entry


@pytest.mark.parametrize(
    ("name", "what", "who"),
    [
        ("incidents.accepted.v1/gas-leak", "accepted", "terminal:pda"),
        ("incidents.rejected.v1/says-nothing", "rejected missing", "intake"),
        ("reports.attached.v1/reminder", "attached reminder", "terminal:pda"),
        ("incidents.changed.v1/dispatched", "dispatched", "desk:110101009 D-009-04"),
        ("incidents.changed.v1/accepted-into-router", "accepted-into-router", "router"),
        ("tasks.answered.v1/done", "answered done", "department:gas G-114"),
        ("desk.ordered.v1/dispatch", "ordered dispatch", "desk:110101009 D-009-04"),
        ("desk.ordered.v1/ladder-lists", "ordered list", "ladder:listed-street"),
        ("acts.judged.v1/order-applied", "judged applied", "router"),
        ("clocks.changed.v1/clock-rang", "clock rang warning-80", "department:gas"),
        ("notices.composed.v1/attend", "notice composed webhook", "officer:110101009015004/police"),
        ("notices.changed.v1/delivered", "notice delivered webhook", "officer:110101009015004/police"),
        ("notices.answered.v1/confirmed", "notice answered confirmed", "webhook"),
    ],
)
def test_a_line_says_what_and_who(name: str, what: str, who: str) -> None:
    entry = line(name)

    assert (entry.what, entry.who) == (what, who)


def test_lines_are_told_in_effective_order_causes_before_effects() -> None:
    lines = sorted(
        (line(name) for name in STORY),
        key=lambda entry: (entry.effective_at, entry.rank, entry.sequence, entry.message_id),
    )

    whats = [entry.what for entry in lines]
    assert whats[:5] == [
        "accepted",
        "accepted-into-router",
        "ordered dispatch",
        "dispatched",
        "judged applied",
    ]
    assert whats[-1] == "clock rang warning-80" or whats[-1] == "closed"


def test_an_answer_without_an_instant_took_effect_when_the_broker_had_it() -> None:
    received = told("tasks.answered.v1/done", effective_at=None)

    entry = entry_of(received)
    assert entry is not None
    assert entry.effective_at == received.appended_at


def test_a_receipt_that_names_no_matter_adds_no_line() -> None:
    assert entry_of(told("notices.answered.v1/confirmed", incident_id=None)) is None


@pytest.mark.parametrize(
    "name",
    [
        f"{topic}/{example.stem}"
        for topic in TOPICS
        for example in sorted((ROOT / "examples" / topic).glob("*.json"))
    ],
)
def test_whatever_is_said_of_a_matter_is_a_line_with_all_of_it(name: str) -> None:
    received = told(name)
    entry = entry_of(received)

    assert entry is not None
    assert entry.what
    assert entry.who
    assert type(received.message).read(entry.document.encode()) == received.message


def test_a_refusal_is_told_with_its_code() -> None:
    errors = [
        {"code": "too-late", "text_zh": "已过时限", "text_en": "too late", "pointer": "", "retryable": False}
    ]

    assert (
        line("acts.judged.v1/order-applied", outcome="refused", errors=errors).what
        == "judged refused too-late"
    )


def test_a_line_keeps_the_whole_message() -> None:
    assert f'"incident_id":"{GAS}"' in line("incidents.accepted.v1/gas-leak").document
