"""Whatever outsiders wrote is read on the screen, and never obeyed."""

import json

import pytest
from rich.text import Text

from wangge_local.cli_screen import SCREEN, complain, say, say_json, table

EVIL = "坑\x1b[2J\x1b]0;title\x07\x9b31m\x7f"


def controls(text: str) -> list[str]:
    return [sign for sign in text if (ord(sign) < 32 and sign != "\n") or 127 <= ord(sign) < 160]


def test_control_characters_are_replaced_wherever_a_text_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say(EVIL, style="red")
    table(("what",), [(EVIL,)], title=EVIL)
    SCREEN.print(Text.assemble((EVIL, "bold"), "beside"))
    complain(EVIL)
    said = capsys.readouterr()

    assert not controls(said.out)
    assert not controls(said.err)
    assert said.out.count("坑\N{REPLACEMENT CHARACTER}[2J") == 4


def test_lines_and_tabs_stay(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\n\ttwo")

    assert capsys.readouterr().out == "one\n        two\n"


def test_a_program_reads_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"text": EVIL})
    told = capsys.readouterr().out

    assert not controls(told)
    assert json.loads(told) == {"text": EVIL}
