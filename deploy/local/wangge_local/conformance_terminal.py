"""What a terminal system must bear at the door: each trial, its answer, and what is to be done then. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KEPT = (201, 202)
"""After these a report is the house's. 200 is none of them: whoever guards a network says it too."""
RETRY_AFTER_S = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says instead of the house; *status* None: the house says it."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    besides: Mapping[str, Any] = field(default_factory=dict)
    """Members of the house's answer that no contract knows, or with words that none does."""
    lost: bool = False
    """The house has the report, and its answer does not arrive."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A report that was handed in, and what was said to that."""

    report_id: str
    content: bytes
    """SHA-256 of what it says, as intake reads it."""
    matter: bytes
    """The same but for its id: equal for what is one report under two ids."""
    at: float
    """Seconds of a clock that only goes forward."""
    status: int | None
    """What it was answered, in a batch for itself; None: nothing arrived."""
    against: str = ""
    """What the house has against it."""
    tried: bool = False
    """Whether it is the one that the trial is about."""

    @property
    def kept(self) -> bool:
        """Whether its sender knows that it is the house's."""
        return self.status in KEPT


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that happens to every terminal system sooner or later."""

    name: str
    must: str
    """What the terminal does then, for people."""
    answer: Answer
    again: bool
    """Whether it sends the same once more."""
    after_s: float = 0.0
    """And how long it has been asked to wait before, seconds."""

    def why_failed(self, attempts: Sequence[Attempt], *, within_s: float) -> str | None:
        """
        Return what the terminal does not bear; None: it does.

        :param attempts: all that were heard from the first of the trial's report on. :param within_s: how
            long it was listened for another one.
        """
        first = attempts[0]
        same = [each for each in attempts if each.report_id == first.report_id]
        renamed = [e.report_id for e in attempts if e.matter == first.matter and e not in same]
        kept = next((number for number, each in enumerate(same) if each.kept), len(same))
        if renamed:
            return f"sent again as another report, {renamed[0]}: an id is made once, when it is saved"
        if any(each.content != first.content for each in same):
            return "sent again with other content: a report stands from its first sending on"
        if kept < len(same) - 1:
            return f"sent {len(same) - 1 - kept} times more after it was kept"
        if len(same) > 1 and not self.again:
            return f"sent {len(same) - 1} times more"
        if len(same) == 1 and self.again:
            return f"not sent again within {within_s:g} s"
        if self.again and same[1].at - first.at < self.after_s:
            return f"sent again after {same[1].at - first.at:.1f} s; it was asked to wait {self.after_s:g}"
        return next((f"the house has this against it: {e.against}" for e in same if e.against), None)


TRIALS = (
    Trial("kept", "send it once, and nothing that nobody knows", Answer(), again=False),
    Trial(
        "unknown",
        "send it once: a member and a word of the answer are new to it, 202 is not",
        Answer(besides={"weather": "rain", "outcome": "kept-twice"}),
        again=False,
    ),
    Trial(
        "lost answer", "send the same again: nobody knows whether it was kept", Answer(lost=True), again=True
    ),
    Trial(
        "away",
        "send the same again, as late as Retry-After says",
        Answer(503, {"retry-after": str(RETRY_AFTER_S)}),
        again=True,
        after_s=RETRY_AFTER_S,
    ),
    Trial(
        "quota",
        "send the same again, as late as Retry-After says",
        Answer(429, {"retry-after": str(RETRY_AFTER_S)}),
        again=True,
        after_s=RETRY_AFTER_S,
    ),
    Trial(
        "captive portal",
        "send the same again: 200 is not 202, and comes from somebody else",
        Answer(200, {"content-type": "text/html"}, "<html><title>Login</title></html>"),
        again=True,
    ),
    Trial("refused", "send it no more, and tell its reporter", Answer(422), again=False),
)
"""
In the order in which they are played; contracts-v1 has what an id and 202 mean, RFC 9110 what 503 does.

That a portal answers 200 is why OpenRosa has only 201 and 202 for success (its form submission API).
"""
