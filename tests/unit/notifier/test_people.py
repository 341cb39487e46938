"""Whoever is on duty is told, else a deputy, else the desk; and every person once."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.notifier.telling import PARTS, TEMPLATES, incident, scene
from wangge_contracts.v1 import IncidentChanged, NoticeComposed, OtherTurn
from wangge_notifier.composing import of_incident
from wangge_notifier.contacts import CONSOLE, Endpoint, Reach, firsts, ways
from wangge_notifier.directory import Directory
from wangge_notifier.lettering import Scene
from wangge_notifier.writing import written

GRID = "110101009015004"
POLICE, MANAGER, FIRE = (f"officer:{GRID}/{role}" for role in ("police", "manager", "fire"))
DESK, WATER, GAS = "desk:110101009", "department:water", "department:gas"
MORNING = datetime(2026, 1, 6, 2, 6, tzinfo=UTC)
"""A Tuesday, 10:06 by the district's clocks."""
NIGHT = datetime(2026, 1, 6, 15, 30, tzinfo=UTC)
"""23:30 there."""
OFFICE = {"office": [{"days": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-18:00"}]}


WORKS = {"office": [{"days": ["working"], "hours": "09:00-18:00"}]}
CALENDAR = {
    "name": "city",
    "time_zone": "Asia/Shanghai",
    "hours": [{"since": "09:00", "until": "18:00"}],
    "first_year": 2026,
    "last_year": 2026,
    "closed": ["2026-10-02"],
    "opened": ["2026-10-10"],
}


def post(holder: str, staff_id: str) -> dict[str, Any]:
    return {"holder": holder, "name": {"zh": holder, "en": holder}, "staff_id": staff_id}


def setting(
    *,
    now: datetime = MORNING,
    rosters: dict[str, Any] | None = None,
    people: list[dict[str, Any]] | None = None,
    contacts: list[dict[str, Any]] | None = None,
) -> Scene:
    """The tests' bundle with three posts of one grid, and what else is given."""
    parts = deepcopy(PARTS)
    parts["places"].append(
        {"code": GRID, "scheme": "bj15", "level": "grid", "name": {"zh": "第4网格", "en": "Grid 4"}}
    )
    posts = [post(POLICE, "p1"), post(MANAGER, "m1"), post(FIRE, "f1")]
    parts["rosters"] = {"posts": posts, "shifts": OFFICE, **(rosters or {})}
    parts["contacts"]["people"] = people or []
    parts["contacts"]["contacts"] += contacts or []
    parts |= {"district": PARTS["district"] | {"calendar": "city"}, "calendars": {"calendars": [CALENDAR]}}
    return replace(scene(), directory=Directory.of("1", parts), now=now)


def called(*holders: str, **changed: Any) -> IncidentChanged:
    """A fact that calls these, each by a task of his own."""
    message = incident(**changed)
    tasks = tuple(
        message.tasks[1].model_copy(update={"task_id": f"t{number}", "holder": holder})
        for number, holder in enumerate(holders)
    )
    return message.model_copy(update={"tasks": tasks})


def composed(message: IncidentChanged, at: Scene) -> list[NoticeComposed]:
    return [notice for letter in of_incident(message, at) for notice in written(letter, at)]


def turns(notice: NoticeComposed) -> list[str | None]:
    """Every task that a confirmation of the notice answers."""
    return [notice.task_id, *(turn.task_id for turn in notice.also)]


def told(message: IncidentChanged, at: Scene) -> list[tuple[str, str | None, str]]:
    """Post, person and reason of each notice."""
    return [
        (notice.recipient.ref, notice.recipient.staff_id, notice.why.recipient)
        for notice in composed(message, at)
        if notice.why is not None
    ]


def test_the_person_at_the_post_is_told() -> None:
    assert told(called(POLICE), setting()) == [(POLICE, "p1", "holder")]


def test_who_is_off_duty_is_not_told_but_his_deputy_is() -> None:
    at = setting(
        now=NIGHT, rosters={"duty": {"grid/police": "office"}, "deputies": {"grid/police": "grid/manager"}}
    )

    (notice,) = composed(called(POLICE), at)
    assert (notice.recipient.ref, notice.recipient.staff_id, notice.holder) == (MANAGER, "m1", POLICE)
    assert notice.why is not None
    assert (notice.why.recipient, notice.why.instead_of) == ("deputy", POLICE)
    assert f"代{POLICE}" in notice.text.text


def test_a_deputy_who_is_off_duty_passes_it_on() -> None:
    deputies = {"grid/police": "grid/fire", "grid/fire": "grid/manager"}
    at = setting(now=NIGHT, rosters={"duty": {POLICE: "office", FIRE: "office"}, "deputies": deputies})

    assert told(called(POLICE), at) == [(MANAGER, "m1", "deputy")]


@pytest.mark.parametrize(
    "deputies", [{}, {"grid/police": "grid/fire"}, {"grid/police": "grid/fire", "grid/fire": "grid/police"}]
)
def test_where_nobody_is_on_duty_the_desk_is_asked_to_find_somebody(deputies: dict[str, str]) -> None:
    at = setting(now=NIGHT, rosters={"duty": {POLICE: "office", FIRE: "office"}, "deputies": deputies})

    (notice,) = composed(called(POLICE), at)
    assert (notice.recipient.ref, notice.template.name) == (DESK, "nobody-on-duty")
    assert notice.why is not None
    assert (notice.why.recipient, notice.why.instead_of) == ("nobody-on-duty", POLICE)
    assert "立即到场" in notice.text.text


def test_at_his_hours_the_person_himself_is_told() -> None:
    at = setting(rosters={"duty": {"grid/police": "office"}, "deputies": {"grid/police": "grid/manager"}})

    assert told(called(POLICE), at) == [(POLICE, "p1", "holder")]


@pytest.mark.parametrize(("day", "there"), [(2, False), (9, True), (10, True), (11, False)])
def test_a_shift_of_working_days_is_away_on_a_holiday_and_there_on_a_make_up_day(
    day: int, there: bool
) -> None:
    rosters = {
        "shifts": WORKS,
        "duty": {"grid/police": "office"},
        "deputies": {"grid/police": "grid/manager"},
    }
    at = setting(now=datetime(2026, 10, day, 2, tzinfo=UTC), rosters=rosters)

    assert [ref for ref, _, _ in told(called(POLICE), at)] == [POLICE if there else MANAGER]


def test_what_is_not_urgent_waits_for_the_end_of_days_off() -> None:
    reach = {"quiet": [{"days": ["off"]}]}
    at = setting(
        now=datetime(2026, 10, 2, 2, tzinfo=UTC), people=[{"staff_id": "p1", "endpoints": BOTH, **reach}]
    )
    message = called(POLICE)
    tasks = (message.tasks[0].model_copy(update={"urgency": "normal"}),)
    _, rung = composed(message.model_copy(update={"tasks": tasks}), at)

    # Friday the second is a holiday, and a weekend follows.
    assert rung.not_before == datetime(2026, 10, 4, 16, tzinfo=UTC)


def test_who_holds_two_posts_hears_of_both_turns_once() -> None:
    at = setting(rosters={"posts": [post(POLICE, "p1"), post(FIRE, "p1")]})

    (notice,) = composed(called(POLICE, FIRE), at)
    revision = incident().tasks[1].revision
    assert notice.task_id == "t0"
    assert notice.also == (OtherTurn(task_id="t1", task_revision=revision, holder=FIRE),)


def test_who_holds_more_posts_than_a_notice_can_name_hears_of_all_his_turns() -> None:
    posts = [f"officer:{GRID}/post-{number}" for number in range(25)]
    at = setting(rosters={"posts": [post(each, "p1") for each in posts]})

    notices = composed(called(*posts), at)
    assert sorted(1 + len(notice.also) for notice in notices) == [3, 11, 11]
    assert {turn for notice in notices for turn in turns(notice)} == {f"t{number}" for number in range(25)}
    assert len({notice.notice_id for notice in notices}) == 3


def test_who_stands_in_for_two_hears_of_it_once() -> None:
    duty = {"grid/police": "office", "grid/fire": "office"}
    deputies = {"grid/police": "grid/manager", "grid/fire": "grid/manager"}

    (notice,) = composed(
        called(POLICE, FIRE), setting(now=NIGHT, rosters={"duty": duty, "deputies": deputies})
    )
    assert [turn.holder for turn in notice.also] == [FIRE]


def test_a_desk_hears_of_every_unit_that_it_must_call() -> None:
    message = incident()
    tasks = tuple(
        message.tasks[0].model_copy(update={"task_id": task_id, "holder": holder})
        for task_id, holder in (("t0", GAS), ("t1", "department:property"))
    )
    at = setting()
    directory = replace(at.directory, contact_only=frozenset({GAS, "department:property"}))
    notices = composed(message.model_copy(update={"tasks": tasks}), replace(at, directory=directory))

    assert [notice.template.name for notice in notices] == ["task-call", "task-call"]
    assert [notice.why.instead_of for notice in notices if notice.why] == [GAS, "department:property"]


def test_what_concerns_a_task_is_told_with_it() -> None:
    """A supervision changes the task and gives its holder a task of its own: that is one thing to hear."""
    message = incident()
    given = message.tasks[0].model_copy(update={"holder": WATER, "change": "supervised"})
    reply = given.model_copy(
        update={"task_id": "s", "kind": "supervise", "change": "assigned", "concerns": given.task_id}
    )
    notices = composed(message.model_copy(update={"tasks": (given, reply)}), setting())

    assert [(notice.template.name, notice.channel) for notice in notices] == [
        ("task-supervised", "console"),
        ("task-supervised", "webhook"),
    ]


def test_a_units_people_are_told_and_those_off_duty_are_not() -> None:
    people: list[dict[str, Any]] = [
        {"staff_id": "w1", "at": [WATER], "name": {"zh": "甲", "en": "A"}},
        {"staff_id": "w2", "at": [WATER], "shift": "office"},
    ]

    assert [each[1] for each in told(called(WATER), setting(people=people))] == ["w1", "w1", "w2", "w2"]
    assert [each[1] for each in told(called(WATER), setting(now=NIGHT, people=people))] == ["w1", "w1"]


def test_a_person_is_called_by_his_name_and_a_post_by_its_own() -> None:
    people = [{"staff_id": "p1", "name": {"zh": "甲", "en": "A"}}]

    assert composed(called(POLICE), setting(people=people))[0].recipient.name == "甲"
    assert composed(called(FIRE), setting(people=people))[0].recipient.name == FIRE


SMS, MAIL = {"channel": "sms", "address": "+86-1"}, {"channel": "email", "address": "p@example.org"}
BOTH = [{"channel": "console"}, SMS, MAIL]


@pytest.mark.parametrize(
    ("urgency", "reach", "means"),
    [
        ("urgent", {}, [("console", "shown", []), ("sms", "usual", ["email"])]),
        (
            "urgent",
            {"prefer": {"urgent": ["email", "sms"]}},
            [("console", "shown", []), ("email", "preferred", ["sms"])],
        ),
        ("urgent", {"prefer": {"urgent": ["email"]}}, [("console", "shown", []), ("email", "preferred", [])]),
        ("urgent", {"prefer": {"urgent": []}}, [("console", "shown", [])]),
        (
            "urgent",
            {"prefer": {"normal": ["email"]}},
            [("console", "shown", []), ("sms", "usual", ["email"])],
        ),
        ("urgent", {"endpoints": [SMS]}, [("sms", "usual", [])]),
        ("urgent", {"endpoints": [SMS], "prefer": {"urgent": []}}, [("console", "shown", [])]),
    ],
)
def test_means_are_chosen_by_urgency_and_the_others_follow(
    urgency: str, reach: dict[str, Any], means: list[tuple[str, str, list[str]]]
) -> None:
    at = setting(people=[{"staff_id": "p1", "endpoints": BOTH, **reach}])
    message = called(POLICE)
    tasks = (message.tasks[0].model_copy(update={"urgency": urgency}),)
    notices = composed(message.model_copy(update={"tasks": tasks}), at)

    assert [
        (notice.channel, notice.why.channel, [fallback.channel for fallback in notice.fallbacks])
        for notice in notices
        if notice.why is not None
    ] == means


def test_a_fallback_leads_to_an_address() -> None:
    at = setting(people=[{"staff_id": "p1", "endpoints": BOTH}])
    notice = composed(called(POLICE), at)[1]

    (fallback,) = notice.fallbacks
    assert at.directory.addresses[notice.endpoint_key, "p1"].address == "+86-1"
    assert at.directory.addresses[fallback.endpoint_key, "p1"].address == "p@example.org"


@pytest.mark.parametrize(
    ("now", "reach", "until", "digest"),
    [
        (NIGHT, {"quiet": [{"hours": "22:00-07:00"}]}, "2026-01-06T23:00:00+00:00", False),
        (MORNING, {"quiet": [{"hours": "22:00-07:00"}]}, None, False),
        (MORNING, {"digest": "08:30"}, "2026-01-07T00:30:00+00:00", True),
        (
            MORNING,
            {"digest": "06:30", "quiet": [{"hours": "22:00-07:00"}]},
            "2026-01-06T23:00:00+00:00",
            True,
        ),
    ],
)
def test_what_is_not_urgent_waits(
    now: datetime, reach: dict[str, Any], until: str | None, digest: bool
) -> None:
    at = setting(now=now, people=[{"staff_id": "p1", "endpoints": BOTH, **reach}])
    message = called(POLICE)
    tasks = (message.tasks[0].model_copy(update={"urgency": "normal"}),)
    shown, rung = composed(message.model_copy(update={"tasks": tasks}), at)

    assert (shown.not_before, shown.digest) == (None, False)
    assert rung.not_before == (datetime.fromisoformat(until) if until else None)
    assert rung.digest is digest


@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
def test_what_is_urgent_waits_for_no_hour(urgency: str) -> None:
    reach = {"quiet": [{}], "digest": "08:30"}
    at = setting(now=NIGHT, people=[{"staff_id": "p1", "endpoints": BOTH, **reach}])
    message = called(POLICE)
    tasks = (message.tasks[0].model_copy(update={"urgency": urgency}),)

    assert {notice.not_before for notice in composed(message.model_copy(update={"tasks": tasks}), at)} == {
        None
    }


def test_everybody_is_told_in_his_own_language() -> None:
    people = [{"staff_id": "p1", "lang": "en"}]
    notice = composed(called(POLICE), setting(people=people))[0]

    assert notice.template.lang == "en"
    assert "Please go there at once" in notice.text.text


def test_a_drill_reaches_people_by_their_own_means() -> None:
    at = setting(people=[{"staff_id": "p1", "endpoints": BOTH}])
    notices = composed(called(POLICE, incident__mode="exercise"), at)

    assert [notice.channel for notice in notices] == ["console", "sms"]
    assert {notice.cap.status for notice in notices} == {"exercise"}


def test_a_text_of_the_citys_own_says_so_by_its_version() -> None:
    wording = {"subject": "x", "text": "{{ case }}"}
    templates = TEMPLATES.with_own({"templates": {"attend": {"zh": wording, "en": wording}}})
    (notice,) = composed(called(POLICE), replace(setting(), templates=templates))

    assert notice.text.text == notice.case_number
    assert notice.template.version == templates.version("attend") != "1"


TEXT, SECOND, LETTER = (
    Endpoint(channel="sms", address="+86-1"),
    Endpoint(channel="sms", address="+86-2"),
    Endpoint(channel="email", address="a@example.org"),
)


@pytest.mark.parametrize(
    ("reach", "count"),
    [
        (None, 0),
        (Reach(endpoints=(CONSOLE,)), 0),
        # What follows when the first has failed is no further means: the notice was counted at the first.
        (Reach(endpoints=(TEXT, LETTER, SECOND)), 1),
        (Reach(endpoints=(TEXT, LETTER), prefer={"normal": ("email",)}), 2),
        (Reach(endpoints=(TEXT, LETTER), prefer={"normal": (), "urgent": ("email", "sms")}), 2),
        (Reach(endpoints=(CONSOLE, TEXT, LETTER), prefer={"normal": ("sms",)}), 1),
    ],
)
def test_the_endpoints_that_come_first_at_some_urgency_are_counted(reach: Reach | None, count: int) -> None:
    assert firsts(reach, (CONSOLE,)) == count


def test_a_console_shows_everything_whatever_address_somebody_gave_it() -> None:
    reach = Reach(endpoints=(Endpoint(channel="console", address="desk 3"), TEXT))

    assert [(way.endpoint, way.reason) for way in ways(reach, (CONSOLE,), "normal")] == [
        (CONSOLE, "shown"),
        (TEXT, "usual"),
    ]
