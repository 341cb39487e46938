"""A step of a story -> what its person says, where that person says it; done when it was judged."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from wangge_contracts.v1 import Task, TaskChanged
from wangge_local.doors import Door
from wangge_local.ground import GroundError
from wangge_local.stories_expected import open_task
from wangge_local.stories_plan import Scene, incident_id
from wangge_local.voices import Voices, is_good, told


class Player:
    """Plays one scene after the other: with *voices* it speaks, from *ledger* it knows what to answer."""

    def __init__(self, voices: Voices, ledger: Door) -> None:
        self._voices = voices
        self._ledger = ledger

    def play(self, scene: Scene) -> None:
        """
        Say what *scene* says and wait until it was judged; what was said before is not said again.

        :raises GroundError: it was refused, there is nothing to answer, or nobody judges it.
        """
        telling, step = scene.telling, scene.step
        said_id = telling.said_id(step)
        if step.report is not None:
            self._voices.report(step.via, telling.reported(step), at=scene.at)
        else:
            known = self._ledger.get(f"/v1/incidents/{incident_id(telling)}")
            if _was_said(known, said_id):
                return
            task = _task(scene, known)
            if step.answer is not None and task is not None:
                self._voices.answer(step.via, telling.answered(step, task), at=scene.at)
            else:
                mode = known["incident"]["mode"]
                self._voices.order(
                    telling.ordered(step, incident_id=incident_id(telling), mode=mode, task=task)
                )
        verdict = self._voices.verdict(said_id)
        if not is_good(verdict):
            raise GroundError(f"{_which(scene)} was {told(verdict)}")


def _was_said(known: Mapping[str, Any], said_id: str) -> bool:
    return any(
        said_id in (line["document"].get("answer_id"), line["document"].get("order_id"))
        for line in known["timeline"]
    )


def _task(scene: Scene, known: Mapping[str, Any]) -> Task | None:
    sought = scene.step.task
    if sought is None:
        return None
    found = open_task(known, sought)
    if found is None:
        raise GroundError(f"{_which(scene)}: there is no open {sought.kind} task of {sought.holder}")
    return TaskChanged.read(to_json(found))


def _which(scene: Scene) -> str:
    return f"story {scene.telling.story.name}, step {scene.number + 1} ({scene.step.tell.en})"
