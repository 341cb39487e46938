"""A desk puts an incident right: its class, what was reported, whether it counts, whose desk decides."""

from typing import Any

from wangge_contracts.message import known
from wangge_contracts.v1 import (
    DeskOrdered,
    Faults,
    IncidentPlace,
    Nature,
    Sensitivity,
    Urgency,
    fault,
)
from wangge_router.commanding import NO_SUCH_CLASS, Line
from wangge_router.draft import Draft
from wangge_router.filing import classify, file
from wangge_router.listing import boards, relist
from wangge_router.renewing import hand_over

_CORRECTED = ("class_ref", "place", "nature", "urgency", "sensitivity", "description")


def _file(draft: Draft, order: DeskOrdered) -> Faults:
    """Take it up under a row of the standard (立案). A limit that runs stays as it was given."""
    assert order.class_ref is not None
    if not file(draft, order.class_ref):
        return (NO_SUCH_CLASS,)
    _tell_all(draft)
    return ()


def _correct(draft: Draft, order: DeskOrdered) -> Faults:
    """Put right what was reported; who has the turn is told. It is never routed again."""
    if all(getattr(order, name) is None for name in _CORRECTED):
        return (
            fault(
                "missing",
                "/description",
                detail_zh="请写明要更正的内容",
                detail_en=f"name one of {', '.join(_CORRECTED)}",
            ),
        )
    if order.class_ref is not None and not classify(draft, order.class_ref):
        return (NO_SUCH_CLASS,)
    told: dict[str, Any] = {"description": order.description} if order.description else {}
    for name, kind in (("nature", Nature), ("urgency", Urgency), ("sensitivity", Sensitivity)):
        if getattr(order, name) is not None:
            told[name] = known(kind, getattr(order, name))
    if order.place is not None:
        located = draft.directory.sorting.registry.locate(
            place := IncidentPlace.model_validate(order.place.model_dump())
        )
        told |= {"place": place.model_copy(update=located.names), "place_flags": ()}
    before = boards(draft)
    draft.put(**told)
    _tell_all(draft)
    if order.place is not None:
        draft.keep(placed_at=draft.at)
        relist(draft, before)
    return ()


def _tell_all(draft: Draft) -> None:
    for held in draft.held:
        if held.open:
            draft.move(held, change="revised", **draft.standing(held))


def _exclude(draft: Draft, _: DeskOrdered) -> Faults:
    """Keep it out of scores (剔除): the district's word, with its reason, on the record."""
    if draft.incident.excluded:
        return (fault("not-allowed-now", "/order", detail_zh="已剔除", detail_en="it is excluded already"),)
    draft.put(excluded=True)
    return ()


def _transfer(draft: Draft, order: DeskOrdered) -> Faults:
    """Let another desk decide (移交): one above, or one of two below. What the desk was asked goes there."""
    old, new, by = draft.desk, order.to or "", order.on_behalf_of or ""
    directory = draft.directory
    if new == old:
        return (fault("invalid", "/to", detail_zh="本就由该指挥中心负责", detail_en="it decides already"),)
    if not new.startswith("desk:") or not directory.knows(new):
        return (fault("unknown-holder", "/to"),)
    if not (directory.commands(by, new) or directory.commands(new, by)):
        return (
            fault(
                "not-yours",
                "/to",
                detail_zh="只能移交给本级或下级指挥中心",
                detail_en=f"{by} commands neither {new} nor what is below it",
            ),
        )
    draft.keep(desk=new)
    for held in draft.held:
        if not held.open:
            continue
        theirs = held.task.holder == old and held.task.kind in ("dispatch", "approve")
        draft.move(held, change="forwarded" if theirs else "revised", desk=new)
        if theirs:
            hand_over(draft, held, new)
    return ()


CORRECTING: dict[str, Line] = {
    "file": Line(_file, "filed", needs=("class_ref",)),
    "correct": Line(_correct, "corrected", needs_reason=True),
    "exclude": Line(_exclude, "excluded", desk="district", needs_reason=True, over=True),
    "transfer": Line(_transfer, "transferred", needs=("to",), needs_reason=True),
}
