"""What the author of rosters, contacts and texts is told to mend, with the line on which it stands."""

from pathlib import Path

import pytest

from wangge_local.bundle import load
from wangge_local.bundle_problems import BadBundle


@pytest.mark.parametrize(
    ("file", "old", "new", "told", "on"),
    [
        (
            "rosters.toml",
            '"grid/police" = "community/head"',
            '"grid/police" = "community/chief"',
            "deputies names 'community/chief', which is no unit and no filled post or desk",
            '"community/chief"',
        ),
        (
            "rosters.toml",
            '"grid/police" = "community/head"',
            '"grid/police" = "grid/police"',
            "'grid/police' is named as its own deputy",
            '"grid/police" =',
        ),
        (
            "rosters.toml",
            '"grid/inspector" = "office"',
            '"grid/inspekter" = "office"',
            "duty names 'grid/inspekter', which is no unit and no filled post or desk",
            '"grid/inspekter"',
        ),
        (
            "rosters.toml",
            '"grid/inspector" = "office"',
            '"grid/inspector" = "nights"',
            "duty names the shift 'nights', but shifts has none of that name",
            '"nights"',
        ),
        (
            "contacts.toml",
            'staff_id = "syn-gongti-property-duty"',
            'staff_id = "syn-110101-desk"',
            "syn-110101-desk is listed twice",
            'staff_id = "syn-110101-desk"',
        ),
        (
            "contacts.toml",
            'at = ["department:gongti-property"]',
            'at = ["department:gongti"]',
            "is at 'department:gongti', which is no unit, desk or filled post",
            'department:gongti"',
        ),
        (
            "contacts.toml",
            'at = ["department:gongti-property"]',
            "at = []",
            "no roster seats that number and `at` names nobody",
            "syn-gongti-property-duty",
        ),
        (
            "contacts.toml",
            'quiet = [{ hours = "22:00-07:00" }]',
            'prefer = { urgent = ["sms"] }',
            "prefer.urgent names sms, which is not among the endpoints",
            "[[people]]",
        ),
        (
            "contacts.toml",
            'quiet = [{ hours = "22:00-07:00" }]',
            'prefer = { urgent = ["console", "console"] }',
            "prefer.urgent names console twice",
            "[[people]]",
        ),
        (
            "contacts.toml",
            'digest = "08:30"',
            "digest = 30600",
            'write an hour and a minute, as "08:30"',
            "digest",
        ),
        (
            "contacts.toml",
            'digest = "08:30"',
            'shift = "nights"',
            "which rosters.toml does not name",
            "shift",
        ),
        (
            "contacts.toml",
            'endpoints = [{ channel = "console" }]\ndigest',
            'endpoints = [{ channel = "voice", address = "+86-000-0000-0110" }]\ndigest',
            "syn-110101-desk is told by voice, and nothing here sends by it; use console, webhook",
            "endpoints",
        ),
        (
            "contacts.toml",
            'defaults = [{ channel = "console" }]',
            'defaults = [{ channel = "app", address = "a" }]',
            "who has no endpoints of his own is told by app, and nothing here sends by it",
            "defaults",
        ),
        (
            "rulebook.toml",
            'then.attends = ["grid/manager"]',
            'then.attends = ["grid/mangaer"]',
            "attends names the post 'grid/mangaer', which nobody fills anywhere",
            "grid/mangaer",
        ),
        (
            "rulebook.toml",
            'check = "grid/manager"',
            'check = "grid/desk"',
            "check names the post 'grid/desk'",
            "grid/desk",
        ),
        (
            "rulebook.toml",
            'verifier = "grid/manager"',
            'verifier = "grid/polcie"',
            "verifier names the post 'grid/polcie'",
            "grid/polcie",
        ),
        (
            "rulebook.toml",
            'substitutes = ["grid/manager"',
            'substitutes = ["community/manager"',
            "substitutes names the post 'community/manager'",
            "community/manager",
        ),
        ("rosters.toml", 'hours = "07:00-22:00"', 'hours = "07:00-07:00"', "are no time at all", "patrol ="),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    folder: Path, file: str, old: str, new: str, told: str, on: str
) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(BadBundle) as refusal:
        load(folder)

    (problem,) = [each for each in refusal.value.problems if told in str(each)]
    assert problem.file == file
    assert problem.line is not None
    assert on in path.read_text("utf-8").splitlines()[problem.line - 1]


@pytest.mark.parametrize(
    ("default", "told"),
    [
        (
            '{ channel = "sms", address = "+86-000-0000-0110" }',
            [
                "all who have no endpoints of their own are told by one sms, at +86-000-0000-0110",
                "who has no endpoints of his own is told by sms,"
                " and channels.toml has no [sms] to send it by",
            ],
        ),
        (
            '{ channel = "webhook", address = "https://notices.example/all" }',
            [
                "all who have no endpoints of their own are told by one webhook, at https://notices.example/all"
            ],
        ),
        ('{ channel = "console" }', []),
    ],
)
def test_an_address_that_is_everybodys_is_warned_of(folder: Path, default: str, told: list[str]) -> None:
    path = folder / "contacts.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('defaults = [{ channel = "console" }]', f"defaults = [{default}]"), "utf-8")

    warned = [each for each in load(folder).warnings if each.file == "contacts.toml"]
    assert [each.text for each in warned] == told
    assert {path.read_text("utf-8").splitlines()[each.line - 1][:8] for each in warned if each.line} <= {
        "defaults"
    }


GOOD = """
[[tells]]
fact = "task-extended"
tells = { holder = "stretched" }

[templates.stretched.zh]
subject = "延期"
text = "案件{{ case }}"
[templates.stretched.en]
subject = "Stretched"
text = "Case {{ case }}{% if limit %} in {{ limit }}{% endif %}"
"""


def test_officers_whom_no_terminal_carries_are_refused(folder: Path) -> None:
    file = folder / "rosters.toml"
    file.write_text(file.read_text("utf-8").replace('terminal = "pda"\n', "", 1), "utf-8")

    with pytest.raises(BadBundle) as refusal:
        load(folder)

    (problem,) = refusal.value.problems
    assert problem.text.startswith("no terminal system carries the tasks of officer:110101")
    assert (problem.file, problem.remedy) == (
        "rosters.toml",
        "name it as `terminal`, at the head of the file or in the roster",
    )


def test_a_city_may_have_texts_of_its_own(folder: Path) -> None:
    (folder / "templates.toml").write_text(GOOD, "utf-8")

    assert "stretched" in load(folder).part("templates")["templates"]


@pytest.mark.parametrize(
    ("old", "new", "marker", "told"),
    [
        ("{{ case }}{% if", "{{ casse }}{% if", "casse", "unknown word 'casse'; there are case, "),
        ("{% endif %}", "", 'text = "Case', "line 1 of the text: Unexpected end of template"),
        ("{{ limit }}", "{{ limit * 9 }}", "limit * 9", "mul is not allowed in a notice"),
        ("{% if limit", "{% if limit > 5", "limit > 5", "cannot be filled in: TypeError: '>' not"),
        ("{{ limit }}", "{{ limit|truncate(2) }}", "truncate", "cannot be filled in: AssertionError"),
        ("案件{{ case }}", "{{ limit }}", 'text = "{{ limit', "nothing when this is not known: limit"),
        ('"延期"', '"延\\n期"', "subject = ", "templates.stretched.zh.subject: it holds a line break"),
        ("{{ limit }}", "{{ limit|center(9) }}", "center", "no filter named 'center'"),
        ("{{ limit }}", "{{ limit.x() }}", "limit.x", "is not allowed in a notice"),
        (
            '[templates.stretched.en]\nsubject = "Stretched"',
            "",
            "templates.stretched",
            "stretched.en: Field required",
        ),
        ("task-extended", "task-stretched", "task-stretched", "no such fact: 'task-stretched'"),
        (
            'holder = "stretched"',
            'holder = "streched"',
            "[[tells]]",
            "by the template 'streched', which does not",
        ),
        ('holder = "stretched"', 'chief = "stretched"', "chief", "tells.chief"),
    ],
)
def test_a_mistake_in_a_text_is_named_with_its_line(
    folder: Path, old: str, new: str, marker: str, told: str
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if "en: Field" in told:
        text = text.replace('text = "Case {{ case }}{% if limit %} in {{ limit }}{% endif %}"', "")
    (folder / "templates.toml").write_text(text, "utf-8")
    where = next(n for n, line in enumerate(text.splitlines(), 1) if marker in line)

    with pytest.raises(BadBundle) as refusal:
        load(folder)

    (problem,) = [each for each in refusal.value.problems if told in str(each)]
    assert (problem.file, problem.line) == ("templates.toml", where), str(problem)
