"""What every channel can do: make one attempt, and say how it went. No clock, no network, no chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from wangge_notifier.channels import Channels
from wangge_notifier.delivering import Outcome
from wangge_notifier.pacing import Lane
from wangge_notifier.saying import Delivery


@dataclass(slots=True)
class Parcel:
    """
    One notice, packed for one attempt; the same notice is packed the same on every attempt.

    Frozen by custom only, as what is made for every record is.
    """

    notice_id: str
    attempt: int
    address: str
    """Empty where `contact_ref` stands for it."""
    holder: str
    """Whose address it is."""
    subject: str
    text: str
    """For people, with the link that confirms it."""
    body: bytes
    """For systems, JSON."""
    channels: Channels
    """How channels are used now."""
    contact_ref: str | None = None
    """Whose address intake alone knows; it is asked for while the attempt is made."""
    reference: str | None = None
    """What the provider called it when it was sent before."""


@dataclass(slots=True)
class Flight:
    """One attempt that is marked in the database, or one question (*asks*) about an earlier one."""

    parcel: Parcel
    channel: str
    lane: Lane
    asks: bool = False
    launched: bool = False
    outcome: Outcome | None = None
    delivery: Delivery | None = None
    """How far its notice came, as it is committed; None when the books must be asked."""


class Channel(Protocol):
    """
    One means of reaching somebody. A new one is a module with this class, a line in `app.py`, and its word in
    `contacts.CHANNELS`.

    Neither method raises: whatever goes wrong is an outcome. What was answered, addresses and secrets
    stay inside; an outcome holds a code and a sentence of ours.
    """

    async def send(self, parcel: Parcel) -> Outcome:
        """Make one attempt."""

    async def query(self, parcel: Parcel) -> Outcome:
        """Ask what became of an attempt of which nobody knows how it ended."""
        del parcel
        return Outcome("cannot-ask", doubtful=True)


Means = Mapping[str, Channel]
"""The channels that can be used, by their words in the contract."""
