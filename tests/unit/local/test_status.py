"""How a house stands is told as far as it can be found out, whatever of it is away."""

from typing import Any

import pytest

from wangge_local.ground import GroundError
from wangge_local.status import gathered, tell


def away() -> None:
    raise GroundError("the broker gives no answer", see="wangge status")


def test_what_comes_after_a_silence_is_not_waited_for() -> None:
    asked: list[str] = []
    found, why = gathered({"a": lambda: 1, "b": away, "c": lambda: asked.append("c")})

    assert found == {"a": 1}
    assert why == ["the broker gives no answer"]
    assert not asked


def test_each_part_that_is_known_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    services = [{"name": "router-0", "ready": False, "parts": {"router": 12}, "notes": []}]
    part = {"service": "router", "consumer": "router", "part": "3", "topic": "t", "partition": 3, "offset": 9}
    part |= {"key": None, "expected": None, "seen": None, "reason": "a gap", "halted_at": ""}
    stands: dict[str, Any] = {"ready": False, "why": ["Kafka is away"], "data": "var", "config": "dongcheng"}
    tell(stands | {"services": services, "halted": [part], "unpublished": []})
    told = capsys.readouterr().out

    assert "router-0" in told
    assert "part 3 of router stands still" in told
    assert "nothing waits to be published" in told
    assert "dead letters" not in told
