"""What was verified on the spot before it is filed (核实): there is something to it, or a desk has doubts."""

from wangge_contracts.v1 import Decision, Suggestion, TaskAnswered
from wangge_router.case import Held
from wangge_router.draft import Draft
from wangge_router.filing import file
from wangge_router.giving import give, give_all


def confirmed(draft: Draft, _: Held, __: TaskAnswered) -> None:
    """Let it go where its rule says."""
    take_up(draft)


def take_up(draft: Draft) -> None:
    """
    File the incident, if the standard has its class, and give the tasks that its rule wants.

    The desk is asked instead of whoever is no longer there, helpers and called forces too.
    """
    if draft.incident.class_ref is not None:
        file(draft, draft.incident.class_ref)
    case = draft.before
    suggestion: Suggestion | None = draft.kept("suggestion")
    if suggestion is not None:
        waits = suggestion.automatic_at - draft.incident.effective_at
        suggestion = suggestion.model_copy(update={"automatic_at": draft.at + waits})
    give_all(
        draft,
        draft.kept("planned"),
        decision=case.decision,
        wanted_by=f"the rule {case.decision.rule}",
        suggestion=suggestion,
    )
    draft.keep(planned=(), suggestion=None)


def doubted(draft: Draft, held: Held, answer: TaskAnswered) -> None:
    """Let the desk look at what nobody found on the spot: it may not accept it (不予受理), or dispatch it."""
    reason = f"{held.task.holder} found nothing to it"
    reason = f"{reason}: {answer.reason_code}" if answer.reason_code else reason
    give(
        draft,
        "dispatch",
        draft.before.desk,
        decision=Decision(reason=reason),
        instructions=answer.text,
        concerns=held.task.task_id,
    )
