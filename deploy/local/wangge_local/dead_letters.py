"""What died: read from the dead-letter topics, unsealed, and spoken again where it was first spoken."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wangge_chassis.burying import BATCH, CODE, ORIGINAL, REASON, TOMBSTONE, TRUNCATED
from wangge_chassis.reading import ORIGIN_APPENDED_AT, ORIGIN_OFFSET, ORIGIN_PARTITION, ORIGIN_TOPIC
from wangge_contracts.topics import DEAD_LETTERS, REPLAYS, SERVICES
from wangge_intake.sealing import NotSealedByUs, unseal
from wangge_local.ground import GroundError
from wangge_local.listening import Heard, Listener
from wangge_local.speaking import Speaker

SEALED = "intake"
"""The service whose dead letters hold what outsiders wrote, under its key."""
_ORIGIN = (ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET, ORIGIN_APPENDED_AT)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that no retry could help, as its service buried it."""

    service: str
    record: Heard
    replayed: bool
    """It was spoken again after it was buried; if it died of that again, there is another letter of it."""

    @property
    def name(self) -> str:
        """As commands take it: service, partition and offset in the dead-letter topic."""
        return f"{self.service}/{self.record.partition}/{self.record.offset}"

    @property
    def origin(self) -> tuple[str, str, str]:
        """Topic, partition and offset at which it was first spoken."""
        header = self.record.header
        return header(ORIGIN_TOPIC), header(ORIGIN_PARTITION), header(ORIGIN_OFFSET)

    @property
    def told(self) -> dict[str, Any]:
        """What a list shows."""
        topic, partition, offset = self.origin
        key = self.record.key
        return {
            "name": self.name,
            "code": self.record.header(CODE),
            "reason": self.record.header(REASON),
            "topic": topic,
            "partition": int(partition or 0),
            "offset": int(offset or 0),
            "appended_at": self.record.header(ORIGIN_APPENDED_AT),
            "key": None if self._sealed or key is None else key.decode("utf-8", "replace"),
            "replayed": self.replayed,
        }

    def headers(self, *, keys: str) -> list[tuple[str, bytes]]:
        """
        Return the headers of the original, but those that would say where and when it was spoken.

        :param keys: what unseals intake's.
        """
        found = ((name.removeprefix(ORIGINAL), value) for name, value in _originals(self.record))
        return [(name, self._opened(value, keys=keys)) for name, value in found if name not in _ORIGIN]

    def key(self, *, keys: str) -> bytes | None:
        """Return the key of the original, if it had one and there was room for it."""
        return None if self.record.key is None else self._opened(self.record.key, keys=keys)

    @property
    def truncated(self) -> str:
        """How many bytes the original had if there was no room for all of them, else empty."""
        return self.record.header(TRUNCATED)

    @property
    def unopened(self) -> str:
        """How many records lie in it as the broker had them, in a batch that was not opened, else empty."""
        return self.record.header(BATCH)

    def value(self, *, keys: str) -> bytes | None:
        """
        Return the bytes of the original, None when it had none.

        :param keys: what unseals intake's. :raises GroundError: they were sealed with another key.
        """
        if self.record.header(TOMBSTONE):
            return None
        sealed = self.record.value or b""
        if not self._sealed:
            return sealed
        try:
            return unseal(sealed, keys=keys)
        except NotSealedByUs as error:
            raise GroundError(f"{self.name} cannot be opened: {error}") from None

    @property
    def _sealed(self) -> bool:
        """Whether strangers wrote it."""
        return self.service == SEALED

    def _opened(self, held: bytes, *, keys: str) -> bytes:
        """Return a header's value, or the key; an earlier version left them as they came."""
        if not self._sealed:
            return held
        try:
            return unseal(held, keys=keys)
        except NotSealedByUs:
            return held


def read(bootstrap: str, services: Iterable[str] = SERVICES) -> Iterator[DeadLetter]:
    """Yield every dead letter of *services*, oldest first in each; raises GroundError when Kafka is away."""
    for service in services:
        with Listener(bootstrap, [REPLAYS.named(service)], since="start") as listener:
            replays = list(listener.rest())
        with Listener(bootstrap, [DEAD_LETTERS.named(service)], since="start") as listener:
            yield from marked(service, listener.rest(), replays)


def marked(service: str, buried: Iterable[Heard], replays: Iterable[Heard]) -> Iterator[DeadLetter]:
    """Yield a letter for each of the records *buried*, and whether it is among the *replays* since."""
    spoken_ms: dict[tuple[str, ...], int] = {}
    for replay_ in replays:
        origin = _origin(replay_)
        spoken_ms[origin] = max(replay_.timestamp_ms, spoken_ms.get(origin, 0))
    for record in buried:
        yield DeadLetter(service, record, spoken_ms.get(_origin(record), 0) > record.timestamp_ms)


def find(bootstrap: str, name: str) -> DeadLetter:
    """Return the dead letter called *name*; raises GroundError when there is none."""
    service = name.partition("/")[0]
    if service in SERVICES:
        for letter in read(bootstrap, [service]):
            if letter.name == name:
                return letter
    raise GroundError(f"there is no dead letter {name!r}: wangge dead-letters list")


def replay(
    bootstrap: str,
    letter: DeadLetter,
    *,
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes]],
) -> str:
    """
    Speak *letter* again with these bytes and headers and return the topic that it went to.

    It carries where and when it was first spoken: the service takes it as said by the original owner at
    the original instant, whatever *headers* say. Raises GroundError when Kafka refuses.
    """
    topic = REPLAYS.named(letter.service)
    origin = [(name, value) for name, value in letter.record.headers if name in _ORIGIN]
    speaker = Speaker(bootstrap, source="/wangge/operator")
    speaker.hand_over(topic, key=key, headers=[*origin, *headers], value=value)
    speaker.flush()
    return topic


def mended(headers: Sequence[tuple[str, bytes]], changes: Iterable[str]) -> list[tuple[str, bytes]]:
    """Return *headers* with each `name=value` of *changes* put in place; raises GroundError for others."""
    found = list(headers)
    for change in changes:
        name, equals, value = change.partition("=")
        if not name or not equals:
            raise GroundError(f"--header {change!r}: write NAME=VALUE")
        if name in _ORIGIN:
            raise GroundError(f"--header {name}: where and when it was spoken is not to be mended")
        found = [(other, kept) for other, kept in found if other != name] + [(name, value.encode())]
    return found


def _originals(record: Heard) -> list[tuple[str, bytes]]:
    return [(name, value) for name, value in record.headers if name.startswith(ORIGINAL)]


def _origin(record: Heard) -> tuple[str, ...]:
    return tuple(record.header(name) for name in _ORIGIN[:3])
