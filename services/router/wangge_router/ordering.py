"""An order of a desk, the ladder or another incident -> what it changes, or why it is refused."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from wangge_contracts.message import known, most, words
from wangge_contracts.v1 import ActJudged, Cause, DeskOrdered, Fault, Faults, Mode, Order, OrderedParty, fault
from wangge_router.case import MOST_OPEN, Case
from wangge_router.closing import CLOSING, PART_REOPENED
from wangge_router.commanding import By, Line, decision_of, speaker_of
from wangge_router.consequences import conclude
from wangge_router.correcting import CORRECTING
from wangge_router.deciding import DECIDING
from wangge_router.directory import Directory
from wangge_router.dispatching import DISPATCHING
from wangge_router.draft import Draft
from wangge_router.kinship import ENDS, over
from wangge_router.listing import LISTING
from wangge_router.merging import ASKING, FOLLOWING, MERGING
from wangge_router.outcome import Outcome
from wangge_router.settling import settle
from wangge_router.snapshot import ROLES
from wangge_router.splitting import ENDED, REOPENING_PART, SPLITTING, is_part_reopened
from wangge_router.substituting import SUBSTITUTING
from wangge_router.supervising import SUPERVISING
from wangge_router.timing import countable

ORDERS: dict[str, Line] = {
    **DISPATCHING,
    **DECIDING,
    **LISTING,
    **SUPERVISING,
    **SUBSTITUTING,
    **CORRECTING,
    **CLOSING,
    **MERGING,
    **SPLITTING,
}
"""What people and the ladder order."""
RELATED: dict[str, Line] = {**ASKING, **FOLLOWING}
"""What other incidents order."""
_ORDERS = frozenset(words(Order))
_MOST_FAULTS = most(ActJudged, "errors")


def obey(
    case: Case, order: DeskOrdered, directory: Directory, *, cause: Cause, now: datetime
) -> Outcome | Faults:
    """
    Carry out *order*, read *now* (house time, UTC): what it leads to, or what is against it.

    What is refused changes nothing.
    """
    by = speaker_of(order)
    line = _line(case, order, by)
    if line is None:
        return (_unknown(order),)
    faults = (
        _not_entitled(case, order, line, by, directory)
        or _not_now(case, order, line, by)
        or _lacking(order, line)
        or _wrong_parties(order, line, directory)
    )
    if faults:
        return faults
    draft = Draft(case, directory, cause=cause, at=order.effective_at)
    faults = line.carry_out(draft, order) or _too_many(draft)
    if faults:
        return faults
    closed = conclude(draft)
    return settle(
        draft,
        "closed" if closed else line.change,
        now=now,
        decision=decision_of(order) if line.kinds else None,
        reason_code=order.reason_code,
        reason=order.reason,
    )


def _line(case: Case, order: DeskOrdered, by: By | None) -> Line | None:
    if by != "incident":
        part = order.order == "reopen" and not case.over and order.other_incident_id in case.incident.split
        return REOPENING_PART if part else ORDERS.get(order.order)
    if is_part_reopened(order, case):
        return PART_REOPENED
    if order.other_incident_id in case.children and order.order in ENDS.values():
        return ENDED
    return RELATED.get(order.order)


def _unknown(order: DeskOrdered) -> Fault:
    """What is wrong with an order that stands in no table for who gives it."""
    if order.order not in _ORDERS:
        return fault("unknown-order", "/order")
    if order.order == "bulk":
        told = "say the order itself to each incident, tied by bulk_id: POST /v1/orders/bulk does"
        return fault("invalid", "/order", detail_zh="批量指令请用POST /v1/orders/bulk", detail_en=told)
    return fault(
        "not-yours",
        "/actor",
        detail_zh="您无权下达该指令",
        detail_en=f"{order.order} is not for you to order",
    )


def _not_entitled(case: Case, order: DeskOrdered, line: Line, by: By | None, directory: Directory) -> Faults:
    """What is wrong with who orders it."""
    if by is None or by not in line.by:
        return (
            fault(
                "not-yours",
                "/actor",
                detail_zh="您无权下达该指令",
                detail_en=f"{order.order} is ordered by {' or '.join(line.by)}",
            ),
        )
    if by == "incident":
        return ()
    desk = order.on_behalf_of
    if desk is None:
        return (fault("missing", "/on_behalf_of"),)
    entitled = any(directory.commands(desk, whose) for whose in _desks(case, line, directory))
    return () if entitled else (fault("not-yours", "/on_behalf_of"),)


def _desks(case: Case, line: Line, directory: Directory) -> Iterator[str]:
    """Yield the desks whose order it is: one of them gives it, or one above."""
    registry = directory.sorting.registry
    if line.desk == "district":
        yield f"desk:{registry.district.code}"
        return
    yield case.desk
    if line.desk == "any":
        yield f"desk:{registry.locate(case.incident.place).codes[0]}"
        # Whoever was asked may answer, though the place was put right since or another desk decides now.
        asked = (held.task for held in case.held if held.open and held.task.kind in ("dispatch", "approve"))
        yield from (task.holder for task in asked)


def _not_now(case: Case, order: DeskOrdered, line: Line, by: By | None) -> Faults:
    """Whether the incident is where such an order reaches it, and the tasks that it names are there."""
    if case.over and not line.over:
        return (over(case.incident),)
    if by == "person" and known(Mode, order.mode) != known(Mode, case.incident.mode):
        told = f"it is {case.incident.mode}, the order {order.mode}"
        return (fault("invalid", "/mode", detail_zh="与案件的模式不同", detail_en=told),)
    if by == "person" and case.incident.state == "merging":
        return (fault("not-allowed-now", "/order", detail_zh="正在并案", detail_en="it is being merged"),)
    unknown = (number for number, task_id in enumerate(order.task_ids) if case.find(task_id) is None)
    return tuple(fault("unknown-task", f"/task_ids/{number}") for number in islice(unknown, _MOST_FAULTS))


def _lacking(order: DeskOrdered, line: Line) -> Faults:
    """What the order must say and does not."""
    if order.whistle is not None and order.order != "call":
        return (fault("invalid", "/whistle", detail_zh="仅限呼叫", detail_en="only a call is a whistle"),)
    if line.needs_reason and order.reason is None and order.reason_code is None:
        return (fault("reason-required", "/reason"),)
    return tuple(fault("missing", f"/{name}") for name in line.needs if not getattr(order, name))


def _too_many(draft: Draft) -> Faults:
    """Whether it opens more tasks than may be open at once; who ends as many as he gives opens none."""
    before, now = (sum(held.open for held in tasks) for tasks in (draft.before.held, draft.held))
    if now <= max(before, MOST_OPEN):
        return ()
    told = f"{MOST_OPEN} tasks of one matter may be open: withdraw some first, or split it"
    zh = f"同一案件在办任务最多{MOST_OPEN}个，请先撤回部分任务或拆分案件"
    return (fault("too-much", "/order", detail_zh=zh, detail_en=told),)


def _wrong_parties(order: DeskOrdered, line: Line, directory: Directory) -> Faults:
    """What is wrong with whom it gives a task."""
    return tuple(
        found
        for number, party in enumerate(order.parties)
        for found in _against(party, f"/parties/{number}", line, order, directory)
    )


def _against(party: OrderedParty, at: str, line: Line, order: DeskOrdered, directory: Directory) -> Faults:
    if party.kind not in line.kinds or party.role != ROLES[party.kind]:
        return (fault("invalid", f"{at}/kind"),)
    if not directory.knows(party.holder):
        return (fault("unknown-holder", f"{at}/holder"),)
    if party.limit is not None and not countable(party.limit, order.effective_at, directory):
        zh, en = "没有该日历或期限过长", "its calendar was never published, or does not reach so far"
        return (fault("invalid", f"{at}/limit", detail_zh=zh, detail_en=en),)
    return ()
