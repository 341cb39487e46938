"""An operator hears why this person, why this means, and how every attempt went."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.ledger.telling import told
from wangge_contracts.message import words
from wangge_contracts.v1 import ChannelReason, RecipientReason
from wangge_local import notices, notices_trying
from wangge_local.doors import Refused
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.notices import MEANS, WHOM, explained
from wangge_local.standing import Standing

COMPOSED = told("notices.composed.v1/attend-told-to-deputy").message.model_dump(
    mode="json", exclude_none=True
)
ID = COMPOSED["notice_id"]
NOON = datetime(2026, 1, 6, 4, 0, tzinfo=UTC)


def line(topic: str, **changed: Any) -> dict[str, Any]:
    return {"topic": topic, "document": {**COMPOSED, **changed}}


def matter(**kept: Any) -> dict[str, Any]:
    return {
        "timeline": [
            line("notices.composed.v1"),
            line("notices.changed.v1", state="sending", attempt=1),
            line("notices.changed.v1", state="failed", attempt=1, outcome={"code": "500"}),
            line("notices.changed.v1", notice_id="another", state="sent"),
            {"topic": "notices.answered.v1", "document": {"notice_id": ID, "answer": "resend", "at": "x"}},
            {"topic": "incidents.changed.v1", "document": {}},
        ],
        "notices": [COMPOSED, {**COMPOSED, "notice_id": "next", "fallback_of": ID}],
        **kept,
    }


def test_both_reasons_are_said_in_words() -> None:
    account = explained(COMPOSED, matter())

    assert account["whom"] == "stands in for officer:110101009015004/police, of whom nobody is on duty"
    assert account["means"] == "comes first at this urgency"
    assert (account["fact"], account["then"]) == ("task-assigned", ["voice", "console"])


def test_every_attempt_of_this_notice_and_no_other_is_told() -> None:
    attempts = explained(COMPOSED, matter())["attempts"]

    assert [(each["state"], each["code"]) for each in attempts] == [
        ("composed", None),
        ("sending", None),
        ("failed", "500"),
        ("resend", None),
    ]


def test_what_came_before_and_after_is_named() -> None:
    assert explained(COMPOSED, matter())["others"] == [("fell back to", "next")]
    after = {**COMPOSED, "notice_id": "next", "fallback_of": ID}
    assert explained(after, matter())["others"] == [("fallback of", ID)]


def test_a_notice_of_before_reasons_were_written_is_told_all_the_same() -> None:
    old = {name: value for name, value in COMPOSED.items() if name != "why"}

    assert explained(old, matter())["whom"] == "it was not written down"


@pytest.mark.parametrize(("known", "kind"), [(WHOM, RecipientReason), (MEANS, ChannelReason)])
def test_there_are_words_for_every_reason(known: dict[str, str], kind: Any) -> None:
    assert set(known) == set(words(kind))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "110101-2026-0000009",
            "none: nothing is known of 110101-2026-0000009: was it accepted? wangge ",
        ),
        ("110101-2026-0000001", "none\n"),
        (None, "none\n"),
    ],
)
def test_of_a_case_that_is_not_known_it_is_said_beside_that_there_are_no_notices(
    asked: str | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def get(path: str, **_: Any) -> dict[str, Any]:
        if path.endswith("0000009"):
            raise Refused(404, {"detail": "nothing is known of 110101-2026-0000009"})
        return {"notices": []}

    monkeypatch.setattr(notices, "ledger_of", lambda _: SimpleNamespace(get=get))
    house = HouseFolder(tmp_path)
    notices.show_list(house, incident=asked, to=None, channel=None, state=None, limit=9, as_json=False)

    assert capsys.readouterr().out.startswith(said)


def test_a_trial_goes_by_what_holds_now_and_not_by_what_is_to_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime | None] = []

    def standing(_: str, *, at: datetime | None = None) -> Standing:
        asked.append(at)
        return Standing("v1", None, frozenset(), {})

    for name in ("ledger_of", "kafka_of", "postgres_of"):
        monkeypatch.setattr(notices_trying, name, lambda *_: None)
    monkeypatch.setattr(notices_trying, "ClockKeeper", lambda _: SimpleNamespace(now=lambda: NOON))
    monkeypatch.setattr(notices_trying, "standing", standing)

    with pytest.raises(GroundError, match="is no unit, desk, filled post or staff number"):
        notices_trying.send(
            HouseFolder(tmp_path),
            "department:gas",
            template="task-given",
            channel=None,
            urgency="urgent",
            wait_s=1,
            as_json=False,
        )
    assert asked == [NOON]
