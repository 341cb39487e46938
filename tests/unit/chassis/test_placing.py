"""A stored offset is worth something on the log that it was read from, and nowhere else."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from wangge_chassis.halting import Halt
from wangge_chassis.placing import misplaced
from wangge_chassis.topic_ids import _ANSWER, topic_ids

AT = TopicPartition("desk.ordered.v1", 3)
ITS, NONE = UUID("0197a6c2-0000-7000-8000-000000000001"), UUID(int=0)


def looked_at(offset: int, *, anew: bool = False) -> Halt | None:
    """A log that goes from 5 to 20."""
    return misplaced("3", AT, offset, first=5, end=20, anew=anew)


@pytest.mark.parametrize("offset", [5, 12, 20])
def test_an_offset_inside_the_log_that_was_read_is_gone_on_from(offset: int) -> None:
    assert looked_at(offset) is None


def test_what_was_made_anew_and_never_read_is_read_from_its_start_unasked() -> None:
    assert looked_at(5, anew=True) is None


@pytest.mark.parametrize(("offset", "anew"), [(21, False), (6, True), (12, True), (21, True)])
def test_a_part_stands_before_a_log_that_is_not_the_one_it_read(offset: int, anew: bool) -> None:
    why = looked_at(offset, anew=anew)

    assert why is not None
    assert why.offset == 4, "whoever skips goes on behind it: with the log's first"
    assert f"desk.ordered.v1[3] {'was' if anew else 'has lost records or was'} made anew" in why.reason
    assert f"read up to {offset}, and goes from 5 to 20 now" in why.reason


@pytest.mark.parametrize("anew", [False, True])
def test_what_has_gone_before_it_was_read_is_named(anew: bool) -> None:
    why = looked_at(3, anew=anew)

    assert why is not None
    assert why.reason == "records 3 to 4 of desk.ordered.v1[3] are gone"


class Client:
    """A broker that speaks metadata up to a version, and knows one topic."""

    def __init__(self, version: int) -> None:
        self._versions = {3: (0, version)}

    def get_random_node(self) -> int:
        return 0

    async def send(self, _: int, request: Any, **__: Any) -> Any:
        struct = request.prepare(self._versions)
        assert AT.topic.encode() in struct.encode()
        known: Any = (0, AT.topic, ITS, False, [(0, 3, 0, 0, [0], [0], [], {})], 0, {})
        gone: Any = (3, "gone.v1", NONE, False, [], 0, {})
        written = _ANSWER.encode((0, [(0, "localhost", 9092, None, {})], "cluster", 0, [known, gone]))
        return struct.RESPONSE_TYPE.decode(BytesIO(written))


@pytest.mark.parametrize(("version", "found"), [(13, {AT.topic: ITS}), (9, {})])
async def test_ids_are_those_of_topics_that_are_there_and_of_none_where_the_broker_has_none(
    version: int, found: dict[str, UUID]
) -> None:
    kafka: Any = SimpleNamespace(_client=Client(version))

    assert await topic_ids(kafka, {AT.topic, "gone.v1"}) == found
