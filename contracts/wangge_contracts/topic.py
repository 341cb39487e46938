"""One row of the topic table."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from wangge_contracts.message import Message

INSIDE_PARTITIONS_DEFAULT = 12
"""Partitions of every inside topic unless the house was first started on another number."""
SERVICES = ("intake", "router", "escalation", "notifier", "ledger")
"""The rooms, in the order in which facts flow through them."""
CLIENT_BATCH_BYTES = 1_048_588
"""Kafka's own default. The broker limits batches, not messages, and common clients put up to a million bytes
into one: a lower limit would refuse a burst of small reports. A message's size is for its reader to judge."""
_MS, _DAY = timedelta(milliseconds=1), timedelta(days=1)
_FILE = timedelta(hours=23)
"""How long the broker writes into one file of a topic. It takes away whole files, each when its newest record
is old enough, and looks every few minutes: within a day of its time a record is gone."""
_SLUG = r"(?=[^.]{1,48}\.)[a-z0-9](?:-?[a-z0-9])*"


@dataclass(frozen=True, slots=True)
class Topic:
    """
    One row of the table.

    Principals among writers and readers are a room's name, `operator`, `terminal:{slug}`, `department:{slug}`
    or, where the name holds `{service}`, that service.
    """

    name: str
    """May hold `{slug}` or `{service}`."""
    messages: tuple[type[Message], ...]
    """Empty: the bytes of other topics, as they were."""
    key: str
    """The field that is the record's key; empty: any or none, not trusted."""
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    numbered: bool = False
    """One owner per key, `ce_sequence` +1 per key."""
    partitions: int = 1
    retention: timedelta | None = timedelta(days=30)
    """None: for ever."""
    at_most: bool = False
    """Whether nothing is to stay longer, for it may name people; else nothing goes earlier."""
    cleanup: Literal["delete", "compact"] = "delete"
    max_bytes: int = 1024 * 1024
    """Of one message; its reader refuses what is larger."""
    quota_bytes_per_s: int | None = None
    """What one outsider may write in a second, on average; the broker slows down who writes more."""
    timestamps: Literal["CreateTime", "LogAppendTime"] = "CreateTime"
    carries: Literal["facts", "acts"] = "facts"
    """Facts only flow forward; acts are what somebody asks of a room that decides, and flow to it."""

    @property
    def inside(self) -> bool:
        """Whether it has the house's number of partitions and our keys."""
        return self.partitions == INSIDE_PARTITIONS_DEFAULT

    @property
    def batch_bytes(self) -> int:
        """Of one batch of a client's, compressed: the topic's own `max.message.bytes`."""
        return max(self.max_bytes, CLIENT_BATCH_BYTES)

    @property
    def settings(self) -> dict[str, str | int]:
        """What Kafka is told of it, by Kafka's names: times in milliseconds, sizes in bytes."""
        return {
            "cleanup.policy": self.cleanup,
            **self._kept,
            "max.message.bytes": self.batch_bytes,
            "message.timestamp.type": self.timestamps,
        }

    @property
    def _kept(self) -> dict[str, int]:
        if self.retention is None:
            return {"retention.ms": -1}
        kept = self.retention - _DAY if self.at_most else self.retention
        return {"retention.ms": kept // _MS, "segment.ms": _FILE // _MS}

    @property
    def pattern(self) -> str:
        """A regular expression for every concrete name of this row."""
        name = re.escape(self.name)
        for hole, inner in ((r"\{slug\}", _SLUG), (r"\{service\}", "|".join(SERVICES))):
            name = name.replace(hole, f"({inner})")
        return f"^{name}$"

    def named(self, owner: str) -> str:
        """The concrete name for a slug or a service. Raises `ValueError` when it is none of this row."""
        name = self.name.replace("{slug}", owner).replace("{service}", owner)
        if not re.fullmatch(self.pattern, name):
            raise ValueError(f"{owner!r} does not name a topic of {self.name}")
        return name

    def owner(self, name: str) -> str | None:
        """The slug or service in a concrete name; None when there is none or *name* is not of this row."""
        match = re.fullmatch(self.pattern, name)
        return match[1] if match and match.lastindex else None

    def message(self, type_: str) -> type[Message] | None:
        """The class for a CloudEvents type; None for a type this version does not know: skip it."""
        return next((message for message in self.messages if type_ == message.TYPE), None)
