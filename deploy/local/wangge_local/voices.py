"""How people outside speak to the house: on their own topics or at the console; and what becomes of it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Self

from wangge_contracts.topics import (
    ACTS_JUDGED,
    DEPARTMENT_ANSWERS,
    DEPARTMENT_RECEIPTS,
    TERMINAL_ANSWERS,
    TERMINAL_RECEIPTS,
    TERMINAL_REPORTS,
)
from wangge_contracts.v1 import (
    ActJudged,
    AnswerJudged,
    DeskOrdered,
    ReportReceipt,
    ReportSubmitted,
    TaskAnswered,
)
from wangge_local.doors import Door
from wangge_local.ground import GroundError, poll
from wangge_local.listening import Heard, Listener
from wangge_local.speaking import Speaker

CONSOLE = "console"
VERDICT_WITHIN_S = 20.0
_GOOD = frozenset({"accepted", "attached", "duplicate", "applied", "pending-approval", "repeated"})
"""A desk that is asked (延期, 缓办) has heard it: what it rules is a verdict of its own, later."""
_NOT_FINAL = frozenset({"later-change"})

Verdict = ReportReceipt | AnswerJudged | ActJudged


class Voices:
    """
    Says things as their owners would, and hears the verdicts. A context manager.

    :param ledger: the ledger's door with a token that speaks for everybody.
    :param owners: the topic prefixes on whose receipts verdicts are looked for.
    :param check: called while waiting; it may raise to give up.
    """

    def __init__(
        self,
        bootstrap: str,
        ledger: Door,
        owners: Iterable[str],
        *,
        source: str,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._check = check
        self._speaker = Speaker(bootstrap, source=source)
        self._verdicts = Listener(bootstrap, [ACTS_JUDGED.name, *map(_receipts, owners)], since="now")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._verdicts.__exit__()

    def report(self, owner: str, report: ReportSubmitted, *, at: datetime) -> None:
        """Say *report* on the topic of the terminal *owner*."""
        topic = TERMINAL_REPORTS.named(owner.removeprefix("terminals."))
        self._speaker.say(topic, report, key=None, message_id=report.report_id, at=at)
        self._speaker.flush()

    def answer(self, owner: str, answer: TaskAnswered, *, at: datetime) -> None:
        """Say *answer* on the topic of *owner*, or at the console. Raises doors.Refused there."""
        if owner == CONSOLE:
            self._ledger.post("/v1/acts", answer.write())
            return
        self._speaker.say(_answers(owner), answer, key=None, message_id=answer.answer_id, at=at)
        self._speaker.flush()

    def order(self, order: DeskOrdered) -> None:
        """Give *order* at the console. Raises doors.Refused."""
        self._ledger.post("/v1/orders", order.write())

    def verdict(self, said_id: str, *, timeout: float = VERDICT_WITHIN_S) -> Verdict:
        """Return what became of the report, answer or order *said_id*; GroundError when nobody says."""
        return next(verdict for _, verdict in self.verdicts((said_id,), timeout=timeout))

    def verdicts(
        self, said_ids: Iterable[str], *, timeout: float = VERDICT_WITHIN_S
    ) -> Iterator[tuple[str, Verdict]]:
        """Yield what became of each as it is told; GroundError when nothing is for *timeout* seconds."""
        awaited = set(said_ids)
        while awaited:
            heard = self._heard(awaited, timeout=timeout)
            if not heard:
                many = f" on {len(awaited)} of them" if len(awaited) > 1 else " on it"
                raise GroundError(f"no verdict{many} after {timeout:.0f} s: wangge status")
            for said_id, verdict in heard:
                if said_id in awaited:
                    awaited.discard(said_id)
                    yield said_id, verdict

    def _heard(self, awaited: set[str], *, timeout: float) -> list[tuple[str, Verdict]]:
        for left in poll(timeout=timeout, every=0):
            self._check()
            found = [verdict_in(record) for record in self._verdicts.more(timeout=min(left, 0.2))]
            final = [each for each in found if each is not None and each.outcome not in _NOT_FINAL]
            heard = [(said_id, each) for each in final for said_id in named(each) if said_id in awaited]
            if heard:
                return [(said_id, each) for said_id, each in heard if said_id is not None]
        return []


def is_good(verdict: Verdict) -> bool:
    """Whether what was said stands."""
    return verdict.outcome in _GOOD


def told(verdict: Verdict) -> str:
    """Say in one line what became of it."""
    faults = "; ".join(f"{fault.text_en} {fault.pointer}".strip() for fault in verdict.errors)
    return f"{verdict.outcome}: {faults}" if faults else str(verdict.outcome)


def verdict_in(record: Heard) -> Verdict | None:
    """Return the verdict that *record* holds, if it holds one."""
    for kind in (ReportReceipt, AnswerJudged, ActJudged):
        if record.value is not None and record.header("ce_type") == kind.TYPE:
            return kind.read(record.value)
    return None


def named(verdict: Verdict) -> set[str | None]:
    """Return the ids of what was judged."""
    return {getattr(verdict, name, None) for name in ("report_id", "answer_id", "order_id")}


def _receipts(owner: str) -> str:
    family, _, slug = owner.partition(".")
    return (TERMINAL_RECEIPTS if family == "terminals" else DEPARTMENT_RECEIPTS).named(slug)


def _answers(owner: str) -> str:
    family, _, slug = owner.partition(".")
    return (TERMINAL_ANSWERS if family == "terminals" else DEPARTMENT_ANSWERS).named(slug)
