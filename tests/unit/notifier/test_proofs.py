"""A city's text that would fail in the night is refused by day, and stops nobody if it comes through."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from tests.unit.notifier.posting import House, id_of, notice
from tests.unit.notifier.telling import NOW, TEMPLATES, scene, with_task
from wangge_chassis.reference import Bundle, Reference
from wangge_notifier.channels import Channels, Flood, Use
from wangge_notifier.composing import of_incident
from wangge_notifier.handlers import templates_of
from wangge_notifier.proofs import flaws
from wangge_notifier.templates import SHIPPED, Own, Templates
from wangge_notifier.writing import written

SOUND = {"subject": "s", "text": "Case {{ case }}: {{ many }} {{ link }}"}


def part(name: str, text: str, *, subject: str = "s") -> dict[str, Any]:
    return {"templates": {name: {"zh": {"subject": subject, "text": text}, "en": SOUND}}}


def found(name: str, text: str, **more: str) -> list[tuple[str, str]]:
    own = Own.model_validate(part(name, text, **more))
    return [(".".join(flaw.path), flaw.why) for flaw in flaws(own)]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


def test_our_own_texts_are_sound() -> None:
    assert list(flaws(Own(templates=TEMPLATES.templates))) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("案件{{ case }}{% if many > 5 %}！{% endif %}", "TypeError: '>' not supported"),
        ("案件{% if limit and not until %}{% if many > 5 %}！{% endif %}{% endif %}", "TypeError"),
        ('案件{% if board == "街道" %}{{ case < 5 }}{% endif %}', "TypeError"),
        ("案件{{ description | truncate(2) }}", "AssertionError: expected length >= 3, got 2"),
        ("案件{{ description | default(5, true) | truncate }}", "TypeError"),
        ("{{ instructions }}", "it says nothing when this is not known: instructions"),
        ("{{ case }} {{ reason }}", "it says nothing when this is not known: case, reason"),
        ('{% if board == "x" %}案件{% endif %}', "it says nothing"),
        ("{# nothing #}", "it says nothing"),
        (
            "{% if not (reason and not until and instructions and not board) %}案件{% endif %}",
            "it says nothing when this is not known: until, board",
        ),
    ],
)
def test_a_text_that_may_fail_or_say_nothing_is_named(text: str, why: str) -> None:
    ((path, told),) = found("task-given", text)

    assert path == "templates.task-given.zh.text"
    assert why in told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("to-confirm", "{{ link }}"),
        ("gathered", "{{ many }}: {{ list }}"),
        ("task-given", "案件{{ case }} {% if board == '街道' %}{{ description | truncate(9) }}{% endif %}"),
        ("task-given", "{{ case | default('案件', true) }}"),
    ],
)
def test_a_text_that_always_says_something_is_sound(name: str, text: str) -> None:
    assert found(name, text) == []


@pytest.mark.parametrize("breaks", ["\n", "\r", "\t", "\x00", "\x85", "\u2028"])
def test_a_subject_that_no_mail_can_bear_is_named(breaks: str) -> None:
    ((path, why),) = found("task-given", "案件", subject=f"甲{breaks}乙")

    assert path == "templates.task-given.zh.subject"
    assert f"U+{ord(breaks):04X}" in why


def test_a_subject_that_says_nothing_is_named() -> None:
    assert found("task-given", "案件", subject="  ") == [
        ("templates.task-given.zh.subject", "it says nothing")
    ]


async def test_a_text_that_fails_stops_no_courier_and_ours_goes_instead(house: House) -> None:
    failed: list[tuple[str, str, str]] = []
    house.channels = Channels(use={"webhook": Use(flood=Flood(most=1, within_s=600))})
    house.templates = TEMPLATES.with_own(
        part("gathered", "{{ many }}{% if many > 5 %}！{% endif %}"),
        failed=lambda *what: failed.append(what),
    )
    later = (NOW + timedelta(seconds=700)).isoformat()
    await house.hear(*(notice(number) for number in range(4)), notice(9, endpoint="two", not_before=later))
    await house.run(2000)

    assert "共3条" in house.parcels[1].text
    assert house.states(id_of(9))[-1][0] == "sent"
    ((template, lang, why),) = failed
    assert (template, lang) == ("gathered", "zh")
    assert why.startswith("TypeError")


def said(templates: Templates) -> tuple[str, str]:
    there = replace(scene(), templates=templates)
    message = with_task("assigned")
    task = message.tasks[0].model_copy(update={"holder": "department:water", "instructions": None})
    told = message.model_copy(update={"tasks": (task,)})
    first, *_ = (notice for letter in of_incident(told, there) for notice in written(letter, there))
    return first.text.text, first.template.version


@pytest.mark.parametrize("text", ["{{ instructions }}", "{{ description | truncate(2) }}"])
def test_a_fact_is_told_by_our_text_where_the_citys_is_of_no_use(text: str) -> None:
    told, version = said(TEMPLATES.with_own(part("task-given", text)))

    assert (told, version) == said(TEMPLATES)
    assert version == SHIPPED


class Published(Reference):
    """A version with one text of the city's own."""

    def reading(self, parse: Any) -> Any:
        return lambda: parse(Bundle("v1", {"templates": part("task-given", "{{ case | truncate(2) }}")}))


def test_each_time_is_counted_and_each_text_logged_once() -> None:
    templates = templates_of(Published())()
    with capture_logs() as logs:
        for _ in range(3):
            templates.filled("task-given", "zh", {"case": "1"})

    name = "wangge_notifier_texts_unusable_total"
    assert REGISTRY.get_sample_value(name, {"template": "task-given"}) == 3
    (log,) = logs
    assert (log["event"], log["template"], log["reference_version"]) == ("text_unusable", "task-given", "v1")


def test_where_we_have_no_text_of_that_name_subject_and_case_go() -> None:
    own = part("ours-alone", "{{ case | truncate(2) }}", subject="注意")
    own["tells"] = [{"fact": "task-assigned", "tells": {"holder": "ours-alone"}}]
    told, _ = said(TEMPLATES.with_own(own))

    assert told == "注意 110101-2026-0000123"


def test_what_a_text_makes_of_long_words_is_cut() -> None:
    templates = TEMPLATES.with_own(part("gathered", "{{ many }}" + "{{ list }}" * 9))

    assert len(templates.filled("gathered", "zh", {"many": "2", "list": "长" * 5000}).text) == 2000
