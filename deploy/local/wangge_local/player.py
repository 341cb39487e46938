"""A step of a story -> what its person says, by Kafka or at the console; done when the verdict is known."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json

from wangge_contracts.topics import (
    ACTS_JUDGED,
    DEPARTMENT_ANSWERS,
    DEPARTMENT_RECEIPTS,
    TERMINAL_ANSWERS,
    TERMINAL_RECEIPTS,
    TERMINAL_REPORTS,
)
from wangge_contracts.v1 import ActJudged, AnswerJudged, ReportReceipt, Task, TaskChanged
from wangge_local.doors import Door
from wangge_local.ground import GroundError, poll
from wangge_local.listening import Heard, Listener
from wangge_local.speaking import Speaker
from wangge_local.stories_expected import open_task
from wangge_local.stories_plan import Scene, incident_id

CONSOLE = "console"
VERDICT_WITHIN_S = 20.0
_GOOD = frozenset({"accepted", "attached", "duplicate", "applied", "repeated"})
_NOT_FINAL = frozenset({"later-change", "pending-approval"})


class Refused(GroundError):
    """What a step said was refused: the story cannot go on."""


class Player:
    """
    Says what the people of a story say, each in their own way, one after the other.

    :param ledger: the ledger's door with a token that speaks for everybody.
    :param owners: the topic prefixes on whose receipts verdicts are looked for.
    :param check: called while waiting; it may raise to give up.
    """

    def __init__(
        self,
        bootstrap: str,
        ledger: Door,
        owners: tuple[str, ...],
        *,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._check = check
        self._speaker = Speaker(bootstrap, source="/stories")
        receipts = [_receipts(owner) for owner in owners]
        self._verdicts = Listener(bootstrap, [ACTS_JUDGED.name, *receipts], since="now")

    def close(self) -> None:
        """Let go of the broker."""
        self._verdicts.__exit__()

    def play(self, scene: Scene) -> None:
        """
        Say what *scene* says and wait for its verdict.

        :raises Refused: it was not accepted. :raises GroundError: no task to answer, or no verdict in time.
        """
        if scene.step.report is not None:
            self._report(scene)
            return
        told = self._ledger.get(f"/v1/incidents/{incident_id(scene.telling)}")
        said_id = scene.telling.said_id(scene.step)
        if _was_said(told, said_id):
            return  # before the telling was interrupted
        task = _task(scene, told)
        if scene.step.answer is not None and task is not None:
            self._answer(scene, task)
        else:
            self._order(scene, task, told)
        self._judged(scene, said_id)

    def _report(self, scene: Scene) -> None:
        report = scene.telling.reported(scene.step)
        topic = TERMINAL_REPORTS.named(scene.step.via.removeprefix("terminals."))
        self._speaker.say(topic, report, key=None, message_id=report.report_id, at=scene.at)
        self._speaker.flush()
        self._judged(scene, report.report_id)

    def _answer(self, scene: Scene, task: Task) -> None:
        answer = scene.telling.answered(scene.step, task)
        if scene.step.via == CONSOLE:
            self._ledger.post("/v1/acts", answer.write())
            return
        topic = _answers(scene.step.via)
        self._speaker.say(topic, answer, key=None, message_id=answer.answer_id, at=scene.at)
        self._speaker.flush()

    def _order(self, scene: Scene, task: Task | None, told: Mapping[str, Any]) -> None:
        order = scene.telling.ordered(
            scene.step, incident_id=incident_id(scene.telling), mode=told["incident"]["mode"], task=task
        )
        self._ledger.post("/v1/orders", order.write())

    def _judged(self, scene: Scene, said_id: str) -> None:
        for left in poll(timeout=VERDICT_WITHIN_S, every=0):
            self._check()
            for record in self._verdicts.more(timeout=min(left, 0.2)):
                verdict = _verdict(record)
                if verdict is None or said_id not in _named(verdict) or verdict.outcome in _NOT_FINAL:
                    continue
                if verdict.outcome not in _GOOD:
                    faults = "; ".join(f"{fault.text_en} {fault.pointer}".strip() for fault in verdict.errors)
                    raise Refused(f"{_which(scene)} was {verdict.outcome}: {faults}")
                return
        raise GroundError(f"{_which(scene)} has no verdict after {VERDICT_WITHIN_S:.0f} s: wangge status")


def _receipts(owner: str) -> str:
    family, _, slug = owner.partition(".")
    return (TERMINAL_RECEIPTS if family == "terminals" else DEPARTMENT_RECEIPTS).named(slug)


def _answers(owner: str) -> str:
    family, _, slug = owner.partition(".")
    return (TERMINAL_ANSWERS if family == "terminals" else DEPARTMENT_ANSWERS).named(slug)


def _verdict(record: Heard) -> ReportReceipt | AnswerJudged | ActJudged | None:
    for kind in (ReportReceipt, AnswerJudged, ActJudged):
        if record.value is not None and record.header("ce_type") == kind.TYPE:
            return kind.read(record.value)
    return None


def _named(verdict: ReportReceipt | AnswerJudged | ActJudged) -> set[str | None]:
    return {getattr(verdict, name, None) for name in ("report_id", "answer_id", "order_id")}


def _was_said(told: Mapping[str, Any], said_id: str) -> bool:
    return any(
        said_id in (line["document"].get("answer_id"), line["document"].get("order_id"))
        for line in told["timeline"]
    )


def _task(scene: Scene, told: Mapping[str, Any]) -> Task | None:
    sought = scene.step.task
    if sought is None:
        return None
    found = open_task(told, sought)
    if found is None:
        raise GroundError(f"{_which(scene)}: there is no open {sought.kind} task of {sought.holder}")
    return TaskChanged.read(to_json(found))


def _which(scene: Scene) -> str:
    return f"story {scene.telling.story.name}, step {scene.number + 1} ({scene.step.tell.en})"
