"""Each fact tells those who must hear of it, by their own means, and nobody else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.unit.notifier.telling import (
    NOW,
    PARTS,
    TEMPLATES,
    clock,
    incident,
    notices,
    rejected,
    scene,
    summary,
    with_task,
)
from wangge_contracts.message import instant_text
from wangge_contracts.v1 import ClockChanged, IncidentChanged, NoticeComposed, Text
from wangge_notifier.composing import clock_fact, of_clock, of_incident, of_rejection
from wangge_notifier.contacts import Lang
from wangge_notifier.directory import Directory
from wangge_notifier.lettering import Letter
from wangge_notifier.phrasing import KnownTask, known_task
from wangge_notifier.writing import written

DESK, POLICE = "desk:110101009", "officer:110101009015004/police"


def of_water(change: str = "assigned", **changed: Any) -> list[Letter]:
    message = with_task(change, **changed)
    task = message.tasks[0].model_copy(update={"holder": "department:water"})
    return of_incident(message.model_copy(update={"tasks": (task,)}), scene())


def closed(**changed: Any) -> IncidentChanged:
    return incident("closed", **changed)


def ended(change: str, *, why: str | None = None, **changed: Any) -> IncidentChanged:
    """The close told as that *change* of the matter, with the reason for it."""
    reason = Text(text=why) if why else None
    return closed(**changed).model_copy(update={"change": change, "reason": reason})


def task(**changed: Any) -> KnownTask:
    message = incident(**changed)
    return known_task(message.incident, message.tasks[0])


def test_a_dispatch_calls_officers_and_puts_contact_only_units_before_the_desk() -> None:
    assert summary(of_incident(incident(), scene())) == [
        ("task-call", DESK, "console"),
        ("attend", POLICE, "console"),
    ]


def test_a_unit_is_told_by_each_of_its_means() -> None:
    assert summary(of_water()) == [
        ("task-given", "department:water", "console"),
        ("task-given", "department:water", "webhook"),
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("rework", ("task-rework", "department:water")),
        ("withdrawn", ("task-withdrawn", "department:water")),
        ("listed", ("task-listed", "department:water")),
        ("supervised", ("task-supervised", "department:water")),
        ("returned", ("task-returned", DESK)),
        ("forwarded", ("task-given", "department:water")),
        ("reopened", ("task-reopened", "department:water")),
        ("extended", ("task-extended", "department:water")),
        ("suspended", ("task-suspended", "department:water")),
        ("resumed", ("task-resumed", "department:water")),
        ("request-refused", ("request-refused", "department:water")),
        ("unlisted", ("task-unlisted", "department:water")),
        ("replied", ("task-replied", DESK)),
        ("reminded", ("task-reminded", "department:water")),
        ("referred-up", ("task-referred-up", "department:water")),
        ("exempted", ("task-exempted", "department:water")),
        ("revised", ("task-revised", "department:water")),
        ("a-word-of-tomorrow", ("task-revised", "department:water")),
    ],
)
def test_changes_of_a_task_tell_its_holder_or_its_desk(change: str, told: tuple[str, str]) -> None:
    assert summary(of_water(change))[0][:2] == told


@pytest.mark.parametrize("change", ["acknowledged", "progressed", "done"])
def test_other_changes_tell_nobody(change: str) -> None:
    assert summary(of_water(change)) == []


@pytest.mark.parametrize("kind", ["dispatch", "verify", "check", "approve"])
def test_who_refers_his_turn_up_is_not_told_that_he_has_it(kind: str) -> None:
    """The desk above has a task of its own."""
    message = with_task("referred-up")
    task = message.tasks[0].model_copy(update={"kind": kind, "holder": DESK})

    assert summary(of_incident(message.model_copy(update={"tasks": (task,)}), scene())) == []


def revised(*, change: str = "corrected", **changed: Any) -> list[NoticeComposed]:
    """What is told of a task of the gas company, which nothing reaches but a telephone."""
    message = with_task("revised", **changed)
    return notices(
        of_incident(
            message.model_copy(update={"change": change, "reason": Text(text="在对面那栋楼")}), scene()
        )
    )


def test_who_has_the_turn_hears_what_is_new_and_why() -> None:
    (notice,) = revised()

    assert (notice.template.name, notice.recipient.ref) == ("task-call", DESK)
    assert all(told in notice.text.text for told in ("在对面那栋楼", "第4网格", "602", "燃气味"))


def test_what_is_new_in_a_restricted_matter_is_told_without_its_words() -> None:
    (notice,) = revised(incident__sensitivity="restricted")

    assert "第4网格" in notice.text.text
    assert not any(told in notice.text.text for told in ("在对面那栋楼", "602", "燃气味"))


@pytest.mark.parametrize("state", ["done", "returned", "withdrawn", "ended"])
def test_who_is_done_hears_nothing_new_of_his_task(state: str) -> None:
    message = with_task("revised")
    task = message.tasks[0].model_copy(update={"state": state})

    assert summary(of_incident(message.model_copy(update={"tasks": (task,)}), scene())) == []


def test_that_somebody_stands_in_is_no_news_to_whom_he_stands_in_for() -> None:
    assert revised(change="dispatched") == []


def test_a_closed_matter_is_fed_back_to_a_reporter_who_asked() -> None:
    (notice,) = notices(of_incident(closed(), scene()))

    assert (notice.recipient.kind, notice.template.name) == ("reporter", "incident-closed")
    assert notice.why is not None
    assert notice.why.recipient == "reporter"
    assert "602" not in notice.text.text


SMS = {"send": {"url": "http://127.0.0.1:1/"}}
MAIL = {"host": "127.0.0.1", "sender": "grid@example.org"}
REF = "0" * 32


@pytest.mark.parametrize(
    ("channels", "contact_ref", "means"),
    [
        ({"sms": SMS, "mail": MAIL}, REF, ["sms", "email", "console"]),
        ({"mail": MAIL}, REF, ["email", "console"]),
        ({}, REF, ["console"]),
        ({"sms": SMS}, None, ["console"]),
    ],
)
def test_a_reporter_is_told_by_what_there_is_and_at_the_console_when_that_fails(
    channels: dict[str, Any], contact_ref: str | None, means: list[str]
) -> None:
    there = replace(scene(), directory=Directory.of("1", {**PARTS, "channels": channels}))
    (letter,) = of_incident(closed(incident__contact_ref=contact_ref), there)
    (notice,) = written(letter, there)

    assert [notice.channel, *(each.channel for each in notice.fallbacks)] == means
    assert len({notice.endpoint_key, *(each.endpoint_key for each in notice.fallbacks)}) == len(means)
    assert REF not in notice.endpoint_key


def test_nobody_outside_hears_of_a_test() -> None:
    there = replace(scene(), directory=Directory.of("1", {**PARTS, "channels": {"sms": SMS}}))
    (letter,) = of_incident(closed(incident__mode="test", incident__contact_ref=REF), there)

    assert [notice.channel for notice in written(letter, there)] == ["console"]


@pytest.mark.parametrize(("lang", "told"), [("zh", "不属"), ("en", "not ours")])
def test_a_reporter_whose_matter_goes_to_another_desk_is_not_told_that_it_is_none_of_the_districts(
    lang: Lang, told: str
) -> None:
    message = closed().model_copy(update={"change": "transferred"})
    (notice,) = notices(of_incident(message, scene(lang)), lang)

    assert notice.template.name == "incident-transferred"
    assert told not in notice.text.text


@pytest.mark.parametrize(
    ("lang", "told"),
    [("zh", "无需处置，已结束办理。理由：施工已报备。"), ("en", "nothing to be done. 施工已报备")],
)
def test_a_reporter_whose_matter_is_void_hears_why(lang: Lang, told: str) -> None:
    (notice,) = notices(of_incident(ended("voided", why="施工已报备"), scene(lang)), lang)

    assert (notice.recipient.kind, notice.template.name) == ("reporter", "incident-voided")
    assert told in notice.text.text


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("110101-2026-0000002", "已并入案件110101-2026-0000002一并办理"),
        (None, "已并入同一事项的另一案件一并办理"),
    ],
)
def test_a_reporter_whose_matter_is_merged_hears_under_which_number_it_goes_on(
    number: str | None, told: str
) -> None:
    (notice,) = notices(of_incident(ended("merged", incident__merged_into_number=number), scene()))

    assert (notice.recipient.kind, notice.template.name) == ("reporter", "incident-merged")
    assert told in notice.text.text


@pytest.mark.parametrize(
    ("lang", "told"),
    [("zh", "已重新办理，办结后另行告知。原因：又漏水了。"), ("en", "is open again. 又漏水了")],
)
def test_a_reporter_whose_matter_is_opened_again_hears_why(lang: Lang, told: str) -> None:
    (notice,) = notices(of_incident(ended("reopened", why="又漏水了"), scene(lang)), lang)

    assert (notice.recipient.kind, notice.template.name) == ("reporter", "incident-reopened")
    assert told in notice.text.text


@pytest.mark.parametrize("change", ["voided", "merged", "reopened"])
def test_a_reporter_of_a_restricted_matter_hears_neither_why_nor_under_which_number(change: str) -> None:
    secret = {"incident__sensitivity": "restricted", "incident__merged_into_number": "another-case"}
    (notice,) = notices(of_incident(ended(change, why="属私人纠纷", **secret), scene()))

    assert "事项" in notice.text.text
    assert not any(told in notice.text.text for told in ("属私人纠纷", "another-case"))


@pytest.mark.parametrize("change", ["closed", "voided", "merged", "reopened"])
def test_of_a_part_that_was_split_off_its_reporter_hears_only_with_the_whole(change: str) -> None:
    assert notices(of_incident(ended(change, incident__split_from="whole"), scene())) == []


def test_a_reporter_who_asked_for_nothing_hears_nothing() -> None:
    assert notices(of_incident(closed(incident__wants_reply=False), scene())) == []


def test_who_reported_in_confidence_is_not_told_what_it_was_about() -> None:
    message = ended("not-accepted", why="楼上已搬走", incident__confidential=True)
    (notice,) = notices(of_incident(message, scene()))
    class_ref = message.incident.class_ref

    assert class_ref is not None
    assert class_ref.names is not None
    assert "您反映的事项" in notice.text.text
    assert not any(said in notice.text.text for said in (class_ref.names.zh, "楼上"))


def test_a_reporter_of_a_restricted_matter_hears_not_even_its_class() -> None:
    (notice,) = notices(of_incident(closed(incident__sensitivity="restricted"), scene()))

    assert "事项" in notice.text.text


@pytest.mark.parametrize(
    ("lang", "told"), [("zh", "第4网格 工人体育馆社区38号楼"), ("en", "Gongti Community, Grid 4")]
)
def test_a_place_is_called_by_its_name_in_the_language_of_the_notice(lang: Lang, told: str) -> None:
    texts = [each.text.text for each in notices(of_incident(incident(), scene()), lang)]

    assert texts
    assert all(told in text for text in texts)


def test_a_task_that_was_kept_before_places_had_english_names_still_rings() -> None:
    kept = {**TypeAdapter(KnownTask).dump_python(task(), mode="json"), "where": "某社区 第4网格"}
    rang = clock(holder="officer:1/police", ladder="ordinary-2026", rung="warning")
    letters = of_clock(rang, TypeAdapter(KnownTask).validate_python(kept), scene())

    assert [each for each in notices(letters, "en") if "某社区 第4网格" in each.text.text]
    assert TypeAdapter(KnownTask).validate_json(TypeAdapter(KnownTask).dump_json(task())) == task()


def test_of_a_task_that_was_kept_before_we_knew_more_a_restricted_clock_tells_no_place() -> None:
    kept = replace(task(), area=None)
    rang = clock(holder="officer:1/police", ladder="ordinary-2026", rung="warning", sensitivity="restricted")

    (notice,) = notices(of_clock(rang, kept, scene()))
    assert "第4网格" not in notice.text.text


def test_who_led_hears_that_it_passed() -> None:
    letters = of_incident(closed(incident__lead="department:water"), scene())

    assert ("incident-passed", "department:water", "webhook") in summary(letters)


def test_nobody_is_called_by_telephone_because_it_is_over() -> None:
    assert [told[0] for told in summary(of_incident(closed(), scene()))] == ["incident-closed"]


def test_a_warning_tells_whom_the_ladder_names() -> None:
    rang = clock(holder="department:water", ladder="ordinary-2026", rung="warning")

    assert [told[:2] for told in summary(of_clock(rang, task(), scene()))] == [
        ("task-warned", "department:water"),
        ("task-warned", "department:water"),
    ]


def test_an_overdue_task_is_told_to_holder_and_desk() -> None:
    rang = clock(holder="officer:1/police", ladder="ordinary-2026", rung="overdue", remaining_s=0)

    assert summary(of_clock(rang, task(), scene())) == [
        ("task-overdue", "officer:1/police", "console"),
        ("task-overdue", DESK, "console"),
    ]


def test_a_rung_of_a_ladder_that_is_gone_tells_both() -> None:
    rang = clock(holder="department:water", ladder="forgotten-1", rung="warning")

    assert {told[1] for told in summary(of_clock(rang, task(), scene()))} == {"department:water", DESK}


def test_a_rung_tells_whom_its_fact_names_whatever_the_ladder_in_force_says() -> None:
    rang = clock(holder="officer:1/police", ladder="ordinary-2025", rung="overdue", effects=["tell-holder"])

    assert {told[1] for told in summary(of_clock(rang, task(), scene()))} == {"officer:1/police"}


def test_where_a_rung_has_nobody_to_reach_whom_its_fact_names_instead_is_told() -> None:
    rang = clock(
        holder="officer:110101009015004/manager",
        ladder="ordinary-2026",
        rung="warning",
        effects=["tell-desk"],
        note="tell-holder: nobody at officer:110101009015004/manager; tell-desk of overdue comes now",
    )

    assert summary(of_clock(rang, task(), scene())) == [("task-warned", DESK, "console")]


def test_a_rung_that_only_orders_tells_nobody() -> None:
    rang = clock(ladder="forgotten-1", rung="automatic", effects=["dispatch"])

    assert summary(of_clock(rang, task(), scene())) == []


def test_a_unit_that_nothing_reaches_is_the_desks_to_call_and_the_desk_hears_of_it_once() -> None:
    rang = clock(ladder="ordinary-2026", rung="overdue", remaining_s=0)

    (notice,) = notices(of_clock(rang, task(), scene()))
    assert (notice.template.name, notice.recipient.ref) == ("task-call", DESK)
    assert "010-0000-0200" in notice.text.text
    assert "已超时" in notice.text.text


def test_a_rung_that_is_taken_back_tells_those_who_had_heard_it() -> None:
    changed = clock(
        change="rung-withdrawn", holder="department:water", ladder="ordinary-2026", withdrawn_rung="warning"
    )

    assert {told[:2] for told in summary(of_clock(changed, task(), scene()))} == {
        ("rung-withdrawn", "department:water")
    }


@pytest.mark.parametrize("change", ["started", "listed", "unlisted", "extended", "a-word-of-tomorrow"])
def test_what_the_router_tells_or_nobody_needs_is_not_told_by_a_clock(change: str) -> None:
    assert clock_fact(clock(change=change), TEMPLATES)[1] == {}


def test_a_rung_with_words_of_its_own_is_told_by_them() -> None:
    own = {"fact": "rung-overdue-twice", "tells": {"holder": "task-listed"}}
    templates = TEMPLATES.with_own({"tells": [own]})
    rang = clock(rung="overdue-twice", remaining_s=0)

    assert clock_fact(rang, templates) == ("rung-overdue-twice", {"holder": "task-listed"})


def test_a_desk_that_holds_the_task_itself_is_told_once() -> None:
    rang = clock(holder=DESK, ladder="ordinary-2026", rung="overdue", remaining_s=0)

    assert len(notices(of_clock(rang, task(), scene()))) == 1


def late(by: timedelta, **changed: Any) -> ClockChanged:
    rung: dict[str, Any] = {"rung": "overdue", "remaining_s": 0, "catch_up": True, **changed}
    return clock(
        holder="department:water", ladder="ordinary-2026", effective_at=instant_text(NOW - by), **rung
    )


@pytest.mark.parametrize(
    ("lang", "text", "subject"),
    [("zh", "【补报】【网格】已超时", "【补报】超时"), ("en", "[Late] [Grid] Case", "[Late] Overdue")],
)
def test_a_red_light_that_the_house_held_rings_and_says_that_it_is_late(
    lang: Lang, text: str, subject: str
) -> None:
    letters = of_clock(late(timedelta(minutes=10)), task(), scene())

    assert ("task-overdue", "department:water", "webhook") in summary(letters)
    assert all(notice.text.text.startswith(text) for notice in notices(letters, lang))
    assert {notice.subject for notice in notices(letters, lang)} == {subject}


def test_what_is_told_in_time_does_not_say_that_it_is_late() -> None:
    letters = of_clock(late(timedelta(minutes=40), catch_up=False), task(), scene())

    assert ("task-overdue", "department:water", "webhook") in summary(letters)
    assert not any("补报" in notice.text.text for notice in notices(letters))


def test_what_is_long_past_rings_no_bell() -> None:
    letters = of_clock(late(timedelta(minutes=31)), task(), scene())

    assert summary(letters) == [
        ("task-overdue", "department:water", "console"),
        ("task-overdue", DESK, "console"),
    ]
    assert all("补报" in notice.text.text for notice in notices(letters))


def test_a_rung_is_taken_back_as_loudly_as_it_was_told() -> None:
    back: dict[str, Any] = {"change": "rung-withdrawn", "rung": None, "withdrawn_rung": "overdue"}
    letters = of_clock(late(timedelta(minutes=10), **back), task(), scene())

    assert ("rung-withdrawn", "department:water", "webhook") in summary(letters)
    assert not any("补报" in notice.text.text for notice in notices(letters))


def test_a_rejected_report_tells_who_runs_the_terminal() -> None:
    (notice,) = notices(of_rejection(rejected(), scene()))

    assert (notice.recipient.kind, notice.recipient.ref) == ("system", "terminal:pda")
    assert "pda-7f3a-000220" in notice.text.text


def test_a_restricted_matter_tells_neither_house_nor_story() -> None:
    message = incident(incident__sensitivity="restricted")
    tasks = tuple(each.model_copy(update={"sensitivity": "restricted"}) for each in message.tasks)
    told = notices(of_incident(message.model_copy(update={"tasks": tasks}), scene()))

    assert told
    assert not any("602" in notice.text.text or "燃气味" in notice.text.text for notice in told)


def test_a_test_disturbs_nobody_outside() -> None:
    assert [told[2] for told in summary(of_water(incident__mode="test"))] == ["console"]


@pytest.mark.parametrize(("lang", "word"), [("zh", "【演练】"), ("en", "[Exercise]")])
def test_a_drill_says_so(lang: Lang, word: str) -> None:
    letters = of_incident(with_task("assigned", incident__mode="exercise"), scene(lang))

    (notice,) = notices(letters, lang)
    assert notice.text.text.startswith(word)
    assert notice.cap.status == "exercise"


def test_instants_and_limits_are_told_as_people_read_them() -> None:
    rang = clock(ladder="ordinary-2026", rung="overdue", remaining_s=0)

    assert "1月6日10:36" in notices(of_clock(rang, task(), scene()))[0].text.text
    assert "30分钟" in notices(of_water())[0].text.text


def test_the_same_cause_makes_the_same_notices() -> None:
    once, again = (notices(of_incident(incident(), scene())) for _ in range(2))

    assert once == again
    assert len({notice.notice_id for notice in once}) == len(once)


def test_the_call_to_attend_says_until_when_to_confirm() -> None:
    message = incident()
    tasks = tuple(
        each.model_copy(update={"acknowledge_by": each.assigned_at, "kind": "attend"})
        for each in message.tasks[1:]
    )

    (notice,) = notices(of_incident(message.model_copy(update={"tasks": tasks}), scene()))
    assert notice.confirm_by == tasks[0].assigned_at


def test_a_returned_task_tells_the_desk_why() -> None:
    message = with_task("returned").model_copy(update={"reason": Text(text="不属于我公司管辖")})

    assert "不属于我公司管辖" in notices(of_incident(message, scene()))[0].text.text


def test_of_more_means_than_a_notice_holds_the_first_are_tried() -> None:
    means = [{"channel": "sms", "address": f"+86-000-0000-01{number:02}"} for number in range(12)]
    contacts = [*PARTS["contacts"]["contacts"], {"holder": "desk:110101009", "endpoints": means}]
    directory = Directory.of("1", PARTS | {"contacts": PARTS["contacts"] | {"contacts": contacts}})
    at = replace(scene(), directory=directory)

    notices = [notice for letter in of_incident(incident(), at) for notice in written(letter, at)]

    assert 10 in [len(notice.fallbacks) for notice in notices]


def test_a_post_with_a_long_name_is_told() -> None:
    post = f"officer:110101009015004/{'community-deputy-secretary-for-safety-works-and-order'}"
    (task, *_) = incident().tasks
    called = task.model_copy(update={"holder": post, "kind": "attend", "change": "assigned"})
    fact = incident().model_copy(update={"tasks": (called,)})

    refs = {
        notice.recipient.ref for letter in of_incident(fact, scene()) for notice in written(letter, scene())
    }

    assert post in refs
