"""What died is shown whatever it is, and spoken again as far as a topic takes it."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from wangge_chassis.burying import remains
from wangge_contracts.topics import INTAKE_DEAD_LETTERS
from wangge_intake.sealing import seal_with
from wangge_local import dead_letters, dead_letters_shown
from wangge_local.dead_letters import DeadLetter, marked
from wangge_local.dead_letters_shown import pretty, show_one
from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder
from wangge_local.kafka import SETTINGS
from wangge_local.listening import Heard
from wangge_local.speaking import MOST_BYTES, Speaker

LETTERS = INTAKE_DEAD_LETTERS.name


def test_a_letter_is_laid_out_when_it_is_json() -> None:
    assert pretty('{"a":"坑"}') == '{\n  "a": "坑"\n}'
    assert pretty("{") == "{"
    assert "tombstone" in pretty(None)


def test_json_that_is_nested_too_deep_is_shown_as_it_stands() -> None:
    deep = "[" * 100_000 + "]" * 100_000

    assert pretty(deep) == deep


def test_what_is_larger_than_any_topic_admits_is_refused_in_one_line() -> None:
    speaker = Speaker("127.0.0.1:1", source="/wangge/operator")

    with pytest.raises(GroundError, match="5000000 bytes") as refused:
        speaker.hand_over("router.replays", key=None, headers=[], value=b"x" * 5_000_000)
    assert "\n" not in str(refused.value)


def test_a_letter_of_nearly_a_mebibyte_is_left_to_its_topic() -> None:
    speaker = Speaker("127.0.0.1:1", source="/wangge/operator")

    speaker.hand_over("router.replays", key=None, headers=[("ce_id", b"1")], value=b"x" * 1_040_000)


def test_the_client_admits_what_the_broker_does() -> None:
    settings = dict(
        line.split("=", 1) for line in SETTINGS.read_text("utf-8").splitlines() if line[:1].isalpha()
    )
    assert int(settings["message.max.bytes"]) == MOST_BYTES


def test_no_header_and_no_value_of_a_letter_passes_for_a_line_of_the_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = [("original_ce_source", b"a\nvalue"), ("original_x\nheaders", b"1")]
    record = Heard("router.dead-letters", 0, 7, None, b'{\n"a": 1}\nvalue', headers, 0)
    letter = DeadLetter("router", record, replayed=False)
    monkeypatch.setattr(dead_letters, "find", lambda *_: letter)
    monkeypatch.setattr(dead_letters_shown, "kafka_of", lambda _: "")
    (tmp_path / "keys").mkdir()
    show_one(HouseFolder(tmp_path), letter.name, raw=False, as_json=False)
    said = capsys.readouterr().out.splitlines()

    assert said[said.index("headers") :] == [
        "headers",
        "  ce_source: a↵value",
        "  x↵headers: 1",
        "value",
        "  {",
        '  "a": 1}',
        "  value",
    ]


def test_what_a_stranger_wrote_is_opened_with_the_key_alone() -> None:
    key = Fernet.generate_key().decode()
    left = remains(b"13800138000", [("x-name", "某甲".encode())], b"{", topic=LETTERS, seal=seal_with(key))
    letter = DeadLetter("intake", Heard(LETTERS, 0, 0, left.key, left.value, left.headers, 0), False)

    assert b"13800138000" not in repr(left).encode()
    assert "某甲".encode() not in left.headers[0][1]
    assert letter.told["key"] is None
    assert letter.key(keys=key) == b"13800138000"
    assert letter.headers(keys=key) == [("x-name", "某甲".encode())]
    assert letter.value(keys=key) == b"{"


def test_what_an_earlier_version_left_open_is_read_as_it_lies() -> None:
    key = Fernet.generate_key().decode()
    letter = DeadLetter("intake", Heard(LETTERS, 0, 0, b"k", b"", [("original_ce_id", b"1")], 0), False)

    assert (letter.key(keys=key), letter.headers(keys=key)) == (b"k", [("ce_id", b"1")])


def heard(topic: str, *, offset: int, at_ms: int, of: int) -> Heard:
    """A dead letter, or a replay, of what was first spoken at offset *of*."""
    origin = {"wangge_topic": "desk.ordered.v1", "wangge_partition": "2", "wangge_offset": str(of)}
    headers = [(name, text.encode()) for name, text in origin.items()]
    return Heard(topic, 0, offset, b"k", b"{", headers, at_ms)


def test_what_died_again_was_not_replayed_since() -> None:
    buried = [heard("router.dead-letters", offset=n, at_ms=at, of=7) for n, at in enumerate((1000, 3000))]
    other = heard("router.dead-letters", offset=2, at_ms=1000, of=8)
    replays = [heard("router.replays.v1", offset=n, at_ms=at, of=7) for n, at in enumerate((2000, 5000))]

    def replayed(upto: int) -> list[bool]:
        return [letter.replayed for letter in marked("router", [*buried, other], replays[:upto])]

    assert replayed(0) == [False, False, False]
    assert replayed(1) == [True, False, False]
    assert replayed(2) == [True, True, False]
