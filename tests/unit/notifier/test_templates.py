"""Every template is whole in both languages and asks for nothing that nobody can give."""

import pytest
from pydantic import ValidationError

from wangge_contracts.message import known, words
from wangge_contracts.v1 import ClockChange, IncidentChange, TaskChange, TaskKind
from wangge_notifier.tells import Tell
from wangge_notifier.templates import SHIPPED, Templates, Wording

SOUND = {"zh": {"subject": "甲", "text": "案件{{ case }}"}, "en": {"subject": "A", "text": "Case {{ case }}"}}
TEMPLATES = Templates.shipped()
WORDS = {"task": TaskChange, "incident": IncidentChange, "clock": ClockChange}
SILENT = {
    # What its holder did; who must decide about it or check it has a task of his own.
    "task": {
        "acknowledged", "arrived", "left", "progressed", "explained", "request-pending", "request-withdrawn",
    },
    # Its tasks tell who has a turn, and a receipt tells the terminal of its reporter.
    "incident": {
        "accepted-into-router", "verified", "filed", "dispatched", "task-changed", "corrected",
        "excluded", "listed", "unlisted", "merging", "adopted", "adoption-refused", "merge-failed", "split",
        "child-ended", "reopening-ended",
    },
    # The router has told it of the task, or its rungs will tell it, each by its own name.
    "clock": {
        "started", "rang", "extended", "suspended", "resumed", "recalculated", "listed", "unlisted",
        "stopped",
    },
}  # fmt: skip
"""The words of which nobody hears, by kind of fact; of each other one somebody does."""


def own(**changed: object) -> Templates:
    return TEMPLATES.with_own({"templates": {"attend": SOUND}, **changed})


def test_the_templates_of_this_version_are_sound() -> None:
    assert {"task-given", "attend", "task-call", "nobody-on-duty", "trial"} <= TEMPLATES.templates.keys()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("案件{{ caze }}", "unknown word 'caze'"),
        ("案件{{ case", "line 1 of the text"),
        ("甲\n{{ case | }}", "line 2 of the text"),
        ("{% for c in case %}{{ c }}{% endfor %}", "for is not allowed"),
        ("{{ case.__class__ }}", "getattr is not allowed"),
        ("{{ case[0] }}", "getitem is not allowed"),
        ("{{ case * 99999999 }}", "mul is not allowed"),
        ("{{ range(9) }}", "call is not allowed"),
        ("{% set x = case %}", "assign is not allowed"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{{ case|map }}", "[Nn]o filter named 'map'"),
        ("{% if limit %}{{ case|map }}{% endif %}", "[Nn]o filter named 'map'"),
        (f"{{{{ {'not ' * 450}case }}}}", "too deep: write it flatter"),
        (f"{{{{ {'(' * 900}case{')' * 900} }}}}", "too deep: write it flatter"),
        (f"{{{{ case{'|upper' * 200} }}}}", "too deep: write it flatter"),
    ],
)
def test_what_cannot_be_filled_in_or_could_do_harm_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Wording(subject="x", text=text)


def test_a_template_in_one_language_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"templates\.attend\.en"):
        TEMPLATES.with_own({"templates": {"attend": {"zh": SOUND["zh"]}}})


def test_what_is_not_known_leaves_nothing_behind() -> None:
    assert Wording(subject="x", text="案件{{ case }} {{ reason }} 完").filled({"case": "1"}) == "案件1 完"


def test_what_was_reported_is_no_template() -> None:
    assert (
        Wording(subject="x", text="{{ description }}").filled({"description": "{{ case }}"}) == "{{ case }}"
    )


def test_a_citys_own_text_goes_before_ours_and_has_a_version_of_its_own() -> None:
    templates = own()

    assert templates.wording("attend", "en").filled({"case": "1"}) == "Case 1"
    assert (templates.version("task-given"), TEMPLATES.version("attend")) == (SHIPPED, SHIPPED)
    assert templates.version("attend") != SHIPPED


def test_a_citys_own_entry_goes_before_ours() -> None:
    templates = own(tells=[{"fact": "task-assigned", "kinds": ["attend"], "tells": {"desk": "attend"}}])

    assert templates.told("task-assigned", kind="attend") == {"desk": "attend"}
    assert templates.told("task-assigned", kind="handle") == {"holder": "task-given"}


def test_an_empty_entry_tells_nobody() -> None:
    assert own(tells=[{"fact": "task-listed", "tells": {}}]).told("task-listed") == {}


def test_an_entry_that_names_no_template_is_refused() -> None:
    with pytest.raises(ValidationError, match="'atend', which does not exist"):
        own(tells=[{"fact": "task-assigned", "tells": {"holder": "atend"}}])


@pytest.mark.parametrize("fact", ["task-stolen", "incident-", "weather-changed", "clock-broken"])
def test_a_fact_that_no_room_tells_of_is_refused(fact: str) -> None:
    with pytest.raises(ValidationError, match="no such fact"):
        Tell.model_validate({"fact": fact, "tells": {}})


@pytest.mark.parametrize(
    "fact",
    [
        *(f"task-{word}" for word in words(TaskChange)),
        *(f"incident-{word}" for word in words(IncidentChange)),
        *(f"clock-{word}" for word in words(ClockChange)),
        "rung-listed-in-the-street",
    ],
)
def test_every_word_of_the_contracts_can_be_told(fact: str) -> None:
    assert Tell.model_validate({"fact": fact, "tells": {"holder": "attend"}}).fact == fact


@pytest.mark.parametrize("kind", WORDS)
def test_each_word_of_the_contracts_is_told_to_somebody_or_silent_on_purpose(kind: str) -> None:
    told = {
        word: [TEMPLATES.told(f"{kind}-{word}", kind=known(TaskKind, each)) for each in words(TaskKind)]
        for word in words(WORDS[kind])
    }

    assert {word for word, tells in told.items() if not any(tells)} == SILENT[kind]


@pytest.mark.parametrize(("name", "word"), [("gathered", "many"), ("to-confirm", "link")])
def test_a_citys_text_without_what_it_is_for_is_refused(name: str, word: str) -> None:
    says, silent = ({"subject": "s", "text": text} for text in (f"{{{{ {word} }}}}", "请注意"))

    assert TEMPLATES.with_own({"templates": {name: {"zh": says, "en": says}}}).version(name) != "1"
    with pytest.raises(ValueError, match=f"{name} must ask for '{word}'"):
        TEMPLATES.with_own({"templates": {name: {"zh": says, "en": silent}}})
