"""What died is shown whatever it is, and spoken again as far as a topic takes it."""

import pytest

from wangge_local.dead_letters import marked
from wangge_local.dead_letters_shown import pretty
from wangge_local.ground import GroundError
from wangge_local.kafka import SETTINGS
from wangge_local.listening import Heard
from wangge_local.speaking import MOST_BYTES, Speaker


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
