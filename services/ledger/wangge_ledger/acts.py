"""What a person without a system says, made into a message that the ledger vouches for."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from wangge_contracts.message import Message, Unreadable, derive_id, instant_text, refuse_nul, words
from wangge_contracts.v1 import (
    HOUSE_ORDERS,
    Act,
    DeskOrdered,
    Fault,
    Faults,
    Order,
    TaskAnswered,
    fault,
    faults_of,
    lacking_in_answer,
)
from wangge_ledger.people import Speaker

Said = TypeVar("Said", bound=Message)


_NOT_THEIRS = frozenset({"origin", "recorded_by", "split_from", "further", "rung"})
"""What only the house says: by whose topic, who typed it, what is split or passed on, which rung rang."""


class Refused(Exception):
    """The person must say it otherwise; *faults* tell what is wrong."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(", ".join(item.code for item in faults))
        self.faults = faults

    @property
    def forbidden(self) -> bool:
        """Whether it is well said, by the wrong person."""
        return any(item.code == "not-yours" for item in self.faults)


def answer_of(body: bytes, *, speaker: Speaker, now: datetime) -> TaskAnswered:
    """
    Return the answer in *body*, effective *now* (house time, UTC).

    Raises Refused for what is unreadable, lacks what its act needs, or is said for somebody else's holder.
    """
    answer = _said(TaskAnswered, body, speaker=speaker, now=now)
    faults = [fault("missing", pointer) for pointer in lacking_in_answer(answer)]
    if answer.act not in words(Act):
        faults.append(fault("unknown-act", "/act"))
    _checked(faults, holder=answer.on_behalf_of, speaker=speaker)
    return answer


def order_of(body: bytes, *, speaker: Speaker, now: datetime) -> DeskOrdered:
    """
    Return the order in *body*, effective *now* (house time, UTC): the instant of the click.

    Raises Refused as `answer_of` does.
    """
    order = _said(DeskOrdered, body, speaker=speaker, now=now)
    faults = []
    if order.order not in words(Order):
        faults.append(fault("unknown-order", "/order"))
    elif order.order in HOUSE_ORDERS:
        told = f"{order.order} is said by the house; for many incidents: POST /v1/orders/bulk"
        faults.append(
            fault("not-yours", "/order", detail_zh="批量指令请用POST /v1/orders/bulk", detail_en=told)
        )
    _checked(faults, holder=order.on_behalf_of, speaker=speaker)
    return order


def id_of(said: TaskAnswered | DeskOrdered, *, speaker: Speaker) -> str:
    """
    Return the message id: a repeat has the same one, and nobody can take another person's.

    What comes under an id that was used for something else has another: the router hears and refuses it.
    """
    own = said.answer_id if isinstance(said, TaskAnswered) else said.order_id
    content = said.model_dump_json(exclude_defaults=True, exclude={"effective_at"})
    return derive_id("ledger", type(said).__name__, speaker.staff_id, own, content)


def _said(of: type[Said], body: bytes, *, speaker: Speaker, now: datetime) -> Said:
    try:
        refuse_nul(body)
        data = from_json(body, allow_inf_nan=False)
    except Unreadable as error:
        raise Refused(faults_of(error)) from None
    except ValueError as error:
        raise Refused((fault("not-json", detail_en=str(error)),)) from None
    if not isinstance(data, dict):
        raise Refused((fault("wrong-shape", detail_zh="须为JSON对象", detail_en="an object is expected"),))
    return _validated(of.model_validate_json, to_json(_stamped(data, speaker=speaker, now=now)))


def _stamped(data: dict[str, Any], *, speaker: Speaker, now: datetime) -> dict[str, Any]:
    """
    Overwrite what nobody may claim: when it takes effect, whose topic it came by, who typed it.

    Whatever comes by this counter is a person's: an order without an actor would be the ladder's.
    """
    person = speaker.person.model_dump(exclude_none=True)
    stamped = {name: value for name, value in data.items() if name not in _NOT_THEIRS and value is not None}
    stamped["effective_at"] = instant_text(now)
    actor = stamped.setdefault("actor", person)
    if not isinstance(actor, dict) or actor.get("staff_id") != speaker.staff_id:
        stamped["recorded_by"] = person
    return stamped


def _validated(read: Callable[[bytes], Said], data: bytes) -> Said:
    try:
        return read(data)
    except ValidationError as error:
        raise Refused(faults_of(error)) from None


def _checked(faults: Iterable[Fault], *, holder: str | None, speaker: Speaker) -> None:
    found = list(faults)
    if holder is None:
        found.append(fault("missing", "/on_behalf_of"))
    elif not speaker.may_speak_for(holder):
        found.append(
            fault(
                "not-yours",
                "/on_behalf_of",
                detail_zh="您不能代表该承办人",
                detail_en=f"you may not speak for {holder}",
            )
        )
    if found:
        raise Refused(tuple(found))
