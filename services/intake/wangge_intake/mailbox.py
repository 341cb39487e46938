"""What an outsider is told -> one page of it over HTTP, and the cursor of the next."""

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from pydantic_core import to_json

from wangge_chassis.backlogs import NotTold
from wangge_chassis.browsing import Browser, NoLongerKept, NotThere, Position, Stretch
from wangge_chassis.problems import Problem, away, unavailable
from wangge_chassis.reading import RawRecord
from wangge_contracts.cloudevents import from_headers, to_structured
from wangge_contracts.message import Unreadable
from wangge_contracts.v1 import fault
from wangge_intake.callers import quota_used_up
from wangge_intake.speakers import Hears, topic_to

MOST = 500
USUAL = 100
_AT_A_DOOR, _OF_AN_OWNER = 64, 4
"""Most who may be reading at once: each holds a connection to the broker."""
_Cursor = TypeAdapter(tuple[UUID, dict[int, int]])
_LONGEST_CURSOR = 4000


class Mailbox:
    """Reads to outsiders without a Kafka client what lies on their own topics."""

    def __init__(self, browser: Browser, *, wait_limit_s: float) -> None:
        self._browser = browser
        self.wait_limit_s = wait_limit_s
        self._reading: Counter[str] = Counter()
        self._closing = False

    async def attend(self) -> None:
        """Do nothing until cancelled, and then let nobody wait any longer."""
        try:
            await asyncio.Event().wait()
        finally:
            self._closing = True

    async def page(
        self,
        owner: str,
        hears: Hears,
        *,
        after: str,
        most: int,
        within_s: float,
        gone: Callable[[], Awaitable[bool]],
    ) -> bytes:
        """
        Return, as JSON, the messages to *owner* after that cursor, and the next one.

        They are waited for *within_s* seconds, or until *gone* says that he has hung up. Raises Problem 404,
        410, 422, 429 and 503.
        """
        position = position_of(after) if after else None
        topic = topic_to(owner, hears)
        if self._reading.total() >= _AT_A_DOOR:
            raise unavailable("too many are reading at this door")
        if self._reading[owner] >= _OF_AN_OWNER:
            raise quota_used_up(0, f"{_OF_AN_OWNER} requests of yours are being read to already")

        async def closing() -> bool:
            return self._closing or await gone()

        self._reading[owner] += 1
        try:
            found = await self._browser.read(topic, position, most=most, within_s=within_s, closing=closing)
        except NotThere:
            why = f"nobody is told anything on {topic}: is this unit reached otherwise, or not published yet?"
            raise Problem(
                404, fault("unknown-topic", detail_zh="该单位不由此通知，或尚未发布", detail_en=why)
            ) from None
        except NoLongerKept:
            why = "leave `after` out, and hear all that is kept: every message tells the whole state"
            raise Problem(
                410, fault("no-longer-kept", "/after", detail_zh="请不填after，从现存内容读起", detail_en=why)
            ) from None
        except NotTold:
            raise away("Kafka") from None
        finally:
            self._reading[owner] -= 1
        return page_of(found)


def page_of(found: Stretch) -> bytes:
    """Return *found* as JSON: each message as an event in CloudEvents' JSON format."""
    events = (event_of(record) for record in found.records)
    messages = b",".join(event for event in events if event is not None)
    return b'{"messages":[%b],"next":%b}' % (messages, to_json(cursor_of(found.then)))


def event_of(record: RawRecord) -> bytes | None:
    """Return what lies there as an event; None where nobody of the house can have said it."""
    try:
        return to_structured(from_headers(record.headers), record.value or b"null")
    except Unreadable as error:
        structlog.get_logger().warning(
            "mailbox_unreadable", topic=record.topic, offset=record.offset, reason=error.text
        )
        return None


def cursor_of(position: Position) -> str:
    """Return *position* as a word that nobody but us needs to understand."""
    written = _Cursor.dump_json((position.topic_id, dict(position.offsets)))
    return urlsafe_b64encode(written).decode().rstrip("=")


def position_of(cursor: str) -> Position:
    """Return the position that *cursor* names. Raises Problem 422."""
    try:
        if len(cursor) > _LONGEST_CURSOR or not re.fullmatch(r"[\w-]+", cursor, re.ASCII):
            raise ValueError
        return Position(*_Cursor.validate_json(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except ValueError:
        why = "it is no cursor: give back `next` of the page before, or leave it out"
        raise Problem(
            422, fault("invalid", "/after", detail_zh="请填上一页的next，或不填", detail_en=why)
        ) from None
