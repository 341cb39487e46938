"""A matter that is handled in stages (围挡, 抢修, 恢复), each with a limit of its own."""

from wangge_contracts.v1 import TaskAnswered
from wangge_router.case import Held
from wangge_router.draft import Draft
from wangge_router.renewing import start_limit


def next_stage(draft: Draft, held: Held, _: TaskAnswered) -> None:
    """Let the same holder go on with the next stage: its limit runs from now on."""
    upcoming, *later = held.stages
    start_limit(draft, held, upcoming.limit, stage=upcoming.stage)
    draft.remember(held, stages=tuple(later), before=None)
