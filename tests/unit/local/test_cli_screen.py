"""Whatever outsiders wrote is read on the screen, and never obeyed."""

import json
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from rich.text import Text

from wangge_local import cli_screen
from wangge_local.cli_screen import (
    ERRORS,
    SCREEN,
    Screen,
    complain,
    confirmed,
    say,
    say_json,
    say_lines,
    steps,
    table,
)
from wangge_local.ground import GroundError

EVIL = "坑\x1b[2J\x1b]0;title\x07\x9b31m\x7f"
UNSEEN = "\u202a\u202e\u2066\u2069\u200b\ufeff\u00ad\u2028\u2029\U000e0041"
"""What turns a line round, hides in it or breaks it, and is no control character to a terminal."""


def controls(text: str) -> list[str]:
    return [sign for sign in text if (ord(sign) < 32 and sign != "\n") or 127 <= ord(sign) < 160]


def test_control_characters_are_replaced_wherever_a_text_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say(EVIL, style="red")
    table((EVIL,), [(EVIL,)])
    SCREEN.print(Text.assemble((EVIL, "bold"), "beside"))
    complain(EVIL)
    said = capsys.readouterr()

    assert not controls(said.out)
    assert not controls(said.err)
    assert said.out.count("坑\N{REPLACEMENT CHARACTER}[2J") == 4


def test_what_nobody_sees_is_replaced_like_a_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"a{UNSEEN}b")
    table(("what", ""), [(f"a{UNSEEN}b", "c")])
    complain(UNSEEN)
    said = capsys.readouterr()
    signs = "\N{REPLACEMENT CHARACTER}" * len(UNSEEN)

    assert [line.rstrip() for line in said.out.split("\n")] == [f"a{signs}b", "what", f"a{signs}b  c", ""]
    assert said.err == f"wangge: {signs}\n"


def test_what_joins_letters_stays(capsys: pytest.CaptureFixture[str]) -> None:
    joined = "👩\u200d🚒 می\u200cخواهم ☎\ufe0f"
    say(joined)

    assert capsys.readouterr().out == f"{joined}\n"


def test_a_program_reads_instants_as_iso_8601_writes_them(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"at": datetime(2026, 1, 5, 4, 0, tzinfo=UTC), "in": Path("var")})

    assert json.loads(capsys.readouterr().out) == {"at": "2026-01-05T04:00:00+00:00", "in": "var"}


def test_a_line_break_within_a_line_or_a_cell_begins_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "坑\nready"
    say(forged)
    table(("what", "where"), [(forged, "here")])
    SCREEN.print(Text.assemble((forged, "bold"), " beside"))
    complain(forged)
    said = capsys.readouterr()

    assert [line.rstrip() for line in said.out.splitlines()] == [
        "坑↵ready",
        "what      where",
        "坑↵ready  here",
        "坑↵ready beside",
    ]
    assert said.err == "wangge: 坑↵ready\n"


def test_what_is_several_lines_cannot_pass_for_lines_of_the_house(capsys: pytest.CaptureFixture[str]) -> None:
    say_lines("{\n  1\n}\nready")
    complain("two are wrong:", "this\nready", "that")
    said = capsys.readouterr()

    assert said.out == "  {\n    1\n  }\n  ready\n"
    assert said.err == "wangge: two are wrong:\nthis↵ready\nthat\n"


def test_a_terminal_without_the_sign_reads_its_code() -> None:
    file = TextIOWrapper(BytesIO(), encoding="ascii", errors="backslashreplace")
    Screen(file=file).print(Text("one\ntwo"))
    file.seek(0)

    assert file.read() == "one\\u21b5two\n"


def test_on_a_terminal_that_cannot_be_drawn_over_each_step_is_a_line_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = StringIO()
    dumb = Screen(file=shown, force_terminal=True, _environ={"TERM": "dumb"})
    monkeypatch.setattr(cli_screen, "SCREEN", dumb)
    with steps() as begun:
        with begun.step("Kafka") as note:
            note("on 9092")

        assert shown.getvalue().startswith("Kafka: on 9092 (")


def test_brackets_in_a_line_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    ERRORS.print("written to [draft]/rulebook[/x].toml")

    assert capsys.readouterr().err == "written to [draft]/rulebook[/x].toml\n"


def test_on_a_terminal_brackets_in_a_step_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = StringIO()
    drawn = Screen(file=shown, force_terminal=True, width=80, _environ={"TERM": "xterm"})
    monkeypatch.setattr(cli_screen, "SCREEN", drawn)
    with steps() as begun, begun.step("[b]Kafka") as note:
        note("in drill[/2026] [red]")

    assert "[b]Kafka" in shown.getvalue()
    assert "in drill[/2026] [red]" in shown.getvalue()


@pytest.mark.parametrize(("answer", "yes"), [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False)])
def test_only_a_yes_is_one(answer: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(answer))

    assert confirmed("Remove it?") is yes


def test_where_nobody_answers_a_question_its_option_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())

    with pytest.raises(GroundError, match="--yes"):
        confirmed("Remove it?")


def test_tabs_stay(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\ttwo")

    assert capsys.readouterr().out == "one     two\n"


def test_a_program_reads_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"text": EVIL + UNSEEN})
    told = capsys.readouterr().out

    assert not controls(told)
    assert not set(told) & set(UNSEEN)
    assert r"\u202a\u202e" in told
    assert r"\u2029\udb40\udc41" in told
    assert json.loads(told) == {"text": EVIL + UNSEEN}
