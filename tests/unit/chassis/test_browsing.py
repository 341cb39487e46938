"""What a caller at a door is told of a topic that does not hand over what lies there."""

from typing import Any
from uuid import UUID

import pytest
from aiokafka import TopicPartition

from wangge_chassis import browsing

AT = TopicPartition("departments.gas.tasks.v1", 0)


class Silent:
    """A broker that is frozen: it hands over nothing."""

    async def getmany(self, **_: Any) -> dict[TopicPartition, list[Any]]:
        return {}


async def still() -> bool:
    return False


async def gathered(*, upto: int) -> browsing.Stretch:
    ends = browsing._Ends(UUID(int=7), {AT: 3}, {AT: upto})
    return await browsing._gathered(Silent(), ends, most=9, within_s=0.01, closing=still)


async def test_where_nothing_is_to_come_nothing_is_told_after_the_callers_patience() -> None:
    found = await gathered(upto=3)

    assert (found.records, found.then) == ([], browsing.Position(UUID(int=7), {0: 3}))


async def test_what_lies_there_and_is_not_handed_over_is_not_told_to_be_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browsing, "_WITHIN_S", 0.02)

    with pytest.raises(TimeoutError):
        await gathered(upto=2)
