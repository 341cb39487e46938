"""A desk decides who handles (派遣), names a unit (指定), calls forces, or lets somebody go."""

from collections.abc import Sequence

from wangge_contracts.message import known
from wangge_contracts.v1 import DeskOrdered, Faults, OrderedParty, Urgency, Whistle, fault
from wangge_router.case import Given, Held
from wangge_router.commanding import (
    NO_SUCH_CLASS,
    WITHDRAWN,
    Line,
    decision_of,
    named,
    note_dispatcher,
    speaker_of,
)
from wangge_router.draft import Draft
from wangge_router.filing import classify, file
from wangge_router.forestalling import against, forestalled, let_go, take_back
from wangge_router.giving import give_to
from wangge_router.snapshot import PARTIES
from wangge_router.turns import MOST_RETURNS
from wangge_router.watching import forget_reply, owed_again

DESIGNATED = "designated-anew"
"""The reason of a task that is taken from its holder because a unit is designated."""


def _dispatch(draft: Draft, order: DeskOrdered) -> Faults:
    """
    The desk decides who handles (派遣), or adds helpers to who handles already.

    Named a question about a helper or a force, it may be content without another: then it names nobody.
    If it had decided before the ladder dispatched by itself, what the ladder gave is taken back.
    """
    asked = [held for held in named(draft, order) if held.task.kind == "dispatch"]
    late = forestalled(draft, order)
    if any(not held.open for held in asked if held not in late) or 0 < len(late) < len(asked):
        return (fault("not-allowed-now", "/task_ids"),)
    desk = order.on_behalf_of or ""
    answered = asked or late or draft.waiting("dispatch")
    mine = [held for held in answered if draft.directory.commands(desk, held.task.holder)]
    if asked and len(mine) < len(asked):
        return (fault("not-yours", "/task_ids"),)
    leads = [number for number, party in enumerate(order.parties) if party.kind == "handle"]
    if leads and draft.incident.counts.returns >= MOST_RETURNS:
        told = f"it was returned {MOST_RETURNS} times; designate"
        return (fault("not-allowed-now", "/order", detail_zh="已多次退回，须指定", detail_en=told),)
    if late and (found := against(draft.held, late)):
        return (found,)
    free = bool(late) or draft.lead is None
    if leads and not free:
        return (
            fault(
                "not-allowed-now",
                f"/parties/{leads[0]}",
                detail_zh="已有主办单位，请改用指定",
                detail_en="there is a lead; designate",
            ),
        )
    questions = [held for held in mine if _asks_for_lead(draft, held)]
    if free and not mine:
        return (fault("not-yours", "/on_behalf_of"),)
    if leads and not questions:
        told = "it does not ask who leads"
        return (
            fault("not-allowed-now", "/task_ids", detail_zh="并非待派主办单位", detail_en=told)
            if asked
            else fault("not-yours", "/on_behalf_of"),
        )
    undecided = free and bool(questions)
    if undecided and draft.incident.counts.returns >= MOST_RETURNS:
        return (fault("not-allowed-now", "/order", detail_zh="三次退回后须指定", detail_en="designate"),)
    if undecided and len(leads) != 1:
        return (
            fault(
                "missing" if not leads else "invalid",
                "/parties",
                detail_zh="须有且仅有一个主办单位",
                detail_en="exactly one lead",
            ),
        )
    if not order.parties and not asked:
        return (fault("missing", "/parties"),)
    return _give(draft, order, take_back(draft, late, order.parties), ended=mine)


def _asks_for_lead(draft: Draft, held: Held) -> bool:
    """Whether the `dispatch` task *held* asks who handles, and not about a helper or a force."""
    about = draft.current(held.task.concerns)
    return about is None or about.task.kind not in ("assist", "attend")


def _designate(draft: Draft, order: DeskOrdered) -> Faults:
    """
    The desk names the unit (指定): it takes over from any other, and cannot return it.

    Nobody goes on to verify, or to check, what was to be decided without it.
    """
    lead = draft.lead
    if lead is not None and not lead.open:
        return (fault("not-allowed-now", "/order", detail_zh="正在核查", detail_en="it is being checked"),)
    if draft.kept("passed"):
        return (
            fault(
                "not-allowed-now",
                "/order",
                detail_zh="其余任务全部办结后自动结案",
                detail_en="it closes when all others are over",
            ),
        )
    if [party.kind for party in order.parties].count("handle") != 1:
        return (
            fault("invalid", "/parties", detail_zh="须有且仅有一个主办单位", detail_en="exactly one lead"),
        )
    late = forestalled(draft, order)
    if late and against(draft.held, late):
        late = []
    # Whoever has it so far: a lead, or who looks at the report or at what its reporter settled.
    before = [*([lead] if lead is not None else []), *draft.waiting("verify"), *draft.waiting("check")]
    meant = {held.task.task_id for held in (*before, *late, *draft.waiting("dispatch"))}
    if order.task_ids and meant.isdisjoint(order.task_ids):
        # All that a unit holds are named in bulk: where it only helps, another's lead is not meant.
        told = "none of them is who handles it"
        return (fault("not-allowed-now", "/task_ids", detail_zh="并非主办", detail_en=told),)
    for held in before:
        draft.move(held, change="withdrawn", to="withdrawn", reason_code=order.reason_code or DESIGNATED)
    draft.keep(planned=(), suggestion=None)
    others = [party for party in order.parties if party.kind != "handle"]
    wanted = (*take_back(draft, late, others), *(party for party in order.parties if party.kind == "handle"))
    return _give(draft, order, wanted, ended=[*late, *draft.waiting("dispatch")], designated=True)


def _call(draft: Draft, order: DeskOrdered) -> Faults:
    """
    A desk calls forces to the spot, or a unit to help; a street may whistle for them (吹哨报到).

    The whistle is kept with each task that it gives, so that who whistled and who came can both be judged.
    """
    faults = _give(draft, order, order.parties, ended=[])
    if not faults and order.whistle is not None:
        located = draft.directory.located(order.on_behalf_of or "")
        if located is None or located.street is None or order.on_behalf_of != located.desk("street"):
            told = "a street's desk whistles"
            return (fault("not-yours", "/whistle", detail_zh="吹哨由街道发起", detail_en=told),)
        for held in draft.changed:
            if held.task.revision == 1:
                draft.amend(held, whistle=known(Whistle, order.whistle))
    return faults


def _give(
    draft: Draft,
    order: DeskOrdered,
    parties: Sequence[OrderedParty],
    *,
    ended: list[Held],
    designated: bool = False,
) -> Faults:
    leads = any(party.kind == "handle" for party in parties)
    # What was doubted on the spot and is given to a lead all the same is taken up as it was reported.
    take_up = file if leads else classify
    if order.class_ref is not None and not take_up(draft, order.class_ref):
        return (NO_SUCH_CLASS,)
    if draft.incident.filed_at is None and draft.incident.class_ref is not None:
        take_up(draft, draft.incident.class_ref)
    if order.urgency is not None:
        draft.put(urgency=known(Urgency, order.urgency))
    for held in ended:
        draft.move(held, change="done", to="done")
    there = {(held.task.kind, held.task.holder) for held in draft.held if held.open}
    wanted = [party for party in parties if (party.kind, party.holder) not in there]
    given: list[Given] = []
    for party in {(party.kind, party.holder): party for party in wanted}.values():
        held = give_to(
            draft,
            party,
            decision=decision_of(order),
            designated=designated and party.kind == "handle",
        )
        given.append(Given(task_id=held.task.task_id, party=party))
    for held in ended:
        draft.remember(held, given=tuple(given) if speaker_of(order) == "ladder" else ())
    if ended or leads:
        note_dispatcher(draft, order)
    return (
        ()
        if ended or wanted
        else (fault("not-allowed-now", "/parties", detail_zh="均已呼叫", detail_en="all are called"),)
    )


def _withdraw(draft: Draft, order: DeskOrdered) -> Faults:
    """
    The desk releases who helps, was called or was to reply; who handles is replaced by designation only.

    The ladder takes back what it ordered too soon, also a reply that is owed again if a return is refused.
    """
    found = named(draft, order)
    waiting = [held for held in found if owed_again(draft, held)]
    going = [held for held in found if held not in waiting]
    if any(not held.open or held.task.kind not in ("assist", "attend", "supervise") for held in going):
        return (fault("not-allowed-now", "/task_ids"),)
    for held in going:
        let_go(draft, held, order.reason_code or WITHDRAWN)
    for held in waiting:
        forget_reply(draft, held)
    return ()


DISPATCHING: dict[str, Line] = {
    "dispatch": Line(_dispatch, "dispatched", desk="any", by=("person", "ladder"), kinds=PARTIES),
    "designate": Line(_designate, "dispatched", kinds=PARTIES, needs=("parties",), needs_reason=True),
    "call": Line(
        _call,
        "dispatched",
        desk="any",
        by=("person", "ladder"),
        kinds=("assist", "attend"),
        needs=("parties",),
    ),
    "withdraw": Line(
        _withdraw, "task-changed", by=("person", "ladder"), needs=("task_ids",), needs_reason=True
    ),
}
