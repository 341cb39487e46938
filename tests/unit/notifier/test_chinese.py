"""What is read in Chinese: every text with usual, extreme and missing words, by rules for a machine."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.unit.notifier.telling import (
    DIRECTORY,
    TEMPLATES,
    clock,
    incident,
    notices,
    rejected,
    scene,
    with_task,
)
from wangge_contracts.message import words
from wangge_contracts.v1 import Address, Channel, Limit, Names, TaskKind
from wangge_notifier.composing import of_clock, of_incident, of_rejection
from wangge_notifier.directory import Directory
from wangge_notifier.lettering import Spelt, Words
from wangge_notifier.phrasing import TURNS, known_task, where_of
from wangge_notifier.spelling import (
    CHANNELS,
    channel_in_words,
    in_one_line,
    instant_in_words,
    limit_in_words,
)
from wangge_notifier.writing import in_words

SEGMENT = 70
"""Most characters of a text message that goes as one."""
RUNGS = {"task-warned", "task-overdue", "rung-supervised"}
CASE, OTHER = "110101-2026-0000004", "110101-2026-0000009"
ALWAYS: Words = {
    "case": CASE,
    "what": Names(zh="井盖破损", en="-"),
    "limit": Limit(value=2, clock_kind="working-days", calendar="c", calendar_version="1"),
    "unit": Names(zh="市排水集团", en="-"),
    "turn": TURNS["handle"],
    "desk": Names(zh="东直门街道指挥分中心", en="-"),
    "deadline": datetime(2026, 12, 31, 6, 30, tzinfo=UTC),
    "board": Names(zh="街道", en="-"),
    "channel": channel_in_words("sms", "zh"),
    "report": "20260106-0001",
    "instead_of": "",
    "many": "12",
    "list": f"{CASE} 超时；{OTHER} 新任务",
    "link": "https://w.example/c/AbCd",
    "message": f"请办理：井盖破损。案件{CASE}。",
}
"""The words that are never missing where they are asked for."""
USUAL: Words = {
    **ALWAYS,
    "where": Spelt(zh="新中街社区 新中街第4网格 38号楼东侧", en="-"),
    "phone": "010-0000-0200",
}
EXTREME: Words = {
    **USUAL,
    "what": Names(zh="道路、桥梁及附属设施损坏（含无障碍设施）", en="-"),
    "where": Spelt(
        zh="新中街社区 新中街第4网格 " + "东直门外新中街条38号院3号楼2单元601室门口，" * 8, en="-"
    ),
    "description": "井盖破损，\n有人绊倒！  请尽快处理。。" * 12,
    "instructions": "先围挡；再更换井盖。",
    "limit": Limit(value=0.0834, clock_kind="urgent-hours", calendar="c", calendar_version="1"),
    "reason": "照片与现场不符；\r\n 请重新上传。",
    "until": datetime(2027, 3, 1, 1, 5, tzinfo=UTC),
    "deadline": datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
    "instead_of": "新中街第4网格警员",
    "other": OTHER,
    "more": "3",
}
WRONG = {
    "a raw word, slug or id": r"(?<![/.A-Za-z])[A-Za-z][A-Za-z_:-]+",
    "an instant for machines": r"\d{4}-\d\d-\d\d[ T]|UTC|\d\d:\d\d:\d\d",
    "a half-width mark between Chinese": r"(?<=[\u4e00-\u9fff])[,;:!?()](?=[\u4e00-\u9fff])",
    "a space beside a mark": r"\s[，。、；：！？（）【】]|[，。、；：！？（）【】]\s",
    "two stops, or a stop after nothing": r"[，、；：。][，。；：]|[【（][，。）】]|^[，。]",
    "a limit in fractions of an hour": r"0\.\d+小时",
    "a label for nothing": r"(?:现况|原因|理由|说明|内容|缘由|答复|意见)。",
    "a place for a word that is missing": r"(?:时限|延至|请于|应于|须于|由|：)(?:[，。前]|$)|（）",
}


def told(name: str, given: Words) -> str:
    filled = {word: in_words(value, "zh", scene()) for word, value in given.items()}
    return TEMPLATES.filled(name, "zh", filled).text


NOWHERE: Words = {**ALWAYS, "description": "我要举报", "reason": "属和平里"}
"""As of a telephone call from nobody knows where."""


@pytest.mark.parametrize(
    "given", [ALWAYS, NOWHERE, USUAL, EXTREME], ids=["always known", "nowhere", "usual", "extreme"]
)
@pytest.mark.parametrize("name", TEMPLATES.templates)
def test_a_notice_reads_as_chinese_is_written(name: str, given: Words) -> None:
    text = told(name, given).replace(str(USUAL["where"]), "").replace(str(ALWAYS["link"]), "链接")

    assert {rule: found[0] for rule, mark in WRONG.items() if (found := re.search(mark, text))} == {}


@pytest.mark.parametrize("name", TEMPLATES.templates)
def test_a_notice_says_who_speaks_and_a_subject_is_short(name: str) -> None:
    assert name == "to-confirm" or told(name, USUAL).startswith("【网格】")
    assert len(TEMPLATES.wording(name, "zh").subject) <= 8


@pytest.mark.parametrize("name", TEMPLATES.templates)
def test_a_notice_goes_in_one_text_message_where_nothing_unusual_is_said(name: str) -> None:
    # Whoever must see to what was not told is told at a console; a rung names unit, instant, place, case.
    console = {"no-channel", "endpoint-gone", "nobody-on-duty", "task-call", "gathered"}
    most = 2 * SEGMENT if name in console | RUNGS else SEGMENT

    assert len(told(name, USUAL)) <= most
    assert name in console | RUNGS or len(told(name, {**USUAL, "deadline": None})) <= most


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("task-given", "前办结"),
        ("attend", "立即到场"),
        ("dispatch-given", "前派遣"),
        ("approve-given", "前审批"),
        ("verify-given", "前现场核实"),
        ("check-given", "前核查处置"),
        ("task-rework", "返工"),
        ("task-supervised", "督办"),
        ("task-reminded", "催办"),
        ("task-unsigned", "未签收"),
        ("task-warned", "即将超时"),
        ("task-overdue", "已超时"),
    ],
)
def test_what_is_to_be_done_is_seen_before_the_number_of_the_case(name: str, act: str) -> None:
    assert told(name, EXTREME).index(act) < told(name, EXTREME).index(CASE)


def test_of_a_long_text_what_is_cut_is_what_was_reported() -> None:
    order = ("井盖", "东侧", "先围挡", CASE, "有人绊倒")
    text = told("task-given", {**EXTREME, "what": USUAL["what"], "where": USUAL["where"]})

    assert all(text.index(one) < text.index(next_one) for one, next_one in pairwise(order))


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        (0.0834, "urgent-hours", "5分钟"),
        (0.25, "urgent-hours", "15分钟"),
        (0.5, "working-hours", "30分钟（工作时间）"),
        (1.5, "urgent-hours", "1.5小时"),
        (4, "working-hours", "4个工作时"),
        (7.25, "working-days", "7.25个工作日"),
        (0.5, "natural-days", "0.5天"),
    ],
)
def test_a_limit_is_told_as_people_say_it(value: float, kind: str, told: str) -> None:
    assert limit_in_words(Limit.model_validate(
        {"value": value, "clock_kind": kind, "calendar": "c", "calendar_version": "1"}
    ), "zh") == told  # fmt: skip


@pytest.mark.parametrize(
    ("at", "now", "told"),
    [
        ("2026-12-01T06:30:00Z", "2026-12-01T06:00:00Z", "12月1日14:30"),
        ("2026-12-31T16:00:00Z", "2026-12-31T06:00:00Z", "2027年1月1日00:00"),
        ("2027-01-04T01:05:00Z", "2026-12-31T17:00:00Z", "1月4日09:05"),  # there it is 2027 already
    ],
)
def test_an_instant_tells_its_year_only_where_it_is_another(at: str, now: str, told: str) -> None:
    local = DIRECTORY.local(datetime.fromisoformat(at))

    assert instant_in_words(local, "zh", now=datetime.fromisoformat(now)) == told


def test_in_english_an_instant_is_told_whole_by_the_clocks_of_its_zone() -> None:
    local = DIRECTORY.local(datetime.fromisoformat("2026-12-31T16:00:00Z"))

    assert instant_in_words(local, "en", now=local) == "2027-01-01 00:00"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("案件1 漏水 ，请办理。 。原因：又漏。。", "案件1 漏水，请办理。原因：又漏。"),
        ("请办理：漏水，。时限2小时", "请办理：漏水。时限2小时"),
        ("快来！。 谢谢", "快来！谢谢"),
        ("A pump, a pit. Come!", "A pump, a pit. Come!"),
        # Whoever reported it wrote what would turn the deadline round, ring a bell, or part a word unseen.
        (
            "漏水\u202e5月2日前\u202c\x1b[31m，\x07快\u200b来\r\n👩\u200d🚒\ufeff",
            "漏水5月2日前 [31m，快来 👩\u200d🚒",
        ),
    ],
)
def test_marks_are_put_right_where_a_word_is_missing_or_brings_its_own(text: str, line: str) -> None:
    assert in_one_line(text) == line


def test_every_means_has_a_name_in_both_languages() -> None:
    assert CHANNELS.keys() == set(words(Channel))
    assert channel_in_words("pigeon", "zh") == "pigeon"


def test_a_terminal_system_is_called_by_its_name() -> None:
    terminals = [{"slug": rejected().terminal, "name": {"zh": "城管通", "en": "Handsets"}}]
    directory = Directory.of("1", {"terminals": terminals})
    (letter,) = of_rejection(rejected(), replace(scene(), directory=directory))

    assert in_words(letter.words["unit"], "zh", scene()) == "城管通"
    assert rejected().terminal in notices(of_rejection(rejected(), scene()))[0].text.text


@pytest.mark.parametrize("kind", words(TaskKind))
def test_a_rung_says_what_is_due_by_then(kind: str) -> None:
    message = incident()
    known = known_task(message.incident, message.tasks[0])
    overdue = clock(kind=kind, rung="overdue", remaining_s=0)
    due = [notice.text.text for notice in notices(of_clock(overdue, known, scene()))]

    assert TURNS.keys() == set(words(TaskKind))
    assert due
    assert all(f"前{TURNS[kind].zh}：" in text for text in due)


def test_a_text_that_is_told_inside_another_is_signed_once() -> None:
    calls = [each for each in notices(of_incident(incident(), scene())) if each.template.name == "task-call"]

    assert calls
    assert [each.text.text.count("【网格】") for each in calls] == [1] * len(calls)


def test_an_address_that_names_its_community_is_told_without_it() -> None:
    task = with_task("assigned").tasks[0]
    assert task.place.community is not None
    named = f"{task.place.community.names.zh}38号楼"
    place = task.place.model_copy(update={"address": Address(text=named)})
    told = where_of(task.model_copy(update={"place": place}), restricted=False).zh

    assert told.count(task.place.community.names.zh) == 1
    assert told.endswith(named)


def test_a_desk_hears_that_its_ladder_supervises() -> None:
    message = incident()
    known = known_task(message.incident, message.tasks[0])
    rung = clock(rung="supervised", remaining_s=-7200, effects=["tell-desk", "supervise"])

    assert {each.template.name for each in notices(of_clock(rung, known, scene()))} == {"rung-supervised"}


def test_a_desk_hears_whose_request_it_is_to_decide() -> None:
    message = incident()
    asking = message.tasks[0].model_copy(update={"holder": "department:water", "change": "request-pending"})
    desk = {"kind": "approve", "holder": asking.desk, "concerns": asking.task_id, "task_id": "approval"}
    approval = asking.model_copy(update={"change": "assigned", **desk})
    asked = message.model_copy(update={"tasks": (asking, approval), "change": "task-changed"})
    texts = [each.text.text for each in notices(of_incident(asked, scene()))]

    assert texts
    assert all("请审批：水务局就案件" in text for text in texts)
